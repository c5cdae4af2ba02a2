"""What people keep while they decide, for tests, and offers that move after they were kept."""

from dataclasses import replace
from itertools import count
from typing import Any

from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import draft_of, get_listing
from marketplace.catalog.services.listings import replace_content
from marketplace.catalog.services.withdrawing import withdraw_listing
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.search.changes import touch
from marketplace.shortlists import services
from marketplace.shortlists.models import Shortlist
from tests.factories.accounts import make_staff, writing
from tests.factories.organisations import actor_for

serial = count(1)


def keep(actor: Actor, *listings: Listing) -> None:
    """Mark these services as the person's favourites."""
    with writing():
        for listing in listings:
            services.keep_favourite(actor=actor, listing=listing)


def make_shortlist(actor: Actor, *listings: Listing, name: str = "", shared: bool = True, **values: Any) -> Shortlist:
    """A list with these services: of the person's client, or of the person alone where there is none or `shared` is off."""
    with writing():
        owner = actor.client_id if shared else None
        made = services.create_shortlist(
            actor=actor, name=name or f"选型{next(serial)}", organisation_id=owner, **values
        )
        for listing in listings:
            services.add_to_shortlist(actor=actor, shortlist=made, listing=listing)
        return made


def approve_change(listing: Listing, **values: Any) -> None:
    """New content of a live listing takes the place of the old, as when the operator approves a requested change."""
    with writing():
        found = get_listing(listing.id, actor=actor_of(make_staff("operator")))
        replace_content(listing=found, draft=replace(draft_of(found), **values))
        touch("listing", [found.id])
        db.session.flush()


def take_down(listing: Listing, reason: str = "停止提供", *, by_park: bool = False) -> None:
    """The firm withdraws its service for good, or the park does."""
    with writing():
        operator = actor_of(make_staff("operator"))
        found = get_listing(listing.id, actor=operator)
        withdraw_listing(actor=operator if by_park else actor_for(found.firm), listing=found, reason=reason)
        db.session.flush()
