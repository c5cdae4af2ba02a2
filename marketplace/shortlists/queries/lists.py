"""Shortlists: those one may see, and the services of one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from marketplace.catalog.models import Listing
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.shortlists.access import can_edit_shortlist, can_view_shortlist
from marketplace.shortlists.models import Shortlist, ShortlistItem
from marketplace.shortlists.queries.kept import read_kept
from marketplace.shortlists.rules.keeping import Kept


@dataclass(frozen=True, slots=True)
class Summary:
    """How many services a list has, how many of them were updated since they were seen, and how many are no longer offered."""

    total: int = 0
    updated: int = 0
    gone: int = 0


def _mine(actor: Actor) -> ColumnElement[bool]:
    clients = [m.organisation_id for m in actor.memberships if m.kind == "client"]
    return or_(Shortlist.user_id == actor.user_id, Shortlist.organisation_id.in_(clients))


def get_shortlist(shortlist_id: int, *, actor: Actor) -> Shortlist:
    """A shortlist of one's own or of one's client; what belongs to others does not exist."""
    found = db.session.get(Shortlist, shortlist_id)
    if found is None or not can_view_shortlist(actor, found):
        raise NotFound("shortlist.not_found", lazy("备选清单不存在，或您无权查看"))
    return found


def _lists(actor: Actor, archived: bool, q: str) -> Select[Any]:
    query = select(Shortlist).where(
        _mine(actor), Shortlist.archived_at.is_not(None) if archived else Shortlist.archived_at.is_(None)
    )
    if q.strip():
        query = query.where(
            or_(
                Shortlist.name.contains(q.strip(), autoescape=True),
                Shortlist.purpose.contains(q.strip(), autoescape=True),
            )
        )
    return query.order_by(Shortlist.updated_at.desc(), Shortlist.id.desc())


def list_shortlists(
    actor: Actor, *, archived: bool = False, q: str = "", page: int = 1, per_page: int = 20
) -> tuple[Page[Shortlist], dict[int, Summary]]:
    """A page of the lists one may see, the latest change first, with a summary of each. Three statements."""
    found = paginate(_lists(actor, archived, q), page, per_page)
    return found, _summaries([one.id for one in found.items])


def each_shortlist(actor: Actor, *, archived: bool = False, q: str = "") -> list[tuple[Shortlist, Summary]]:
    """All lists of that choice with their summaries, for a file. Two statements."""
    found = list(db.session.scalars(_lists(actor, archived, q)))
    summaries = _summaries([one.id for one in found])
    return [(one, summaries.get(one.id, Summary())) for one in found]


def _summaries(ids: list[int]) -> dict[int, Summary]:
    if not ids:
        return {}
    item, shown = ShortlistItem, Listing.state == "published"
    differs = or_(
        Listing.live_version != item.seen_version, Listing.title != item.seen_title, Listing.pricing_model != item.seen_pricing_model,
        Listing.price_min_fen.is_distinct_from(item.seen_price_min_fen), Listing.price_max_fen.is_distinct_from(item.seen_price_max_fen),
        Listing.unit != item.seen_unit,
    )  # fmt: skip
    rows = db.session.execute(
        select(
            item.shortlist_id,
            func.count(),
            func.sum(case((shown & differs, 1), else_=0)),
            func.sum(case((shown, 0), else_=1)),
        )
        .join(Listing, Listing.id == item.listing_id)
        .where(item.shortlist_id.in_(ids))
        .group_by(item.shortlist_id)
    )
    return {one: Summary(total, int(updated), int(gone)) for one, total, updated, gone in rows}


def list_editable_shortlists(actor: Actor, limit: int = 200) -> list[Shortlist]:
    """The open lists to which one may add, the latest change first."""
    found = db.session.scalars(_lists(actor, False, "").limit(limit))
    return [one for one in found if can_edit_shortlist(actor, one)]


def shortlist_services(shortlist: Shortlist) -> list[Kept]:
    """Every service of a list, whether it is still shown or not. Their number is bounded by a setting."""
    return read_kept(ShortlistItem, ShortlistItem.shortlist_id == shortlist.id)


def find_item(shortlist: Shortlist, listing_id: int) -> ShortlistItem | None:
    """One service's place on a list."""
    return db.session.scalar(
        select(ShortlistItem).where(ShortlistItem.shortlist_id == shortlist.id, ShortlistItem.listing_id == listing_id)
    )
