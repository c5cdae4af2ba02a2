"""Reading reviews: of one order, of a listing, of a firm, and how their scores spread."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from marketplace.core.db import db
from marketplace.core.paging import Page, paginate
from marketplace.reviews.models import Review
from marketplace.reviews.rules import GOOD_SCORE, SCORES


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """The mean (one decimal, None without ratings), how many, and how many of each score, 5 first."""

    mean: float | None
    count: int
    spread: tuple[tuple[int, int], ...]

    @property
    def good_share(self) -> float | None:
        """The share of scores of four and five (好评率); None without ratings."""
        return sum(number for score, number in self.spread if score >= GOOD_SCORE) / self.count if self.count else None


def find_review(order_id: int) -> Review | None:
    """The review of one order, if the client has written it."""
    return db.session.scalar(select(Review).where(Review.order_id == order_id))


def _newest(query: Select[Any], page: int | None, per_page: int | None) -> Page[Review]:
    return paginate(
        query.options(joinedload(Review.order)).order_by(Review.created_at.desc(), Review.id.desc()), page, per_page
    )


def list_reviews(listing_id: int, page: int | None = 1, per_page: int | None = 10) -> Page[Review]:
    """A listing's reviews, newest first, with their orders."""
    return _newest(select(Review).where(Review.listing_id == listing_id), page, per_page)


def list_firm_reviews(
    firm_id: int, page: int | None = 1, per_page: int | None = 10, score: int | None = None
) -> Page[Review]:
    """A firm's reviews over all its listings, newest first, with their orders; of one score only where asked for."""
    query = select(Review).where(Review.firm_id == firm_id)
    return _newest(query if score is None else query.where(Review.score == score), page, per_page)


def count_scores(firm_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """How many reviews of each score each of these firms has: one query."""
    found: dict[int, dict[int, int]] = {}
    rows = db.session.execute(
        select(Review.firm_id, Review.score, func.count())
        .where(Review.firm_id.in_(firm_ids))
        .group_by(Review.firm_id, Review.score)
    )
    for firm_id, score, number in rows:
        found.setdefault(firm_id, {})[score] = number
    return found


def get_rating_summary(*, listing_id: int | None = None, firm_id: int | None = None) -> RatingSummary:
    """How the scores of a listing or a firm spread."""
    query = select(Review.score, func.count()).group_by(Review.score)
    query = query.where(Review.listing_id == listing_id if listing_id is not None else Review.firm_id == firm_id)
    counts: dict[int, int] = {score: number for score, number in db.session.execute(query)}  # noqa: C416
    total = sum(counts.values())
    mean = round(sum(score * number for score, number in counts.items()) / total, 1) if total else None
    return RatingSummary(mean, total, tuple((score, counts.get(score, 0)) for score in reversed(SCORES)))
