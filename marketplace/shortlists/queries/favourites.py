"""A person's favourites."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.shortlists.models import Favourite
from marketplace.shortlists.queries.kept import read_kept
from marketplace.shortlists.rules.keeping import Kept

_MARKED = select(Favourite.listing_id).where(
    Favourite.user_id == bindparam("user_id"), Favourite.listing_id.in_(bindparam("ids", expanding=True))
)


def favourite_ids(actor: Actor, listing_ids: Collection[int]) -> frozenset[int]:
    """Which of these services the person has marked: one statement for a whole page, none for a stranger."""
    if not actor.is_signed_in or not listing_ids:
        return frozenset()
    return frozenset(db.session.scalars(_MARKED, {"user_id": actor.user_id, "ids": list(listing_ids)}))


def list_favourites(actor: Actor) -> list[Kept]:
    """Everything the person has marked, whether it is still shown or not. Their number is bounded by a setting."""
    return read_kept(Favourite, Favourite.user_id == actor.user_id) if actor.is_signed_in else []
