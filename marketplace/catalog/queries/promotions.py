"""Reads of advertisements: what runs today for the search page, and the operator's list."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager

from marketplace.catalog.models import Listing, Promotion
from marketplace.catalog.rules.promoting import PromotionState, fits, state_of
from marketplace.catalog.rules.search import SearchParams
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.organisations.models import Organisation

Running = tuple[tuple[int, str], ...]


def running_promotions() -> Running:
    """Listing and placement of what runs today. One small statement."""
    day = clock.today()
    rows = db.session.execute(
        select(Promotion.listing_id, Promotion.category_code)
        .where(Promotion.first_day <= day, Promotion.last_day >= day, Promotion.ended_at.is_(None))
        .order_by(Promotion.id)
    )
    return tuple((row.listing_id, row.category_code) for row in rows)


def promotable_ids(params: SearchParams) -> frozenset[int]:
    """The listings with an advertisement that belongs beside this search, whether or not they match it."""
    return frozenset(one for one, placement in running_promotions() if fits(placement, params.category))


def _matching(state: str, q: str, category: str) -> Select[Any]:
    day, running = clock.today(), Promotion.ended_at.is_(None)
    query = (
        select(Promotion)
        .join(Promotion.listing)
        .join(Organisation, Organisation.id == Listing.firm_id)
        .options(contains_eager(Promotion.listing).contains_eager(Listing.firm))
        .order_by(Promotion.id.desc())
    )
    wanted: dict[str, Any] = {
        PromotionState.COMING: running & (Promotion.first_day > day),
        PromotionState.RUNNING: running & (Promotion.first_day <= day) & (Promotion.last_day >= day),
        PromotionState.OVER: running & (Promotion.last_day < day),
        PromotionState.ENDED: Promotion.ended_at.is_not(None),
    }
    if state in wanted:
        query = query.where(wanted[state])
    if category:
        query = query.where(Promotion.category_code == ("" if category == "all" else category))
    if q:
        query = query.where(
            or_(Listing.title.icontains(q, autoescape=True), Organisation.name.icontains(q, autoescape=True))
        )
    return query


def list_promotions(
    *, state: str = "", q: str = "", category: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[Promotion]:
    """The operator's list, newest first, each with its listing and firm."""
    return paginate(_matching(state, q, category), page, per_page)


def rows_of_promotions(*, state: str = "", q: str = "", category: str = "") -> Iterator[Promotion]:
    """The whole list under these filters, for a file."""
    return iter(db.session.scalars(_matching(state, q, category).execution_options(yield_per=500)))


def get_promotion(promotion_id: int) -> Promotion:
    """One advertisement with its listing and firm."""
    found: Promotion | None = db.session.scalars(_matching("", "", "").where(Promotion.id == promotion_id)).first()
    if found is None:
        raise NotFound("promotion.missing", lazy("没有这条广告"))
    return found


def promotion_state(promotion: Promotion, on: date | None = None) -> PromotionState:
    """Where it stands on a day (today)."""
    return state_of(promotion.first_day, promotion.last_day, promotion.ended_at is not None, on or clock.today())
