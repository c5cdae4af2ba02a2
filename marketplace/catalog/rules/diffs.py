"""What differs between two contents of a listing, field by field, with insertions and deletions marked in texts.

`diff_contents` is empty exactly if two contents say the same; `apply_diff` proves that it is complete.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from marketplace.catalog.rules.draft import TEXT_LABELS, ListingDraft
from marketplace.catalog.rules.facts import fact
from marketplace.catalog.rules.fees import price_line
from marketplace.catalog.rules.pricing import TAX_NOTES, PricingModel
from marketplace.catalog.rules.taxonomy import Attribute, Category
from marketplace.core import regions
from marketplace.core.i18n import lazy

Part = tuple[str, bool]
"""A piece of text, and whether it is one of those that differ."""

_LABELS: dict[str, Any] = {
    "title": TEXT_LABELS["title"], "summary": TEXT_LABELS["summary"], "description": TEXT_LABELS["description"],
    "city_codes": lazy("服务城市"), "pricing_model": lazy("计价方式"), "price": lazy("价格"), "unit": lazy("单位"),
    "billing_note": TEXT_LABELS["billing_note"], "tax_note": lazy("税费"),
}  # fmt: skip
_TEXTS = ("title", "summary", "description", "billing_note", "unit")
_TOKEN = re.compile(r"[A-Za-z0-9]+|\s|.", re.DOTALL)
_MOST = 60_000
"""Above so many pairs of lines or tokens a passage is shown as replaced whole: comparing many like ones takes minutes, not milliseconds."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: the raw values, and both sides in words, cut into parts with what differs marked."""

    field: str
    label: str
    old: Any
    new: Any
    before: tuple[Part, ...]
    after: tuple[Part, ...]

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if not any(text for text, _differs in self.before):
            return "added"
        return "changed" if any(text for text, _differs in self.after) else "removed"


def normal(draft: ListingDraft) -> ListingDraft:
    """The content without what makes no difference: spaces round texts, the order of cities and choices, empty answers."""
    stripped = {name: getattr(draft, name).strip() for name in _TEXTS}
    attributes = {
        key: sorted(value) if isinstance(value, list) else value
        for key, value in sorted(draft.attributes.items())
        if value is not None and value != "" and value != []
    }
    return replace(draft, **stripped, city_codes=tuple(sorted(set(draft.city_codes))), attributes=attributes)


def _values(draft: ListingDraft) -> dict[str, Any]:
    """The fields of a content in the order of the form."""
    return {
        "title": draft.title, "summary": draft.summary, "description": draft.description, "city_codes": draft.city_codes,
        "pricing_model": draft.pricing_model, "price": (draft.price_min_fen, draft.price_max_fen), "unit": draft.unit,
        "billing_note": draft.billing_note, "tax_note": draft.tax_note,
        **{f"a_{key}": value for key, value in draft.attributes.items()},
    }  # fmt: skip


def _differs(one: Any, other: Any) -> bool:
    return type(one) is not type(other) or bool(one != other)


def diff_contents(old: ListingDraft, new: ListingDraft, before: Category, after: Category) -> list[FieldChange]:
    """What `new` changes in `old`, in the order of the form. `before` and `after` are the definitions under which they were written."""
    was, will = normal(old), normal(new)
    old_values, new_values = _values(was), _values(will)
    names = [*old_values, *(name for name in new_values if name not in old_values)]
    order = {f"a_{a.key}": place for place, a in enumerate((*after.own_attributes, *before.own_attributes))}
    names.sort(key=lambda name: (name in order, order.get(name, -1)))
    found = []
    for name in names:
        one, other = old_values.get(name), new_values.get(name)
        if _differs(one, other):
            label, left, right = _shown(name, (one, was, before), (other, will, after))
            found.append(FieldChange(name, label, one, other, left, right))
    return found


