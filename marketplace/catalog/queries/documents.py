"""What the search engine is told about a listing."""

from collections.abc import Iterator
from math import log1p
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.queries.taxonomy import refresh
from marketplace.catalog.rules.search import RATINGS
from marketplace.catalog.rules.taxonomy import Attribute, Category, category
from marketplace.catalog.rules.visibility import Cover, is_verified
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.organisations.queries import firm_is_active
from marketplace.search.documents import Document, Removed, Suggestion


def listing_documents(ids: list[int]) -> Iterator[Document | Removed]:
    """The documents of these listings as they may be seen now; `Removed` for those that may not.

    Categories are looked at anew: a touch that a new version has caused must be answered under that version.
    """
    refresh(at_once=True)
    listings = db.session.scalars(
        select(Listing)
        .options(joinedload(Listing.firm), selectinload(Listing.cities))
        .where(Listing.id.in_(ids), Listing.state == "published")
    ).all()
    shown = {row.id: cover for row, cover in visible_rows(one for one in listings if firm_is_active(one.firm))}
    for one in listings:
        if one.id in shown:
            yield document_of(one, shown[one.id])
    for missing in set(ids) - shown.keys():
        yield Removed(missing)


def document_of(listing: Listing, cover: Cover) -> Document:
    """Title, text, facets and numbers of a listing whose firm and cities are loaded.

    The name of the category above is no text: 社保 must not find every service under 人事代理与社保公积金. Asked for by that name, the
    category itself answers.
    """
    of = listing.category
    top = category(of.parent)
    firm, cities = listing.firm, listing.city_codes
    names = [regions.all_regions()[code] for code in cities]
    extra = [
        of.name_zh, of.name_en, firm.name, firm.short_name or "", *(city.name_zh for city in names),
        *_choice_words(of, listing.attributes),
    ]  # fmt: skip
    keywords: dict[str, list[str]] = {
        "category": [of.code, top.code], "city": cities, "pricing": [listing.pricing_model], "firm": [str(firm.id)],
        "rating": [step for step in RATINGS if listing.rating is not None and listing.rating >= float(step)],
        "licensed": ["1"] if is_verified(of, cover) else [],
    }  # fmt: skip
    keywords |= {f"a_{a.key}": facet_values(a, listing.attributes.get(a.key)) for a in of.filters}
    return Document(
        id=listing.id,
        title=listing.title,
        text=f"{listing.summary}\n{listing.description}\n{_own_words(of, listing.attributes)}",
        extra=" ".join(word for word in extra if word),
        keywords={name: values for name, values in keywords.items() if values},
        numbers=_numbers(listing),
        suggestions=(
            Suggestion(listing.title, "listing", str(listing.id)),
            Suggestion(of.name_zh, "category", of.code),
            Suggestion(top.name_zh, "category", top.code),
            Suggestion(firm.name, "firm", str(firm.id)),
        ),
    )


def _numbers(listing: Listing) -> dict[str, int | float]:
    """Sort keys. A rate has no price in 元, so it lies in no price band and sorts last; it has bands of its own. `rank` is the neutral order without a query:
    the mean score drawn towards 4 by three imaginary ratings, plus a little for orders; it knows nothing of the reader (电子商务法 18)."""
    numbers: dict[str, int | float] = {
        "sales": listing.order_count,
        "rank": (listing.rating_sum + 12) / (listing.rating_count + 3) + log1p(listing.order_count) / 4,
    }
    price = listing.price_min_fen if listing.price_min_fen is not None else listing.price_max_fen
    if price is not None:
        numbers["rate" if listing.model.is_rate else "price"] = price
    if listing.rating is not None:
        numbers["rating"] = listing.rating
    if listing.published_at is not None:
        numbers["published"] = int(listing.published_at.timestamp())
    return numbers


def facet_values(attribute: Attribute, value: Any) -> list[str]:
    """The values under which an attribute is counted and filtered; a figure is listed under every step it satisfies."""
    if value is None or value == "" or value is False:
        return []
    if value is True:
        return ["1"]
    if attribute.bands:
        scale = 100 if attribute.type in ("money", "pct") else 1
        return [
            str(step) for step in attribute.bands
            if (value >= step * scale if attribute.at_least else value <= step * scale)
        ]  # fmt: skip
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _choice_words(of: Category, given: dict[str, Any]) -> Iterator[str]:
    for attribute in of.readable_attributes:
        value = given.get(attribute.key)
        for one in value if isinstance(value, list) else [value]:
            found = attribute.choice(one) if isinstance(one, str) else None
            if found:
                yield found.label_zh


def _own_words(of: Category, given: dict[str, Any]) -> str:
    return "\n".join(str(given[a.key]) for a in of.readable_attributes if a.type == "text" and given.get(a.key))
