"""Saved searches and advertisements for tests, made by the services that people use."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing, ListingCity, Promotion, SavedSearch
from marketplace.catalog.services.promotions import create_promotion
from marketplace.catalog.services.saved_searches import save_search
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.search import changes
from tests.factories.accounts import make_user, writing
from tests.factories.catalog import operator_actor


def make_saved_search(
    user: User | None = None, query: str = "category=C03", name: str = "社保代缴", notify: bool = True
) -> SavedSearch:
    """A saved search of a person (a new one unless given); with notices the index must be there."""
    with writing():
        person = user or make_user()
        return save_search(actor=actor_of(person), query=query, name=name, notify=notify)


def make_promotion(
    listing: Listing, *, category_code: str = "", first_day: date | None = None, days: int = 30, **values: Any
) -> Promotion:
    """An advertisement that begins today unless another day is given."""
    start = first_day or clock.today()
    with writing():
        return create_promotion(
            actor=operator_actor(), listing_id=listing.id, category_code=category_code, first_day=start,
            last_day=start + timedelta(days=days), note=values.get("note", ""),
        )  # fmt: skip


def insert_listings(rows: list[dict[str, Any]]) -> list[int]:
    """Many published listings at once, past the services: the values named, ordinary ones for the rest; `cities` are codes. Touched for the index."""
    numbered = [{"id": number, **row} for number, row in enumerate(rows, 1)]
    moment = clock.now()
    ordinary: dict[str, Any] = {
        "summary": "", "description": "", "pricing_model": "per_head_month", "price_min_fen": None, "price_max_fen": None,
        "billing_note": "", "unit": "", "attributes": {}, "source": "firm", "is_demo": False, "state": "published", "version": 1,
        "live_version": 1, "rating_count": 0, "rating_sum": 0, "order_count": 0, "created_at": moment, "updated_at": moment,
        "state_reason": "", "published_at": moment,
    }  # fmt: skip
    with writing():
        db.session.execute(
            insert(Listing), [{**ordinary, **{k: v for k, v in row.items() if k != "cities"}} for row in numbered]
        )
        cities = [{"listing_id": row["id"], "city_code": code} for row in numbered for code in row["cities"]]
        db.session.execute(insert(ListingCity), cities)
        changes.touch("listing", [row["id"] for row in numbered])
    return [row["id"] for row in numbered]
