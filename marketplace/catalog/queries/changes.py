"""Changes of listings that are on line: the open one of a listing, the operator's queue, and the lock under which they are decided."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.catalog.access import can_see_unpublished_listing
from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.queries.listings import content_of, draft_of
from marketplace.catalog.queries.taxonomy import definition_of
from marketplace.catalog.rules.diffs import FieldChange, diff_contents
from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.taxonomy import category
from marketplace.catalog.states import OPEN_LISTING_CHANGES, ListingChangeState
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.worklist import Queue, register_queue
from marketplace.organisations.models import Organisation

MISSING = lazy("没有这份修改申请，或您无权查看")


def lock_listing(listing_id: int) -> Listing:
    """The listing, its firm and cities as they stand now, held against other writers until commit (PostgreSQL; SQLite has one writer)."""
    return db.session.scalars(
        select(Listing).where(Listing.id == listing_id).options(joinedload(Listing.firm), selectinload(Listing.cities))
        .with_for_update(of=Listing).execution_options(populate_existing=True)
    ).one()  # fmt: skip


def find_open_listing_change(listing_id: int) -> ListingChange | None:
    """The change of this listing that is being written, waits or was returned; a listing has one at the most."""
    return db.session.scalar(
        select(ListingChange)
        .where(ListingChange.listing_id == listing_id, ListingChange.state.in_(OPEN_LISTING_CHANGES))
        .execution_options(populate_existing=True)
    )


def get_open_listing_change(listing: Listing) -> ListingChange:
    """The open change of a listing that the caller has obtained already."""
    change = find_open_listing_change(listing.id)
    if change is None:
        raise NotFound("listing_change.none", MISSING)
    set_committed_value(change, "listing", listing)
    return change


def _loaded() -> Select[Any]:
    return (
        select(ListingChange)
        .join(ListingChange.listing)
        .join(Listing.firm)
        .options(
            contains_eager(ListingChange.listing).contains_eager(Listing.firm),
            contains_eager(ListingChange.listing).selectinload(Listing.cities),
        )
    )


def get_listing_change(change_id: int, *, actor: Actor) -> ListingChange:
    """A change for its firm's members and the staff; a firm's own draft, also one that was taken back, is nobody else's yet."""
    change = db.session.scalar(_loaded().where(ListingChange.id == change_id))
    if change is None or not can_see_unpublished_listing(actor, change.listing):
        raise NotFound("listing_change.not_found", MISSING)
    is_private = change.submitted_at is None or change.state == ListingChangeState.DRAFT
    if is_private and not actor.is_member(change.listing.firm_id):
        raise NotFound("listing_change.not_found", MISSING)
    return change


def open_changes_of(listing_ids: Collection[int]) -> dict[int, ListingChange]:
    """The open change of each of these listings that has one: one query."""
    if not listing_ids:
        return {}
    found = db.session.scalars(
        select(ListingChange).where(
            ListingChange.listing_id.in_(listing_ids), ListingChange.state.in_(OPEN_LISTING_CHANGES)
        )
    )
    return {change.listing_id: change for change in found}


def _queue(state: str, top: str, q: str) -> Select[Any]:
    query = _loaded().where(ListingChange.submitted_at.is_not(None), ListingChange.state != ListingChangeState.DRAFT)
    if state in set(ListingChangeState):
        query = query.where(ListingChange.state == state)
    if top:
        query = query.where(Listing.category_code.startswith(top, autoescape=True))
    if q.strip():
        query = query.where(
            or_(
                Listing.title.contains(q.strip(), autoescape=True),
                Organisation.name.contains(q.strip(), autoescape=True),
            )
        )
    return query.order_by(ListingChange.submitted_at, ListingChange.id)


def list_listing_changes(
    *, state: str = "submitted", top: str = "", q: str = "", page: int = 1, per_page: int = 20
) -> Page[ListingChange]:
    """The operator's queue, oldest first; an unknown state means every change that was ever handed in."""
    return paginate(_queue(state, top, q), page, per_page)


def each_listing_change(*, state: str = "submitted", top: str = "", q: str = "") -> Iterator[ListingChange]:
    """The whole queue under these filters, for a file."""
    return iter(db.session.scalars(_queue(state, top, q).execution_options(yield_per=500)))


def diff_of(change: ListingChange) -> list[FieldChange]:
    """What the change asks for, against what is on line now; of an approved one, what it changed when it went on line."""
    listing = change.listing
    asked = ListingDraft.from_json(change.content)
    if not change.number:
        written = definition_of(listing.category_code, listing.category_version)
        return diff_contents(draft_of(listing), asked, written, category(asked.category_code))
    old, before = content_of(listing, change.number - 1)
    after = content_of(listing, change.number)[1]
    return diff_contents(
        old, asked, definition_of(old.category_code, before), definition_of(asked.category_code, after)
    )


def _waiting() -> Select[Any]:
    return select(ListingChange.submitted_at.label("since")).where(ListingChange.state == ListingChangeState.SUBMITTED)


register_queue(
    Queue(
        "listing_changes", lazy("服务修改审核"), "file-diff", 8, ("operator", "reviewer"), ("service", "bureau", "auditor"),
        "operator.list_listing_changes", _waiting,
    )
)  # fmt: skip
