"""Reads that look across domains: what the front page shows, what waits for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union_all

from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.rules import taxonomy
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.worklist import count_queues, queues_for
from marketplace.duties.queries import count_open_requests
from marketplace.notifications.models import Notification
from marketplace.orders.models import Milestone, Order
from marketplace.organisations.models import JoinRequest, Licence, Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.organisations.queries.identities import find_report_due
from marketplace.payments.models import BankEntry, MatchProposal
from marketplace.reviews.models import Review


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits: how many, since when, and where to deal with it."""

    label: str
    count: int
    oldest: datetime | None
    endpoint: str
    args: dict[str, str]


Source = tuple[Any, Select[Any], tuple[str, dict[str, str]]]


def listing_counts() -> dict[str, int]:
    """Published listings per top category, one grouped query."""
    rows = db.session.execute(
        select(Listing.category_code, func.count()).where(Listing.state == "published").group_by(Listing.category_code)
    )
    counts: dict[str, int] = {}
    for code, number in rows:
        top = taxonomy.category(code).top
        counts[top] = counts.get(top, 0) + number
    return counts


def list_featured_firms(limit: int = 8) -> list[Any]:
    """Firms in the park with the most published listings, each with its count; names break ties."""
    number = func.count(Listing.id).label("listings")
    query = (
        select(Organisation.id, Organisation.name, Organisation.short_name, number)
        .join(Listing, Listing.firm_id == Organisation.id)
        .where(
            Organisation.kind == "firm",
            Organisation.state == "approved",
            Organisation.in_park,
            Organisation.standing_since(earliest_due()),
            Listing.state == "published",
        )
        .group_by(Organisation.id)
        .order_by(number.desc(), Organisation.id)
        .limit(limit)
    )
    return list(db.session.execute(query))


def find_own_organisation(actor: Actor) -> Organisation | None:
    return db.session.get(Organisation, actor.organisation_id) if actor.organisation_id else None


def _count(entity: Any, moment: Any, *where: ColumnElement[bool]) -> Select[Any]:
    return select(func.count(), func.min(moment)).select_from(entity).where(*where)


def _firm(actor: Actor) -> list[Source]:
    firm = actor.firm_id
    mine = Order.firm_id == firm
    milestones = Milestone.order_id.in_(select(Order.id).where(mine, Order.state == "funded"))
    return [
        (
            lazy("待确认的订单"),
            _count(Order, Order.placed_at, mine, Order.state == "placed"),
            ("orders.list_firm", {"state": "placed"}),
        ),
        (
            lazy("待交付的里程碑"),
            _count(Milestone, Milestone.funded_at, milestones, Milestone.state.in_(("funded", "changes_requested"))),
            ("orders.list_firm", {"state": "funded"}),
        ),
        (
            lazy("被退回的服务"),
            _count(Listing, Listing.returned_at, Listing.firm_id == firm, Listing.state == "returned"),
            ("catalog.list_own", {"state": "returned"}),
        ),
        (
            lazy("被退回的服务修改"),
            select(func.count(), func.min(ListingChange.decided_at))
            .select_from(ListingChange)
            .join(Listing, Listing.id == ListingChange.listing_id)
            .where(Listing.firm_id == firm, ListingChange.state == "returned"),
            ("catalog.list_own", {"change": "returned"}),
        ),
        (
            lazy("被退回的资质"),
            _count(Licence, Licence.reviewed_at, Licence.organisation_id == firm, Licence.state == "returned"),
            ("organisations.firm_profile", {}),
        ),
    ]


