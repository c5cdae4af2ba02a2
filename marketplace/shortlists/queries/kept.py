"""Kept services with their present: two statements for a whole list, three more for what changed on the page shown."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import selectinload

from marketplace.catalog.models import Listing, ListingVersion
from marketplace.catalog.queries import draft_of
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.taxonomy import category
from marketplace.catalog.rules.visibility import is_verified
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.core.i18n import _, listed
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.shortlists.rules.changes import changes_between, price_line
from marketplace.shortlists.rules.keeping import Availability, Kept

_COLUMNS = (
    Listing.id, Listing.title, Listing.category_code, Listing.firm_id, Listing.source, Listing.published_at, Listing.pricing_model,
    Listing.price_min_fen, Listing.price_max_fen, Listing.unit, Listing.live_version, Listing.rating_sum, Listing.rating_count,
    Listing.order_count, Listing.state, Listing.state_reason, Listing.withdrawn_by, Listing.suspended_at, Listing.withdrawn_at,
    Organisation.name.label("firm_name"), Organisation.short_name.label("firm_short_name"),
)  # fmt: skip


def read_kept(model: Any, *where: ColumnElement[bool]) -> list[Kept]:
    """The kept services (`Favourite` or `ShortlistItem`) of these conditions, each with what it is now. Two statements."""
    shown = and_(
        Listing.state == "published", Organisation.state == "approved", Organisation.standing_since(earliest_due())
    ).label("may_show")
    rows = db.session.execute(
        select(model, *_COLUMNS, shown)
        .join(Listing, Listing.id == model.listing_id)
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(*where)
        .order_by(model.id)
    ).all()
    covers = {row.id: cover for row, cover in visible_rows(row for row in rows if row.may_show)}
    return [_kept(row[0], row, covers.get(row.id)) for row in rows]


def _kept(row: Any, now: Any, cover: Any) -> Kept:
    of = category(now.category_code)
    about: dict[str, Any] = {
        "row": row, "listing_id": now.id, "category_code": of.code, "category_label": of.label, "firm_id": now.firm_id,
        "firm_name": now.firm_short_name or now.firm_name,
    }  # fmt: skip
    if cover is None:
        gone = now.state == "withdrawn"
        return Kept(
            title=row.seen_title, availability=Availability.WITHDRAWN if gone else Availability.HIDDEN, since=_since(now),
            reason=_public_reason(now) if gone else "", price=row.seen_price, **about,
        )  # fmt: skip
    move = _price_move(row, now)
    low = now.price_min_fen if now.price_min_fen is not None else now.price_max_fen
    return Kept(
        title=now.title, availability=Availability.SHOWN, price_move=move, is_verified=is_verified(of, cover),
        price=price_line(now.pricing_model, now.price_min_fen, now.price_max_fen, now.unit),
        price_fen=None if PricingModel(now.pricing_model).is_rate else low,
        is_updated=bool(move) or now.live_version != row.seen_version or now.title != row.seen_title,
        rating=round(now.rating_sum / now.rating_count, 1) if now.rating_count else None, rating_count=now.rating_count,
        order_count=now.order_count, **about,
    )  # fmt: skip


def _public_reason(now: Any) -> str:
    """As on the withdrawn service's own page: the firm's words are for everybody, what the park told the firm is not."""
    if now.withdrawn_by == "park":
        return _("由园区运营方下架")
    return str(now.state_reason) if now.withdrawn_by == "firm" else ""


def _since(now: Any) -> datetime | None:
    """Since when it is not shown, where the listing itself knows; a lapsed licence or a firm that rests leaves no date on it."""
    moment: datetime | None = {"withdrawn": now.withdrawn_at, "suspended": now.suspended_at}.get(now.state)
    return moment


def _price_move(row: Any, now: Any) -> str:
    """`up` or `down` where one kind of price moved one way, `other` where it changed otherwise, empty where it stands."""
    was = (row.seen_pricing_model, row.seen_unit, row.seen_price_min_fen, row.seen_price_max_fen)
    new = (now.pricing_model, now.unit, now.price_min_fen, now.price_max_fen)
    if was == new:
        return ""
    pairs = [(a, b) for a, b in zip(was[2:], new[2:], strict=True) if a != b]
    if was[:2] != new[:2] or any(a is None or b is None for a, b in pairs):
        return "other"
    if all(b > a for a, b in pairs):
        return "up"
    return "down" if all(b < a for a, b in pairs) else "other"


def with_changes(kept: Sequence[Kept]) -> list[Kept]:
    """The same services with their cities and, where updated, everything that differs from the version seen. Three statements."""
    ids = [one.listing_id for one in kept if one.is_shown]
    if not ids:
        return list(kept)
    now = {
        one.id: one
        for one in db.session.scalars(select(Listing).options(selectinload(Listing.cities)).where(Listing.id.in_(ids)))
    }
    versions = _versions({(one.listing_id, one.row.seen_version) for one in kept if one.is_updated})
    return [_filled(one, now[one.listing_id], versions) if one.listing_id in now else one for one in kept]


def _versions(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], ListingDraft]:
    if not pairs:
        return {}
    rows = db.session.scalars(
        select(ListingVersion).where(
            ListingVersion.listing_id.in_({one for one, _n in pairs}),
            ListingVersion.number.in_({n for _one, n in pairs}),
        )
    )
    return {
        (row.listing_id, row.number): ListingDraft.from_json(row.content)
        for row in rows
        if (row.listing_id, row.number) in pairs
    }


def _filled(one: Kept, listing: Listing, versions: dict[tuple[int, int], ListingDraft]) -> Kept:
    cities = cities_text(listing.city_codes)
    if not one.is_updated:
        return replace(one, cities=cities)
    row, now = one.row, draft_of(listing)
    seen = {
        "title": row.seen_title, "pricing_model": row.seen_pricing_model, "price_min_fen": row.seen_price_min_fen,
        "price_max_fen": row.seen_price_max_fen, "unit": row.seen_unit,
    }  # fmt: skip
    before = versions.get((one.listing_id, row.seen_version)) or replace(now, **seen)
    return replace(one, cities=cities, changes=tuple(changes_between(before, now)))


def cities_text(codes: Iterable[str]) -> str:
    """Up to four cities by name, then how many there are."""
    names = [regions.label(code) for code in codes]
    return listed(names) if len(names) < 5 else _("%(names)s 等 %(n)s 城", names=listed(names[:4]), n=len(names))
