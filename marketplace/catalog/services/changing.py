"""Changing what is on line: asked for by the firm, decided by the operator; until then the approved content stays and is what people
search, see and order (人力资源市场条例 29).

Every step holds the listing's row first, so that of two people who act at the same moment one sees what the other did.
"""

from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from marketplace.catalog.access import can_edit_listing, can_moderate_listing, can_withdraw_listing
from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.queries.changes import find_open_listing_change, lock_listing
from marketplace.catalog.queries.listings import draft_of
from marketplace.catalog.rules.diffs import normal
from marketplace.catalog.rules.draft import ListingDraft, find_problems
from marketplace.catalog.services.listings import (
    check_for_review,
    refuse,
    refuse_edited,
    refuse_twin,
    replace_content,
)
from marketplace.catalog.services.reasons import keep_reason, needed_reason
from marketplace.catalog.states import CHANGEABLE, ListingChangeState
from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.search import changes

OUTDATED = lazy("在线内容在此期间已更新，请在最新内容上重新修改后再提交")


def save_listing_change(
    *, actor: Actor, listing: Listing, draft: ListingDraft, base_version: int, seen: int | None = None
) -> ListingChange:
    """The firm writes down what a listing that is on line shall say from now on; nobody else sees it, and what is on line stays.

    `base_version` is the `live_version` that the person had before them, `seen` the change's `version`, 0 where there was none. Refused: a
    listing that never went on line or is gone; a change that waits for the operator (take it back first); one that a colleague wrote on
    since; a base that is no longer the live one; another category; nothing changed; ill-formed content; a title that the firm uses already.
    """
    require(can_edit_listing(actor, listing))
    listing = lock_listing(listing.id)
    _refuse_unchangeable(listing)
    change = find_open_listing_change(listing.id)
    if change is not None and change.state == ListingChangeState.SUBMITTED:
        raise Conflict("listing_change.waiting", lazy("修改正在审核，请先撤回再编辑"))
    refuse_edited(seen, change.version if change else 0)
    if base_version != listing.live_version:
        raise Conflict("listing_change.outdated", OUTDATED)
    if draft.category_code != listing.category_code:
        raise Invalid("listing.category_fixed", lazy("类目不能更改，请新建服务"), field="category_code")
    refuse(find_problems(draft))
    refuse_twin(draft, listing.firm_id, but=listing.id)
    wanted = normal(draft)
    if wanted == normal(draft_of(listing)):
        raise Invalid("listing_change.nothing", lazy("与在线内容没有任何差异，请修改后再保存"))
    if change is None:
        change = ListingChange(listing_id=listing.id, content={}, base_version=base_version)
        db.session.add(change)
    else:
        change.version += 1
    change.content, change.base_version, change.updated_at = wanted.as_json(), base_version, clock.now()
    db.session.flush()
    change.listing = listing
    audit.record("listing_change.saved", "listing_change", change.id, actor=actor, organisation_id=listing.firm_id)
    return change


def submit_listing_change(*, actor: Actor, change: ListingChange) -> ListingChange:
    """The firm hands its change to the operator. Refused as `submit_listing` refuses, and a change whose base is no longer on line."""
    require(can_edit_listing(actor, change.listing))
    listing = _hold(change)
    _refuse_unchangeable(listing)
    _refuse_outdated(listing, change)
    check_for_review(listing, ListingDraft.from_json(change.content))
    change.reason = ""
    advance(change, "submit", actor=actor, organisation_id=listing.firm_id)
    params = {"title": listing.title, "firm": listing.firm.name, "category": listing.category.name_zh}
    for role in ("operator", "reviewer"):
        notify(
            event="listing_change.submitted",
            params=params,
            url=f"/operator/listing-changes/{change.id}",
            staff_role=role,
        )
    return change


