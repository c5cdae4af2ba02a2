"""Marking services for oneself. No audit row: it is nobody's business but the person's, and no page that others see depends on it."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.catalog.models import Listing
from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.shortlists.access import can_keep_favourite
from marketplace.shortlists.models import Favourite, seen_of


def insert_new(model: Any, **values: Any) -> bool:
    """Insert a row unless its like is there, even one that somebody writes at this very moment; says whether it was inserted."""
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    table = model.__table__
    made = db.session.execute(insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id))
    return made.scalar() is not None


def keep_favourite(*, actor: Actor, listing: Listing) -> bool:
    """A person marks a service; its version and price are remembered. Marking it again changes nothing. Says whether it is new.

    Refused: more than the setting allows.
    """
    require(can_keep_favourite(actor))
    kept = set(db.session.scalars(select(Favourite.listing_id).where(Favourite.user_id == actor.user_id)))
    most = settings.get("shortlists.max_favourites")
    if listing.id not in kept and len(kept) >= most:
        raise Invalid("favourite.too_many", lazy("最多收藏 %(n)s 项服务，请先移除不需要的"), n=most)
    return insert_new(
        Favourite, user_id=actor.user_id, listing_id=listing.id, created_at=clock.now(), **seen_of(listing)
    )


def drop_favourite(*, actor: Actor, listing_id: int) -> None:
    """A person takes the mark away; where there is none nothing happens."""
    require(can_keep_favourite(actor))
    db.session.execute(delete(Favourite).where(Favourite.user_id == actor.user_id, Favourite.listing_id == listing_id))


def accept_favourite(*, actor: Actor, listing: Listing) -> None:
    """A person has looked at what changed: the present version counts as seen from now on."""
    require(can_keep_favourite(actor))
    db.session.execute(
        update(Favourite)
        .where(Favourite.user_id == actor.user_id, Favourite.listing_id == listing.id)
        .values(**seen_of(listing))
        .execution_options(synchronize_session=False)
    )
