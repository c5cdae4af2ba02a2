"""A firm's shop as the catalogue sees it: what it offers by category, its services under filters, its price list."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.queries.search import Card, list_cards
from marketplace.catalog.rules.pricing import PricingModel, price_text, unit_text
from marketplace.catalog.rules.taxonomy import categories, category
from marketplace.catalog.states import ListingState
from marketplace.core.db import db
from marketplace.core.i18n import local_name
from marketplace.core.paging import Page, clamp
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import earliest_due

SORTS = ("newest", "sales", "rating", "price_asc", "price_desc")


@dataclass(frozen=True, slots=True)
class Offer:
    """One service of a firm that can be seen now, with what orders it in the shop; prices of rate models are hundredths of a percent."""

    id: int
    title: str
    category_code: str
    pricing_model: str
    price_min_fen: int | None
    price_max_fen: int | None
    unit: str
    billing_note: str
    rating: float
    sales: int
    published_at: Any

    @property
    def model(self) -> PricingModel:
        return PricingModel(self.pricing_model)

    @property
    def price(self) -> str:
        return price_text(self.model, self.price_min_fen, self.price_max_fen)

    @property
    def unit_text(self) -> str:
        return unit_text(self.model, self.price_min_fen, self.price_max_fen, self.unit)

    @property
    def lowest_fen(self) -> int | None:
        """What it is sorted by: nothing for rates, which are no amounts."""
        return (
            None if self.model.is_rate else self.price_min_fen if self.price_min_fen is not None else self.price_max_fen
        )


_COLUMNS = (
    Listing.id, Listing.firm_id, Listing.title, Listing.category_code, Listing.source, Listing.published_at, Listing.pricing_model,
    Listing.price_min_fen, Listing.price_max_fen, Listing.unit, Listing.billing_note, Listing.rating_sum, Listing.rating_count,
    Listing.order_count,
)  # fmt: skip


def list_offers(firm_id: int) -> list[Offer]:
    """Every service of a firm that the public may see now, the newest first: two queries."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(
            Listing.firm_id == firm_id, Listing.state == ListingState.PUBLISHED, Organisation.state == "approved",
            Organisation.standing_since(earliest_due()),
        )
        .order_by(Listing.id.desc())
    ).all()  # fmt: skip
    return [
        Offer(
            row.id, row.title, row.category_code, row.pricing_model, row.price_min_fen, row.price_max_fen, row.unit, row.billing_note,
            row.rating_sum / row.rating_count if row.rating_count else 0.0, row.order_count, row.published_at,
        )
        for row, _cover in visible_rows(rows)
    ]  # fmt: skip


def page_offers(
    offers: list[Offer], *, code: str = "", sort: str = "newest", page: int | None = 1, per_page: int | None = 10
) -> Page[Card]:
    """A page of cards of these services: of a top or child category, in one of `SORTS`; equal ones stay newest first."""
    chosen = [one for one in offers if one.category_code.startswith(code)] if code else list(offers)
    if sort in ("price_asc", "price_desc"):
        sign = 1 if sort == "price_asc" else -1
        chosen.sort(key=lambda one: (one.lowest_fen is None, sign * (one.lowest_fen or 0)))
    elif sort == "sales":
        chosen.sort(key=lambda one: -one.sales)
    elif sort == "rating":
        chosen.sort(key=lambda one: -one.rating)
    number, size = clamp(page, per_page)
    ids = [one.id for one in chosen[(number - 1) * size : number * size]]
    return Page(list_cards(ids), len(chosen), number, size)


def count_tops(offers: list[Offer]) -> list[tuple[str, str, int]]:
    """The top categories that a firm offers: code, name and number of services, in the order of the tree."""
    counts: dict[str, int] = {}
    for one in offers:
        counts[one.category_code[:3]] = counts.get(one.category_code[:3], 0) + 1
    return [(code, local_name(category(code)), counts[code]) for code in sorted(counts)]


def price_list(offers: list[Offer]) -> list[tuple[str, list[Offer]]]:
    """收费标准 (人力资源市场暂行条例 32): every service with its price by top category, in the order of the tree."""
    groups: dict[str, list[Offer]] = {}
    for one in sorted(offers, key=lambda offer: offer.category_code):
        groups.setdefault(one.category_code[:3], []).append(one)
    return [(local_name(category(code)), groups[code]) for code in sorted(groups)]


def count_offers(firm_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each of these firms the services that can be seen now, by child category: two queries."""
    rows = db.session.execute(
        select(Listing.firm_id, Listing.category_code, Listing.source, Listing.published_at)
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(
            Listing.firm_id.in_(firm_ids), Listing.state == ListingState.PUBLISHED, Organisation.state == "approved",
            Organisation.standing_since(earliest_due()),
        )
    )  # fmt: skip
    found: dict[int, dict[str, int]] = {}
    for row, _cover in visible_rows(rows):
        counts = found.setdefault(row.firm_id, {})
        counts[row.category_code] = counts.get(row.category_code, 0) + 1
    return found


def category_label(code: str) -> str:
    """The name of a category in the reader's language; empty where there is none of this code."""
    return local_name(categories().get(code))