def take_back_listing_change(*, actor: Actor, change: ListingChange) -> ListingChange:
    """The firm takes a waiting change back to go on writing. Refused: one that is not waiting."""
    require(can_edit_listing(actor, change.listing))
    listing = _hold(change)
    advance(change, "take_back", actor=actor, organisation_id=listing.firm_id)
    return change


def cancel_listing_change(*, actor: Actor, change: ListingChange) -> ListingChange:
    """The firm gives a change up; what is on line stays. Refused: one that is decided."""
    require(can_withdraw_listing(actor, change.listing))
    listing = _hold(change)
    advance(change, "cancel", actor=actor, organisation_id=listing.firm_id)
    return change


def approve_listing_change(*, actor: Actor, change: ListingChange, seen: int) -> ListingChange:
    """The operator lets the new content take the place of the old, which is kept as an earlier version; search follows, the firm is told.

    `seen` is the change's `version` that the operator had before them: content that was taken back and handed in anew meanwhile is
    not approved unseen. Refused: a change that is not waiting; one whose base is no longer on line (to be renewed by the firm); a
    listing that was taken down; a firm not approved; licences no longer in force (条例 18); content that no longer passes the check.
    """
    require(can_moderate_listing(actor, change.listing))
    listing = _hold(change)
    _refuse_unseen(change, seen)
    _refuse_unchangeable(listing)
    _refuse_outdated(listing, change)
    draft = ListingDraft.from_json(change.content)
    check_for_review(listing, draft)
    change.reason, change.number = "", listing.live_version + 1
    advance(change, "approve", actor=actor, organisation_id=listing.firm_id, number=change.number)
    replace_content(listing=listing, draft=draft)
    changes.touch("listing", [listing.id])
    _tell("listing_change.approved", listing, f"/firm/services/{listing.id}")
    return change


def return_listing_change(*, actor: Actor, change: ListingChange, reason: str, seen: int) -> ListingChange:
    """The operator sends a change back, saying what to correct; what is on line stays. Refused: no reason; one that is not waiting."""
    require(can_moderate_listing(actor, change.listing))
    listing = _hold(change)
    _refuse_unseen(change, seen)
    change.reason = needed_reason(reason)
    advance(change, "return", actor=actor, organisation_id=listing.firm_id)
    keep_reason(listing=listing, event="listing_change.returned", reason=change.reason, change_id=change.id)
    _tell("listing_change.returned", listing, f"/firm/services/{listing.id}/change", change.reason)
    return change


@step
def drop_open_change(*, actor: Actor, listing: Listing) -> None:
    """A listing that is taken down takes its open change with it. Part of withdrawing; the listing's row is held already."""
    change = find_open_listing_change(listing.id)
    if change is not None:
        by = "firm" if actor.is_member(listing.firm_id) else "park"
        advance(change, "cancel", actor=actor, organisation_id=listing.firm_id, by=by)


def _hold(change: ListingChange) -> Listing:
    """The listing, held until commit, and the change as it stands now that nobody else can move it."""
    listing = lock_listing(change.listing_id)
    db.session.refresh(change)
    set_committed_value(change, "listing", listing)
    return listing


def _refuse_unchangeable(listing: Listing) -> None:
    if listing.state not in CHANGEABLE:
        raise Conflict("listing_change.not_live", lazy("该服务当前不在线，不能以修改申请更新内容"))


def _refuse_outdated(listing: Listing, change: ListingChange) -> None:
    if change.base_version != listing.live_version:
        raise Conflict("listing_change.outdated", OUTDATED)


def _refuse_unseen(change: ListingChange, seen: int) -> None:
    if change.version != seen:
        raise Conflict("state.changed", lazy("该记录刚刚被他人处理，请刷新页面查看最新状态"))


def _tell(event: str, listing: Listing, url: str, reason: str = "") -> None:
    params: dict[str, Any] = {"title": listing.title, "reason": reason}
    notify(event=event, params=params, url=url, organisation_id=listing.firm_id)
