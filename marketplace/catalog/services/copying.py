"""Beginning a new listing from one that the firm has already."""

from sqlalchemy import select

from marketplace.catalog.access import can_create_listing
from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import draft_of
from marketplace.catalog.rules.draft import copied_title
from marketplace.catalog.services.listings import write_content
from marketplace.catalog.states import ListingState
from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db


def copy_listing(*, actor: Actor, listing: Listing) -> Listing:
    """A new draft with the content of one of the firm's own listings in any state, under a title that says 副本 and is not in use.

    Nothing is refused for what the content lacks: it is a draft, and what it must hold is asked when it is handed in. Refused: people
    without the firm's business role, another firm's listing.
    """
    require(can_create_listing(actor, listing.firm_id) and actor.firm_id == listing.firm_id)
    titles = db.session.scalars(
        select(Listing.title).where(
            Listing.firm_id == listing.firm_id, Listing.category_code == listing.category_code, Listing.state != ListingState.WITHDRAWN
        )
    )  # fmt: skip
    draft = draft_of(listing)
    copy = Listing(
        firm_id=listing.firm_id, category_code=draft.category_code, title="", pricing_model=draft.pricing_model
    )
    copy.cities, copy.is_demo = [], listing.is_demo
    write_content(copy, draft)
    copy.title = copied_title(draft.title, set(titles))
    db.session.add(copy)
    db.session.flush()
    audit.record("listing.copied", "listing", copy.id, actor=actor, organisation_id=copy.firm_id, source=listing.id)
    return copy
