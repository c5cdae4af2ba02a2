"""Taking a listing down for good: its page then says when, and if its firm did it, why."""

from marketplace.catalog.access import can_withdraw_listing
from marketplace.catalog.models import Listing
from marketplace.catalog.queries.changes import lock_listing
from marketplace.catalog.services.changing import drop_open_change
from marketplace.catalog.services.reasons import keep_reason
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.search import changes


def withdraw_listing(*, actor: Actor, listing: Listing, reason: str) -> Listing:
    """Take a listing down for good; its page then says when and why. Orders placed under it keep their copied terms.

    A firm's own reason is public; the park's is told to the firm alone, the page says only that the park did it. An open change goes
    with it. Refused: an empty reason; a listing that is gone already.
    """
    require(can_withdraw_listing(actor, listing))
    if not reason.strip():
        raise Invalid("listing.reason", lazy("请填写原因"), field="reason")
    listing = lock_listing(listing.id)
    drop_open_change(actor=actor, listing=listing)
    listing.state_reason = reason.strip()[:300]
    listing.withdrawn_by = "firm" if actor.is_member(listing.firm_id) else "park"
    advance(listing, "withdraw", actor=actor, organisation_id=listing.firm_id, by=listing.withdrawn_by)
    keep_reason(listing=listing, event="listing.withdrawn", reason=listing.state_reason)
    changes.touch("listing", [listing.id])
    if listing.withdrawn_by == "park":
        params = {"title": listing.title, "reason": listing.state_reason}
        notify(
            event="listing.withdrawn",
            params=params,
            url=f"/firm/services/{listing.id}",
            organisation_id=listing.firm_id,
        )
    return listing
