"""Services like one service, by what they are and never by who looks (电子商务法 18): same category, then cities, price and answers."""

from typing import Any

from sqlalchemy import bindparam, exists, select

from marketplace.catalog.models import Listing, ListingCity
from marketplace.catalog.queries.search import Card, list_cards
from marketplace.core.db import BIG, db

CANDIDATES = 24
SHOWN = 4
_MEAN = (Listing.rating_sum + 12) * 1.0 / (Listing.rating_count + 3)
"""The neutral order of the search without a query, near enough: the mean drawn towards 4, then orders, then age."""
_NEARBY = exists().where(
    ListingCity.listing_id == Listing.id, ListingCity.city_code.in_(bindparam("cities", expanding=True))
)
# Built once: putting a statement together costs more than running it.
_CANDIDATES = (
    select(Listing.id, Listing.attributes)
    .where(
        Listing.state == "published",
        Listing.category_code == bindparam("category"),
        Listing.id != bindparam("this", type_=BIG),
    )
    .order_by(
        Listing.firm_id == bindparam("firm", type_=BIG),
        _NEARBY.desc(),
        _MEAN.desc(),
        Listing.order_count.desc(),
        Listing.id,
    )
    .limit(CANDIDATES)
)


def list_similar(listing: Listing, limit: int = SHOWN) -> list[Card]:
    """Public services of the listing's category, those of other firms first, the likest first; equals by rating and orders, then by
    age. The listing's cities are loaded. Four statements: the candidates by index, then their cards, which check visibility again."""
    asked = {
        "category": listing.category_code, "this": listing.id, "firm": listing.firm_id, "cities": listing.city_codes,
    }  # fmt: skip
    answers = {row.id: row.attributes for row in db.session.execute(_CANDIDATES, asked)}
    cards = list_cards(list(answers))
    cards.sort(key=lambda card: (card.firm_id == listing.firm_id, -likeness(listing, card, answers[card.id])))
    return cards[:limit]


def likeness(listing: Listing, card: Card, answers: dict[str, Any]) -> float:
    """How alike two services of one category are, 0 to 3: shared cities, prices of one kind and size, equal answers."""
    return _cities(listing, card) + _price(listing, card) + _answers(listing.attributes, answers)


def _cities(listing: Listing, card: Card) -> float:
    own, other = set(listing.city_codes), set(card.city_codes)
    return len(own & other) / len(own | other) if own | other else 0.0


def _price(listing: Listing, card: Card) -> float:
    mine = listing.price_min_fen if listing.price_min_fen is not None else listing.price_max_fen
    other = card.price_min_fen if card.price_min_fen is not None else card.price_max_fen
    if listing.pricing_model != card.pricing_model or not mine or not other:
        return 0.0
    return min(mine, other) / max(mine, other)


def _answers(mine: dict[str, Any], other: dict[str, Any]) -> float:
    keys = mine.keys() | other.keys()
    return sum(_overlap(mine.get(key), other.get(key)) for key in keys) / len(keys) if keys else 0.0


def _overlap(a: Any, b: Any) -> float:
    if isinstance(a, list) and isinstance(b, list):
        return len(set(a) & set(b)) / len(set(a) | set(b)) if a or b else 0.0
    return float(a is not None and a == b)
