"""Keeping why something was decided, beside the audit row that says who and when."""

from marketplace.catalog.models import Listing, ListingReason
from marketplace.core.access import step
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


def needed_reason(reason: str) -> str:
    """The reason without spaces round it, at most 300 characters. Refused: an empty one."""
    if not reason.strip():
        raise Invalid("listing.reason", lazy("请填写原因，机构将据此修改"), field="reason")
    return reason.strip()[:300]


@step
def keep_reason(*, listing: Listing, event: str, reason: str, change_id: int | None = None) -> None:
    """Write the reason into the listing's history. Part of returning, suspending and withdrawing."""
    db.session.add(ListingReason(listing_id=listing.id, change_id=change_id, event=event, reason=reason))
