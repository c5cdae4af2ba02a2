"""The category tree (14 top, 72 children) with the attributes of each, read once from the data files.

A listing sits in exactly one child. A `regions` attribute is the listing's own list of service cities and is kept there, so the
form, the page and the search have one place for it.
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from marketplace.core.i18n import lazy, local_name

LICENCE_LABELS = {
    "HR_PERMIT": lazy("人力资源服务许可证"),
    "HR_FILING": lazy("人力资源服务备案"),
    "DISPATCH": lazy("劳务派遣经营许可证"),
    "ICP": lazy("电信业务经营许可证"),
}
REVIEW_HINTS = {
    "C0705": lazy("核对保险中介资质"),
    "C1304": lazy("核对承保机构与保险中介许可证"),
    "C1203": lazy("由律师事务所承办的，核对执业许可证"),
    "C1002": lazy("核对民办学校办学许可证或培训机构备案"),
    "C1006": lazy("核对技能评价机构备案"),
    "C1402": lazy("核对电子认证服务机构（CA）许可"),
}
"""What the operator looks at beside the licence gate, for categories whose extra licence is not in the park's register."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label_zh: str
    label_en: str

    @property
    def label(self) -> str:
        return local_name({"name_zh": self.label_zh, "name_en": self.label_en})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact a category asks for. `bands` are the steps by which a figure is filtered (`at_least` or at most each)."""

    key: str
    type: str
    label_zh: str
    label_en: str
    choices: tuple[Choice, ...] = ()
    required: bool = False
    must_be_true: bool = False
    filterable: bool = False
    ask_buyer: bool = False
    unit: str = ""
    bands: tuple[int, ...] = ()
    at_least: bool = True
    only: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return local_name({"name_zh": self.label_zh, "name_en": self.label_en})

    def choice(self, value: str) -> Choice | None:
        return next((c for c in self.choices if c.value == value), None)


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    parent: str
    name_zh: str
    name_en: str
    licence: str
    gbt4754: str
    high_value: bool
    attributes: tuple[Attribute, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        return local_name(self)

    @property
    def top(self) -> str:
        return self.parent or self.code

    @property
    def is_child(self) -> bool:
        return bool(self.parent)

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence kinds a firm must hold, all of them; none for `OTHER`."""
        return () if self.licence == "OTHER" else tuple(self.licence.split("+"))

    @property
    def licence_label(self) -> str:
        return " + ".join(str(LICENCE_LABELS[kind]) for kind in self.licences)

    @property
    def review_hint(self) -> Any:
        return REVIEW_HINTS.get(self.code, "")

    @property
    def own_attributes(self) -> tuple[Attribute, ...]:
        """The attributes kept in a listing's `attributes` (all but the service cities)."""
        return tuple(a for a in self.attributes if a.type != "regions")

    @property
    def city_attribute(self) -> Attribute | None:
        """The attribute that is the listing's list of service cities, where the category names one."""
        return next((a for a in self.attributes if a.type == "regions"), None)

    @property
    def filters(self) -> tuple[Attribute, ...]:
        return tuple(a for a in self.own_attributes if a.filterable)

    def attribute(self, key: str) -> Attribute | None:
        return next((a for a in self.attributes if a.key == key), None)


def _read(name: str) -> list[dict[str, str]]:
    text = resources.files("marketplace.catalog").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _choices() -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, tuple[Choice, ...]] = {}
    for row in _read("choices.csv"):
        lists[row["list"]] = (*lists.get(row["list"], ()), Choice(row["value"], row["label_zh"], row["label_en"]))
    return lists


def _attribute(row: dict[str, str], lists: dict[str, tuple[Choice, ...]]) -> Attribute:
    bands = row["bands"]
    return Attribute(
        key=row["key"], type=row["type"], label_zh=row["label_zh"], label_en=row["label_en"],
        choices=lists[row["choices"]] if row["choices"] else (),
        required=row["required"] != "no", must_be_true=row["required"] == "must" and row["type"] == "bool",
        filterable=row["filterable"] == "yes", ask_buyer=row["ask_buyer"] == "yes", unit=row["unit"],
        bands=tuple(int(part) for part in bands[2:].split(",")) if bands else (), at_least=bands[:1] != "<",
        only=tuple(row["only"].split()),
    )  # fmt: skip


@cache
def categories() -> dict[str, Category]:
    """All 86 categories by code, in the order of the tree."""
    lists = _choices()
    of_top: dict[str, list[Attribute]] = {}
    for row in _read("attributes.csv"):
        of_top.setdefault(row["category"], []).append(_attribute(row, lists))
    found = {}
    for row in _read("categories.csv"):
        code, parent = row["code"], row["parent"]
        own = tuple(a for a in of_top.get(parent or code, []) if not a.only or code in a.only)
        found[code] = Category(
            code,
            parent,
            row["name_zh"],
            row["name_en"],
            row["licence"],
            row["gbt4754"],
            row["high_value"] == "yes",
            own,
        )
    return found


def category(code: str) -> Category:
    """The category of a code; KeyError for an unknown one (use `find_category` for what people type)."""
    return categories()[code]


def find_category(code: str | None) -> Category | None:
    return categories().get(code or "")


@cache
def top_categories() -> tuple[Category, ...]:
    return tuple(c for c in categories().values() if not c.parent)


@cache
def child_categories() -> tuple[Category, ...]:
    """The 72 categories a listing can sit in."""
    return tuple(c for c in categories().values() if c.parent)


@cache
def children(code: str) -> tuple[Category, ...]:
    return tuple(c for c in categories().values() if c.parent == code)


def missing_licences(needed: Category, held: set[str] | frozenset[str]) -> tuple[str, ...]:
    """The licence kinds a firm still needs before it may list in this category (人力资源市场条例 18, 劳动合同法 57)."""
    return tuple(kind for kind in needed.licences if kind not in held)
