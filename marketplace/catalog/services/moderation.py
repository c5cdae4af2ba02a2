"""What the park's operator does with listings. Each step tells the firm."""

from marketplace.catalog.access import can_moderate_listing
from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import held_licences, shown_by
from marketplace.catalog.services.listings import require_licences
from marketplace.catalog.services.reasons import keep_reason, needed_reason
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.search import changes


def _tell(event: str, listing: Listing, url: str, reason: str = "") -> None:
    params = {"title": listing.title, "reason": reason}
    notify(event=event, params=params, url=url, organisation_id=listing.firm_id)


def approve_listing(*, actor: Actor, listing: Listing, seen: int | None = None) -> Listing:
    """The operator lets a submitted listing be shown. Refused: a firm not approved, or licences no longer in force (条例 18).

    `seen` is the listing's `version` that the operator had before them: what was taken back, altered and handed in anew meanwhile is not
    approved unseen.
    """
    require(can_moderate_listing(actor, listing))
    if seen is not None and seen != listing.version:
        raise Conflict("state.changed", lazy("该记录刚刚被他人处理，请刷新页面查看最新状态"))
    if listing.firm.state != "approved":
        raise Conflict("listing.firm_not_approved", lazy("机构当前未处于已入驻状态，不能上架其服务"))
    require_licences(listing.category_code, listing.firm_id)
    listing.state_reason = ""
    listing.live_version = max(listing.live_version, 1)
    advance(listing, "approve", actor=actor, organisation_id=listing.firm_id)
    changes.touch("listing", [listing.id])
    _tell("listing.approved", listing, f"/services/{listing.id}")
    return listing


def return_listing(*, actor: Actor, listing: Listing, reason: str) -> Listing:
    """The operator sends a submitted listing back, saying what to correct. Refused: an empty reason."""
    require(can_moderate_listing(actor, listing))
    listing.state_reason = needed_reason(reason)
    advance(listing, "return", actor=actor, organisation_id=listing.firm_id)
    keep_reason(listing=listing, event="listing.returned", reason=listing.state_reason)
    _tell("listing.returned", listing, f"/firm/services/{listing.id}/edit", listing.state_reason)
    return listing


def suspend_listing(*, actor: Actor, listing: Listing, reason: str) -> Listing:
    """The operator takes a shown listing off the market for the time being (电子商务法 29). Refused: an empty reason."""
    require(can_moderate_listing(actor, listing))
    listing.state_reason = needed_reason(reason)
    advance(listing, "suspend", actor=actor, organisation_id=listing.firm_id)
    keep_reason(listing=listing, event="listing.suspended", reason=listing.state_reason)
    changes.touch("listing", [listing.id])
    _tell("listing.suspended", listing, f"/firm/services/{listing.id}", listing.state_reason)
    return listing


def restore_listing(*, actor: Actor, listing: Listing) -> Listing:
    """The operator shows a suspended listing again. Refused: licences no longer in force, or an import's grace that is over."""
    require(can_moderate_listing(actor, listing))
    if not shown_by(listing.category, held_licences(listing.firm_id), listing.source, listing.published_at):
        require_licences(listing.category_code, listing.firm_id)
    listing.state_reason = ""
    advance(listing, "restore", actor=actor, organisation_id=listing.firm_id)
    changes.touch("listing", [listing.id])
    _tell("listing.restored", listing, f"/services/{listing.id}")
    return listing
