"""The approved contents of a listing over time: which one is on line, since when, and what the price was before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.catalog.models import Listing, ListingVersion
from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.fees import price_line, same_fees
from marketplace.core.db import db

LOOKED_BACK = 20
"""How many earlier contents are searched for the last change of price."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What the listing page says of its content: the version's number, since when it stands, since when the price stands, and what was
    asked before (None: the price never changed)."""

    number: int
    since: datetime | None
    price_since: datetime | None
    earlier_price: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One approved content: when it went on line, and when it was replaced (None: it is on line)."""

    number: int
    since: datetime | None
    until: datetime | None
    content: ListingDraft
    category_version: int


def _earlier(listing: Listing, most: int | None = None) -> list[ListingVersion]:
    query = select(ListingVersion).where(ListingVersion.listing_id == listing.id).order_by(ListingVersion.number.desc())
    return list(db.session.scalars(query.limit(most) if most else query))


def edition_of(listing: Listing, content: ListingDraft) -> Edition | None:
    """The edition that is on line, whose content the caller has; None for a listing never approved. No query for a first version."""
    if listing.live_version < 1:
        return None
    if listing.live_version == 1:
        return Edition(1, listing.published_at, listing.published_at, None)
    kept = _earlier(listing, LOOKED_BACK)
    since = kept[0].replaced_at if kept else listing.published_at
    for one in kept:
        before = ListingDraft.from_json(one.content)
        if not same_fees(before, content):
            return Edition(listing.live_version, since, one.replaced_at, price_line(before))
    return Edition(listing.live_version, since, listing.published_at, None)


def list_versions(listing: Listing, content: ListingDraft) -> list[Version]:
    """Every approved content, newest first; `content` is what the listing's row holds."""
    if listing.live_version < 1:
        return []
    kept = list(reversed(_earlier(listing)))
    began = {one.number + 1: one.replaced_at for one in kept}
    versions = [
        Version(
            one.number, began.get(one.number, listing.published_at if one.number == 1 else None), one.replaced_at,
            ListingDraft.from_json(one.content), one.category_version,
        )
        for one in kept
    ]  # fmt: skip
    last = listing.live_version
    since = began.get(last, listing.published_at)
    return [Version(last, since, None, content, listing.category_version), *reversed(versions)]
