"""The Yangtze Delta's regions (41 cities, Shanghai's districts, Qingpu's towns) as read-only reference data (dossier section 5)."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from marketplace.core.i18n import local_name

DELTA_PROVINCES = ("31", "32", "33", "34")


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


def _expand(codes: str) -> tuple[str, ...]:
    """City codes of one or several places; the code of a province (320000) means all its cities, that of a city itself."""
    found: list[str] = []
    for code in codes.split("|"):
        whole = [city.code for city in cities() if city.parent == code]
        found.extend(whole or [city_of(code)])
    return tuple(dict.fromkeys(found))


def latin_name(region: Region) -> str:
    """The name as people type it without marks, which is also its pinyin: `huaian` for Huai'an, `suzhou` for Suzhou (Anhui)."""
    name = region.name_en.partition(" (")[0].lower().replace("'", "")
    for ending in (" district", " county", " new area", " town", " subdistrict"):
        name = name.removesuffix(ending)
    return name.replace(" ", "")


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The words by which people name a place in a search, with the codes of the cities meant (dossier section 5).

    Districts, towns, county-level cities and parks name the city above them; a province or an area all its cities; a spelling that
    two cities share (suzhou, taizhou) both.
    """
    table: dict[str, tuple[str, ...]] = {}
    for region in all_regions().values():
        code = city_of(region.code)
        names = [region.name_zh, region.short_name, latin_name(region)]
        if region.level == "city":
            names.append(f"{latin_name(region)} city")
        for name in names:
            table[name] = tuple(dict.fromkeys((*table.get(name, ()), code)))
    for row in _places():
        for word in row["words"].split(";"):
            table[word] = _expand(row["codes"])
    return table


def find_city(word: str) -> str:
    """The code of the one city that a word names; empty for an unknown word and for one that names several."""
    codes = words().get(word, ())
    return codes[0] if len(codes) == 1 else ""


def _places() -> list[dict[str, str]]:
    text = resources.files("marketplace.core").joinpath("data/places.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