def apply_diff(old: ListingDraft, changes: Sequence[FieldChange]) -> ListingDraft:
    """The content that the changes make of `old`."""
    base = normal(old)
    values = _values(base)
    for one in changes:
        values[one.field] = one.new
    low, high = values.pop("price")
    attributes = {
        key.removeprefix("a_"): value for key, value in values.items() if key.startswith("a_") and value is not None
    }
    plain = {key: value for key, value in values.items() if not key.startswith("a_")}
    return replace(base, **plain, price_min_fen=low, price_max_fen=high, attributes=attributes)


Side = tuple[Any, ListingDraft, Category]


def _shown(name: str, old: Side, new: Side) -> tuple[str, tuple[Part, ...], tuple[Part, ...]]:
    attribute = _attribute(name, new[2]) or _attribute(name, old[2])
    label = attribute.label if attribute else str(_LABELS.get(name, name.removeprefix("a_")))
    if name in _TEXTS or (attribute and attribute.type == "text"):
        return label, *mark_texts(str(old[0] or ""), str(new[0] or ""))
    left, right = _items(name, old), _items(name, new)
    return label, _marked_items(left, right), _marked_items(right, left)


def _attribute(name: str, category: Category) -> Attribute | None:
    return category.attribute(name.removeprefix("a_")) if name.startswith("a_") else None


def _items(name: str, side: Side) -> list[str]:
    """One side of a field that is not a text, as the words a person reads; several for lists."""
    value, draft, category = side
    if value is None or value == "" or value == () or value == []:
        return []
    if name == "city_codes":
        return [regions.label(code) for code in value]
    if name == "pricing_model":
        return [str(PricingModel(value).label) if value in set(PricingModel) else str(value)]
    if name == "price":
        return [price_line(draft)] if draft.pricing_model in set(PricingModel) else [str(value)]
    if name == "tax_note":
        return [str(TAX_NOTES.get(value, value))]
    attribute = _attribute(name, category)
    if attribute is None:
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return [fact(attribute, one) for one in value] if isinstance(value, list) else [fact(attribute, value)]


def _marked_items(items: list[str], others: list[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for place, item in enumerate(items):
        if place:
            parts.append(("、", False))
        parts.append((item, item not in others))
    return tuple(parts)


def mark_texts(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Two texts cut into parts: what is deleted marked in the first, what is inserted in the second. The unmarked parts are the same."""
    left: list[Part] = []
    right: list[Part] = []
    for one, other in _passages(old, new):
        if one == other:
            _add(left, one, False)
            _add(right, one, False)
        else:
            _add(left, one, True)
            _add(right, other, True)
    return tuple(left), tuple(right)


def _add(parts: list[Part], text: str, differs: bool) -> None:
    if text and parts and parts[-1][1] is differs:
        parts[-1] = (parts[-1][0] + text, differs)
    elif text:
        parts.append((text, differs))


def _passages(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Pairs of passages, equal or replaced: lines first, then words and characters within lines that changed."""
    was, will = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(was) * len(will) > _MOST:
        yield old, new
        return
    for same, lines, others in _blocks(was, will):
        one, other = "".join(lines), "".join(others)
        if same:
            yield one, other
            continue
        tokens, replaced = _TOKEN.findall(one), _TOKEN.findall(other)
        if len(tokens) * len(replaced) > _MOST:
            yield one, other
        else:
            yield from _words(tokens, replaced)


def _words(one: list[str], other: list[str]) -> Iterator[tuple[str, str]]:
    """Passages of two token lists. A single character that happens to be the same between two changes is not worth keeping apart."""
    blocks = list(_blocks(one, other))
    for place, (same, left, right) in enumerate(blocks):
        alone = same and 0 < place < len(blocks) - 1 and len("".join(left)) < 2
        if same and alone:
            yield "".join(left), ""
            yield "", "".join(right)
        else:
            yield "".join(left), "".join(right)


def _blocks(one: list[str], other: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield tag == "equal", one[a:b], other[c:d]
