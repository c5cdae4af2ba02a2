"""Saved searches and advertisements for tests, made by the services that people use."""

from datetime import date, timedelta
from typing import Any

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing, Promotion, SavedSearch
from marketplace.catalog.services.promotions import create_promotion
from marketplace.catalog.services.saved_searches import save_search
from marketplace.core import clock
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
