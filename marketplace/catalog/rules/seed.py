"""Version 1 of every category: the data files. Later versions are made in the browser and stand in the database."""

import csv
from functools import cache
from importlib import resources

from marketplace.catalog.rules.definition import Attribute, Category, Choice
from marketplace.catalog.rules.pricing import PricingModel


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
def seed() -> dict[str, Category]:
    """The 86 categories of the files by code, in the order of the tree."""
    lists = _choices()
    of_top: dict[str, list[Attribute]] = {}
    for row in _read("attributes.csv"):
        of_top.setdefault(row["category"], []).append(_attribute(row, lists))
    hints = {row["code"]: row for row in _read("review_hints.csv")}
    found = {}
    for row in _read("categories.csv"):
        code, parent = row["code"], row["parent"]
        top = parent or code
        hint = hints.get(code, {"review_zh": "", "review_en": ""})
        found[code] = Category(
            code, parent, row["name_zh"], row["name_en"], row["licence"], row["gbt4754"], row["high_value"] == "yes",
            pricing=tuple(model.value for model in PricingModel if top in model.tops),
            review_zh=hint["review_zh"], review_en=hint["review_en"],
            asked=tuple(a for a in of_top.get(top, []) if not parent or not a.only or code in a.only),
        )  # fmt: skip
    return found
