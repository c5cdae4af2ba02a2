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


def measure_impact(new: Category) -> Impact:
    """Count over the published listings of the categories concerned. Two statements."""
    after = changed_children(new)
    rows = list_rows(list(after))
    missing: Counter[str] = Counter()
    choices: Counter[tuple[str, str]] = Counter()
    gone: Counter[str] = Counter()
    unfit = 0
    for row in rows:
        now, then = find_category(row.category_code), after[row.category_code]
        lacking = [
            a.key for a in then.own_attributes if _becomes_required(now, a) and _lacks(a, row.attributes.get(a.key))
        ]
        used = [(key, one) for key, one in _answers(row.attributes) if _choice_goes(now, then, key, one)]
        dropped = [key for key in row.attributes if _is_asked(now, key) and then.attribute(key) is None]
        missing.update(lacking)
        choices.update(used)
        gone.update(dropped)
        unfit += bool(lacking or used)
    hidden, shown = _visibility(rows, after)
    asked = {a.key: a for one in after.values() for a in (*one.retired, *one.asked)}
    return Impact(
        len(rows), unfit, hidden, shown, [(asked[key], n) for key, n in missing.items()],
        [(asked[key], _label(asked[key], value), n) for (key, value), n in choices.items()], [(asked[key], n) for key, n in gone.items()],
    )  # fmt: skip


def list_rows(codes: Iterable[str]) -> Sequence[Any]:
    """The published listings of these categories, with what their answers and their visibility hang on."""
    return db.session.execute(
        select(
            Listing.id, Listing.firm_id, Listing.category_code, Listing.source, Listing.published_at, Listing.attributes,
            (Organisation.state == "approved").label("is_approved"),
            Organisation.standing_since(earliest_due()).label("stands"),
        )
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(Listing.state == "published", Listing.category_code.in_(list(codes)))
    ).all()  # fmt: skip


def _becomes_required(now: Category | None, attribute: Attribute) -> bool:
    before = now.attribute(attribute.key) if now else None
    if attribute.must_be_true and not (before and before.must_be_true):
        return True
    return attribute.required and not (before and before.required)


def _lacks(attribute: Attribute, value: Any) -> bool:
    return value in (None, "", []) or (attribute.must_be_true and value is not True)


def _answers(given: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (key, one)
        for key, value in given.items()
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, str)
    ]


def _choice_goes(now: Category | None, then: Category, key: str, value: str) -> bool:
    before, after = now.attribute(key) if now else None, then.attribute(key)
    return before is not None and after is not None and before.offers(value) and not after.offers(value)


def _is_asked(now: Category | None, key: str) -> bool:
    return now is not None and now.attribute(key) is not None


def _label(attribute: Attribute, value: str) -> str:
    found = attribute.choice(value)
    return found.label if found else value


def _visibility(rows: Sequence[Any], after: dict[str, Category]) -> tuple[int, int]:
    covers = covers_of(row.firm_id for row in rows)
    hidden = shown = 0
    for row in rows:
        now = find_category(row.category_code)
        if now is None or not (row.is_approved and row.stands) or now.licence == after[row.category_code].licence:
            continue
        cover = covers.get(row.firm_id, NO_COVER)
        before = shown_by(now, cover, row.source, row.published_at)
        then = shown_by(after[row.category_code], cover, row.source, row.published_at)
        hidden, shown = hidden + (before and not then), shown + (then and not before)
    return hidden, shown


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
