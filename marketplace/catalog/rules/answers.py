"""Which of its category's questions a listing leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.catalog.rules.taxonomy import Attribute, Category


@dataclass(frozen=True, slots=True)
class Missing:
    """The questions without an answer: those that must be answered before handing in, and those that help buyers find the service."""

    required: tuple[Attribute, ...] = ()
    optional: tuple[Attribute, ...] = ()

    @property
    def count(self) -> int:
        return len(self.required) + len(self.optional)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(a.key for a in (*self.required, *self.optional))


def find_missing(category: Category, given: Mapping[str, Any]) -> Missing:
    """The questions of the category that these answers leave open, in the order of its definition. Yes and no are both answers, and so is 0."""
    open_ = [a for a in category.own_attributes if is_open(given.get(a.key))]
    return Missing(tuple(a for a in open_ if a.required), tuple(a for a in open_ if not a.required))


def is_open(value: Any) -> bool:
    """Is this no answer? `False` and `0` are answers."""
    return value is None or value == "" or value == []
