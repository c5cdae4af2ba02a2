"""The services on a shortlist: added with the version seen, noted, looked at again, taken off."""

from sqlalchemy import delete, select, update

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import GONE
from marketplace.core import audit, clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.shortlists.access import can_edit_shortlist
from marketplace.shortlists.models import Shortlist, ShortlistItem, seen_of
from marketplace.shortlists.services.favourites import insert_new
from marketplace.shortlists.services.lists import require_open


def add_to_shortlist(*, actor: Actor, shortlist: Shortlist, listing: Listing, note: str = "") -> bool:
    """Put a service on a list with its present version and price. One that stands there already stays as it is; says whether it is new.

    Refused: a list that was put away, more services than the setting allows.
    """
    require(can_edit_shortlist(actor, shortlist))
    require_open(shortlist)
    most = settings.get("shortlists.max_listings")
    held = db.session.scalars(select(ShortlistItem.listing_id).where(ShortlistItem.shortlist_id == shortlist.id)).all()
    if listing.id not in held and len(held) >= most:
        raise Invalid(
            "shortlist.full", lazy("每份清单最多收录 %(n)s 项服务，请先移除不需要的"), field="shortlist", n=most
        )
    is_new = insert_new(
        ShortlistItem, shortlist_id=shortlist.id, listing_id=listing.id, note=note.strip()[:300], created_at=clock.now(),
        **seen_of(listing),
    )  # fmt: skip
    if is_new:
        shortlist.updated_at = clock.now()
        audit.record(
            "shortlist.listing_added",
            "shortlist",
            shortlist.id,
            actor=actor,
            organisation_id=shortlist.organisation_id,
            listing=listing.id,
        )
    return is_new


def remove_from_shortlist(*, actor: Actor, shortlist: Shortlist, listing_id: int) -> None:
    """Take a service off the list; where it does not stand nothing happens. Refused: a list that was put away."""
    require(can_edit_shortlist(actor, shortlist))
    require_open(shortlist)
    gone = db.session.execute(
        delete(ShortlistItem)
        .where(ShortlistItem.shortlist_id == shortlist.id, ShortlistItem.listing_id == listing_id)
        .returning(ShortlistItem.id)
    )
    if gone.scalar() is None:
        if db.session.get(Listing, listing_id) is None:
            raise NotFound("listing.not_found", GONE)
    else:
        shortlist.updated_at = clock.now()
        audit.record(
            "shortlist.listing_removed",
            "shortlist",
            shortlist.id,
            actor=actor,
            organisation_id=shortlist.organisation_id,
            listing=listing_id,
        )


def note_item(*, actor: Actor, shortlist: Shortlist, listing_id: int, note: str) -> None:
    """Rewrite what is remarked about a service on the list. Refused: a list that was put away, a remark that is too long."""
    require(can_edit_shortlist(actor, shortlist))
    require_open(shortlist)
    if len(note.strip()) > 300:
        raise Invalid("shortlist.note", lazy("最多 %(n)s 字"), field="note", n=300)
    _update(shortlist, listing_id, note=note.strip())
    shortlist.updated_at = clock.now()
    audit.record(
        "shortlist.listing_noted",
        "shortlist",
        shortlist.id,
        actor=actor,
        organisation_id=shortlist.organisation_id,
        listing=listing_id,
    )


def accept_item(*, actor: Actor, shortlist: Shortlist, listing: Listing) -> None:
    """The present version of a service counts as the one seen from now on. Refused: a list that was put away."""
    require(can_edit_shortlist(actor, shortlist))
    require_open(shortlist)
    _update(shortlist, listing.id, **seen_of(listing))
    shortlist.updated_at = clock.now()
    audit.record(
        "shortlist.listing_accepted",
        "shortlist",
        shortlist.id,
        actor=actor,
        organisation_id=shortlist.organisation_id,
        listing=listing.id,
        version=listing.live_version,
    )


def _update(shortlist: Shortlist, listing_id: int, **values: object) -> None:
    changed = db.session.execute(
        update(ShortlistItem)
        .where(ShortlistItem.shortlist_id == shortlist.id, ShortlistItem.listing_id == listing_id)
        .values(**values)
        .returning(ShortlistItem.id)
    )
    if changed.scalar() is None:
        raise NotFound("shortlist.no_item", lazy("清单中没有这项服务"))
