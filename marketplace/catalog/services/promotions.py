"""Placing advertisements beside the results of the search, and ending them."""

from datetime import date

from sqlalchemy import select

from marketplace.catalog.access import can_manage_promotion
from marketplace.catalog.models import Listing, Promotion
from marketplace.catalog.rules.promoting import LONGEST_DAYS
from marketplace.catalog.rules.taxonomy import find_category
from marketplace.catalog.states import ListingState
from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy


def create_promotion(
    *, actor: Actor, listing_id: int, category_code: str, first_day: date, last_day: date, note: str
) -> Promotion:
    """The operator places an advertisement for a published listing, marked 广告 wherever it shows (电子商务法 40, 互联网广告管理办法 9).

    Refused: a listing that is not published; a category that the listing is not in; days that are past, the wrong way round or more
    than a year; a second advertisement of the listing in the same place whose days overlap (the listing's row is locked meanwhile).
    """
    require(can_manage_promotion(actor))
    listing = db.session.scalars(select(Listing).where(Listing.id == listing_id).with_for_update()).first()
    if listing is None or listing.state != ListingState.PUBLISHED:
        raise Invalid("promotion.listing", lazy("没有这项在架服务，请核对服务编号"), field="listing_id")
    _refuse_place(listing, category_code)
    _refuse_days(first_day, last_day)
    twin = db.session.scalar(
        select(Promotion.id).where(
            Promotion.listing_id == listing_id, Promotion.category_code == category_code, Promotion.ended_at.is_(None),
            Promotion.first_day <= last_day, Promotion.last_day >= first_day,
        ).limit(1)
    )  # fmt: skip
    if twin is not None:
        raise Invalid("promotion.twin", lazy("该服务在此位置的这段时间已有广告"), field="first_day")
    promotion = Promotion(
        listing_id=listing_id, category_code=category_code, first_day=first_day, last_day=last_day, note=note.strip()
    )
    db.session.add(promotion)
    db.session.flush()
    audit.record("promotion.created", "promotion", promotion.id, actor=actor, listing=listing_id)
    return promotion


def _refuse_place(listing: Listing, code: str) -> None:
    if code and (find_category(code) is None or code not in (listing.category_code, listing.category_code[:3])):
        raise Invalid("promotion.category", lazy("广告只能投放在该服务所属的类目或全部类目"), field="category_code")


def _refuse_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Invalid("promotion.days", lazy("结束日期不能早于开始日期"), field="last_day")
    if last_day < clock.today():
        raise Invalid("promotion.past", lazy("结束日期不能早于今天"), field="last_day")
    if (last_day - first_day).days >= LONGEST_DAYS:
        raise Invalid("promotion.long", lazy("一次投放最长一年"), field="last_day")


def end_promotion(*, actor: Actor, promotion: Promotion, reason: str) -> Promotion:
    """The operator ends an advertisement before its last day, at once. Refused: one that has ended already; no reason."""
    require(can_manage_promotion(actor, promotion))
    if not reason.strip():
        raise Invalid("promotion.reason", lazy("请填写终止原因"), field="reason")
    db.session.refresh(promotion, with_for_update=True)
    if promotion.ended_at is not None or promotion.last_day < clock.today():
        raise Conflict("promotion.over", lazy("这条广告已经结束"))
    promotion.ended_at, promotion.end_reason = clock.now(), reason.strip()
    audit.record("promotion.ended", "promotion", promotion.id, actor=actor, listing=promotion.listing_id)
    return promotion
