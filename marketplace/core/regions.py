"""The Yangtze Delta's regions (41 cities, Shanghai's districts, Qingpu's towns) as read-only reference data (dossier section 5)."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from marketplace.core.i18n import local_name

DELTA_PROVINCES = ("31", "32", "33", "34")
COUNTY_CITIES = {
    "昆山": "320500", "常熟": "320500", "张家港": "320500", "太仓": "320500", "吴江": "320500", "江阴": "320200", "宜兴": "320200",
    "义乌": "330700", "慈溪": "330200", "余姚": "330200", "桐乡": "330400", "海宁": "330400", "平湖": "330400", "嘉善": "330400",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    name_zh: str
    name_en: str
    province: str
    is_core27: bool
    level: str
    parent: str

    @property
    def short_name(self) -> str:
        """苏州 for 苏州市, the way people write it."""
        return self.name_zh.removesuffix("市") if self.level == "city" else self.name_zh


@cache
def all_regions() -> dict[str, Region]:
    text = resources.files("marketplace.core").joinpath("data/regions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        r["code"]: Region(
            r["code"], r["name_zh"], r["name_en"], r["province"], r["core27"] == "yes", r["level"], r["parent"]
        )
        for r in rows
    }


def get(code: str) -> Region | None:
    return all_regions().get(code)


@cache
def cities() -> tuple[Region, ...]:
    """The 41 cities at prefecture level, Shanghai first."""
    return tuple(r for r in all_regions().values() if r.level == "city")


def label(code: str) -> str:
    """The region's name in the reader's language; the bare code when it is not in the delta."""
    from_table = get(code)
    if from_table is None:
        return code
    return local_name(from_table)


def city_of(code: str) -> str:
    """The city-level code a district, county or town code belongs to; the code itself for a city."""
    region = get(code)
    while region is not None and region.level != "city" and get(region.parent):
        region = get(region.parent)
    return region.code if region else code


def is_in_delta(code: str) -> bool:
    """Does the region lie in Shanghai, Jiangsu, Zhejiang or Anhui?"""
    return code[:2] in DELTA_PROVINCES


@cache
def words() -> dict[str, str]:
    """The words by which people name a city in a search, with its code; county-level cities name the city above them."""
    table = {r.short_name: r.code for r in cities()} | {r.name_zh: r.code for r in cities()} | COUNTY_CITIES
    for region in all_regions().values():
        if region.level == "district":
            table[region.name_zh] = city_of(region.code)
    return table