def _client(actor: Actor) -> list[Source]:
    mine = Order.client_id == actor.client_id
    delivered = Milestone.order_id.in_(select(Order.id).where(mine, Order.state == "funded"))
    unreviewed = Order.id.not_in(select(Review.order_id))
    approvals: list[Source] = [
        (
            lazy("待审批的采购"),
            _count(
                Order, Order.requested_at, mine, Order.state == "awaiting_approval",
                or_(Order.placed_by_id.is_(None), Order.placed_by_id != actor.user_id),
            ),
            ("orders.list_client", {"state": "awaiting_approval"}),
        )
    ]  # fmt: skip
    return [
        *(approvals if actor.has_role(actor.client_id, "finance") else []),
        (
            lazy("待付款的订单"),
            _count(Order, Order.confirmed_at, mine, Order.state == "awaiting_payment"),
            ("orders.list_client", {"state": "awaiting_payment"}),
        ),
        (
            lazy("待验收的里程碑"),
            _count(Milestone, Milestone.delivered_at, delivered, Milestone.state == "delivered"),
            ("orders.list_client", {"state": "funded"}),
        ),
        (
            lazy("待评价的订单"),
            _count(Order, Order.completed_at, mine, Order.state == "completed", unreviewed),
            ("orders.list_client", {"state": "completed"}),
        ),
    ]


def _members(actor: Actor) -> list[Source]:
    """What the administrators of an organisation decide about its people."""
    asked = JoinRequest.organisation_id == actor.organisation_id
    return [
        (
            lazy("待处理的加入申请"),
            _count(JoinRequest, JoinRequest.created_at, asked, JoinRequest.state == "requested"),
            ("organisations.members", {}),
        )
    ]


def _finance(actor: Actor) -> list[Source]:
    return [
        (
            lazy("待认领的款项"),
            _count(BankEntry, BankEntry.created_at, BankEntry.state == "queued"),
            ("operator.list_credits", {}),
        ),
        (
            lazy("待复核的认领"),
            _count(
                MatchProposal,
                MatchProposal.created_at,
                MatchProposal.state == "proposed",
                MatchProposal.proposed_by_id != actor.user_id,
            ),
            ("operator.list_credits", {"state": "proposed"}),
        ),
    ]


def _desk(actor: Actor) -> list[Task]:
    """The desk's queues that this person works on."""
    worked = [queue for queue in queues_for(actor) if queue.is_worked_by(actor)]
    figures = count_queues() if worked else {}
    return [
        Task(str(queue.label), figures[queue.key].count, figures[queue.key].oldest, queue.endpoint, queue.args)
        for queue in worked
        if queue.key in figures and figures[queue.key].count
    ]


def count_waiting(actor: Actor) -> tuple[int, list[Task]]:
    """Unread messages, and what waits for this person, most pressing first, nothing that is empty: one statement for every person,
    and one for the desk's queues, which remember their figures."""
    sources: list[Source] = [
        ("", _count(Notification, Notification.created_at, Notification.user_id == actor.user_id, Notification.read_at.is_(None)), ("", {}))
    ]  # fmt: skip
    if actor.firm_id:
        sources += _firm(actor)
    if actor.client_id:
        sources += _client(actor)
    if actor.has_role(actor.organisation_id, "admin"):
        sources += _members(actor)
    if actor.is_staff("finance"):
        sources += _finance(actor)
    parts = [query.add_columns(literal(place)) for place, (_label, query, _target) in enumerate(sources)]
    found = {row[2]: (row[0], row[1]) for row in db.session.execute(union_all(*parts) if parts[1:] else parts[0])}
    tasks = _desk(actor)
    for place, (label, _query, (endpoint, args)) in enumerate(sources):
        number, oldest = found[place]
        if place and number:
            tasks.append(Task(str(label), number, oldest, endpoint, args))
    return found[0][0], tasks


def list_tasks(actor: Actor) -> list[Task]:
    """What waits for this person, and what the law asks of the park these days."""
    return count_waiting(actor)[1] + list_duties(actor)


def list_duties(actor: Actor) -> list[Task]:
    """What the law asks of the park these days: answers to people, the half-year report in January and July."""
    tasks = []
    if actor.is_staff("service", "operator"):
        number, oldest = count_open_requests()
        if number:
            tasks.append(Task(str(lazy("待答复的个人信息请求")), number, oldest, "operator.list_data_requests", {}))
    if actor.is_staff("operator", "bureau") and (half := find_report_due()):
        label = lazy("%(half)s身份信息待报送", half=half.label)
        tasks.append(Task(str(label), 1, half.end, "operator.list_identity_reports", {}))
    return tasks
