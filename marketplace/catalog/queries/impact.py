"""What publishing a draft would do to the listings that stand in the category, counted from the listings themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.documents import facet_values
from marketplace.catalog.queries.listings import covers_of, shown_by
from marketplace.catalog.queries.search import Facet, Option
from marketplace.catalog.rules.definition import Attribute, Category, inherit
from marketplace.catalog.rules.search import value_label, values_of
from marketplace.catalog.rules.taxonomy import children, find_category
from marketplace.catalog.rules.visibility import NO_COVER
from marketplace.core.db import db
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import earliest_due


@dataclass(frozen=True, slots=True)
class Impact:
    """Numbers of published listings: all in the categories concerned, those that lack an answer which becomes required, use a choice or
    answer an attribute which is retired, are hidden for want of a licence, or are shown again. `unfit` must be answered anew when edited."""

    published: int = 0
    unfit: int = 0
    hidden: int = 0
    shown: int = 0
    missing: list[tuple[Attribute, int]] = field(default_factory=list)
    choices: list[tuple[Attribute, str, int]] = field(default_factory=list)
    attributes: list[tuple[Attribute, int]] = field(default_factory=list)


def changed_children(new: Category) -> dict[str, Category]:
    """The children as they would be when this version of their top is published; of a child itself alone."""
    return {new.code: new} if new.parent else {one.code: inherit(one, new) for one in children(new.code)}


@dataclass(frozen=True, slots=True)
class _Turn:
    """What turns against a listing in one category: questions that become required, choices and questions that go."""

    required: tuple[Attribute, ...]
    choices: dict[str, frozenset[str]]
    gone: frozenset[str]

    @classmethod
    def between(cls, now: Category | None, then: Category) -> "_Turn":
        before = {a.key: a for a in now.own_attributes} if now else {}
        after = {a.key: a for a in then.own_attributes}
        required = tuple(a for a in after.values() if _becomes_required(before.get(a.key), a))
        choices = {
            key: frozenset(c.value for c in a.choices if not after[key].offers(c.value))
            for key, a in before.items() if key in after and a.choices
        }  # fmt: skip
        return cls(
            required, {key: values for key, values in choices.items() if values}, frozenset(before) - frozenset(after)
        )

    def lacking(self, given: dict[str, Any]) -> list[str]:
        return [a.key for a in self.required if _lacks(a, given.get(a.key))]

    def used(self, given: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            (key, one)
            for key, values in self.choices.items()
            if key in given
            for one in _listed(given[key])
            if one in values
        ]


def measure_impact(new: Category) -> Impact:
    """Count over the published listings of the categories concerned. Two statements."""
    after = changed_children(new)
    turns = {code: _Turn.between(find_category(code), one) for code, one in after.items()}
    rows = list_rows(list(after))
    missing: Counter[str] = Counter()
    choices: Counter[tuple[str, str]] = Counter()
    gone: Counter[str] = Counter()
    unfit = 0
    for row in rows:
        turn = turns[row.category_code]
        lacking, used = turn.lacking(row.attributes), turn.used(row.attributes)
        missing.update(lacking)
        choices.update(used)
        gone.update(turn.gone & row.attributes.keys())
        unfit += bool(lacking or used)
    hidden, shown = _visibility(rows, after)
    asked = {a.key: a for one in after.values() for a in (*one.retired, *one.asked)}
    return Impact(
        len(rows), unfit, len(hidden), len(shown), [(asked[key], n) for key, n in missing.items()],
        [(asked[key], _label(asked[key], value), n) for (key, value), n in choices.items()], [(asked[key], n) for key, n in gone.items()],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concerned:
    """A published listing that a draft turns against: what must be answered anew, and whether it would be hidden."""

    id: int
    title: str
    firm: str
    category_code: str
    questions: list[str]
    is_hidden: bool


def list_concerned(new: Category) -> list[Concerned]:
    """The listings behind the numbers, by firm, so that the operator can tell the firms beforehand."""
    after = changed_children(new)
    turns = {code: _Turn.between(find_category(code), one) for code, one in after.items()}
    asked = {a.key: a for one in after.values() for a in (*one.retired, *one.asked)}
    rows = list_rows(list(after))
    hidden = set(_visibility(rows, after)[0])
    found = []
    for row in rows:
        turn = turns[row.category_code]
        keys = [*turn.lacking(row.attributes), *(key for key, _value in turn.used(row.attributes))]
        if keys or row.id in hidden:
            questions = [asked[key].label for key in dict.fromkeys(keys)]
            found.append(Concerned(row.id, row.title, row.firm_name, row.category_code, questions, row.id in hidden))
    return sorted(found, key=lambda one: (one.firm, one.id))


def list_rows(codes: Iterable[str]) -> Sequence[Any]:
    """The published listings of these categories, with what their answers and their visibility hang on."""
    return db.session.execute(
        select(
            Listing.id, Listing.title, Listing.firm_id, Organisation.name.label("firm_name"), Listing.category_code, Listing.source,
            Listing.published_at, Listing.attributes,
            (Organisation.state == "approved").label("is_approved"),
            Organisation.standing_since(earliest_due()).label("stands"),
        )
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(Listing.state == "published", Listing.category_code.in_(list(codes)))
    ).all()  # fmt: skip


def _becomes_required(before: Attribute | None, attribute: Attribute) -> bool:
    if attribute.must_be_true and not (before and before.must_be_true):
        return True
    return attribute.required and not (before and before.required)


def _lacks(attribute: Attribute, value: Any) -> bool:
    return value in (None, "", []) or (attribute.must_be_true and value is not True)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _label(attribute: Attribute, value: str) -> str:
    found = attribute.choice(value)
    return found.label if found else value


def _visibility(rows: Sequence[Any], after: dict[str, Category]) -> tuple[list[int], list[int]]:
    """The listings that would be hidden, and those that would be shown again."""
    moved = [row for row in rows if row.is_approved and row.stands and _gate_moves(after[row.category_code])]
    covers = covers_of(row.firm_id for row in moved)
    hidden: list[int] = []
    shown: list[int] = []
    for row in moved:
        cover, now = covers.get(row.firm_id, NO_COVER), find_category(row.category_code)
        before = now is not None and shown_by(now, cover, row.source, row.published_at)
        then = shown_by(after[row.category_code], cover, row.source, row.published_at)
        if before != then:
            (hidden if before else shown).append(row.id)
    return hidden, shown


def _gate_moves(then: Category) -> bool:
    now = find_category(then.code)
    return now is None or now.licence != then.licence


def preview_facets(of: Category, rows: Sequence[Any]) -> list[Facet]:
    """The buyer's filters of a category with the counts they would have over these listings; choices nobody uses stand there with 0."""
    facets = []
    for attribute in of.filters:
        counts: Counter[str] = Counter()
        for row in rows:
            if row.category_code == of.code or row.category_code.startswith(of.code):
                counts.update(facet_values(attribute, row.attributes.get(attribute.key)))
        options = [Option(value, value_label(attribute, value), counts[value]) for value in values_of(attribute)]
        facets.append(Facet(f"p_{attribute.key}", attribute.label, options, "one" if attribute.bands else "many"))
    return facets
