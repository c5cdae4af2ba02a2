"""The facts of a listing in words, in the order of the category's definition: page, preview, review and order read this one list."""

from collections.abc import Mapping
from typing import Any

from marketplace.catalog.rules.definition import CHOICE_TYPES, Attribute, Category
from marketplace.core.i18n import _, listed
from marketplace.core.money import format_yuan


def fact_rows(category: Category, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of every attribute that the listing answers, those that are no longer asked too."""
    return [
        (a.label, fact(a, given[a.key])) for a in category.readable_attributes if given.get(a.key) not in (None, "", [])
    ]


def fact(attribute: Attribute, value: Any) -> str:
    """One value in words with its unit."""
    if attribute.type == "bool":
        return _("是") if value else _("否")
    if attribute.type in CHOICE_TYPES:
        values = value if isinstance(value, list) else [value]
        return listed(found.label if (found := attribute.choice(one)) else str(one) for one in values)
    if attribute.type == "money":
        return f"{format_yuan(value).removesuffix('.00')} {attribute.unit_label}"
    if attribute.type == "pct":
        return f"{value / 100:g}%"
    if attribute.type in ("int", "days"):
        return f"{value:,} {attribute.unit_label}".strip()
    return str(value)
