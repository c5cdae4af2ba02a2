"""Answers that a listing gave under an older version of its category and that the present one no longer takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.catalog.rules.definition import CHOICE_TYPES, Category
from marketplace.catalog.rules.facts import fact


@dataclass(frozen=True, slots=True)
class OldAnswer:
    """An answer in the words under which it was given. `is_asked`: the question still stands, its choice does not."""

    key: str
    label: str
    text: str
    is_asked: bool


def is_retired_answer(category: Category, key: str, value: Any) -> bool:
    """Was this a good answer once, to a question or with a choice that the category has retired since?"""
    asked = category.attribute(key)
    if asked is None:
        return category.readable_attribute(key) is not None
    if asked.type not in CHOICE_TYPES:
        return False
    values = value if isinstance(value, list) else [value]
    return any(not asked.offers(one) and asked.choice(one) is not None for one in values)


def old_answers(present: Category, written: Category, given: Mapping[str, Any]) -> list[OldAnswer]:
    """The answers of a listing written under one version that must be given anew, or fall away, under the present one."""
    found = []
    for key, value in given.items():
        attribute = written.readable_attribute(key) or present.readable_attribute(key)
        if attribute is not None and value not in (None, "", []) and is_retired_answer(present, key, value):
            is_asked = present.attribute(key) is not None
            found.append(OldAnswer(key, attribute.label, _retired_part(present, key, value, attribute), is_asked))
    return found


def _retired_part(present: Category, key: str, value: Any, attribute: Any) -> str:
    asked = present.attribute(key)
    if asked is not None and isinstance(value, list):
        value = [one for one in value if not asked.offers(one)]
    return fact(attribute, value)
