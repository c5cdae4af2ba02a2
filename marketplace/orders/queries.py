"""Reading orders: one for its two sides, lists for each desk, what jobs must move, and the accepted milestones the indicators count."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalog.models import ListingCity
from marketplace.core import clock, regions, settings
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.tabular import Column
from marketplace.core.worklist import Queue, register_queue
from marketplace.orders.access import can_view_order, is_client_side
from marketplace.orders.models import Milestone, MilestoneFile, Order, OrderRemark
from marketplace.orders.rules import ResponseTime, median_minutes, working_minutes
from marketplace.orders.states import ACCEPTED_STATES, OPEN_STATES, OrderState
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import Blocker
from marketplace.payments.models import Payment

ORDER_COLUMNS = [
    Column("number", "订单号"), Column("state", "状态"), Column("title", "服务"), Column("client_name", "客户"),
    Column("firm_name", "机构"), Column("city", "服务城市", required=False), Column("quantity", "数量", "int"),
    Column("unit_price_fen", "单价（元）", "yuan"), Column("total_fen", "订单总额（元）", "yuan"),
    Column("commission_fen", "平台服务费（元）", "yuan"), Column("released_fen", "已结算（元）", "yuan"),
    Column("starts_on", "服务开始", "date"), Column("ends_on", "服务结束", "date"), Column("placed_at", "下单时间"),
    Column("completed_at", "完成时间", required=False),
]  # fmt: skip


def order_row(order: Order) -> dict[str, Any]:
    """One line of an exported order list: amounts in 分, times in Asia/Shanghai."""
    row = {c.key: getattr(order, c.key, None) for c in ORDER_COLUMNS}
    return row | {
        "state": str(order.state_label), "city": regions.label(order.city_code) if order.city_code else None,
        "placed_at": _moment(order.placed_at), "completed_at": _moment(order.completed_at),
    }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


def get_order(number: str, *, actor: Actor) -> Order:
    """One order by its number, for its two sides and the park's staff; for anybody else it does not exist (404).

    Until it is placed with the firm (a purchase that waits for approval, or never got it) only the client's own people see it.
    """
    order = db.session.scalar(
        select(Order).where(Order.number == number)
        .options(selectinload(Order.milestones).selectinload(Milestone.files).joinedload(MilestoneFile.file))
    )  # fmt: skip
    if (
        order is None
        or not can_view_order(actor, order)
        or (order.placed_at is None and not is_client_side(actor, order))
    ):
        raise NotFound("order.missing", lazy("订单不存在，或您无权查看"))
    return order


def get_milestone(number: str, position: int, *, actor: Actor) -> Milestone:
    """One milestone of an order one may see, by its place (1, 2, …)."""
    order = get_order(number, actor=actor)
    found = next((m for m in order.milestones if m.position == position), None)
    if found is None:
        raise NotFound("milestone.missing", lazy("里程碑不存在"))
    return found


def get_delivery_file(number: str, file_number: str, *, actor: Actor) -> Any:
    """A delivered file of an order one may see."""
    order = get_order(number, actor=actor)
    files = (f.file for m in order.milestones for f in m.files)
    found = next((f for f in files if f.number == file_number), None)
    if found is None:
        raise NotFound("file.missing", lazy("文件不存在，或您无权查看"))
    return found


def lock_order(order_id: int) -> Order:
    """The order and its milestones as they stand now, held against other writers until commit (PostgreSQL; SQLite has one writer)."""
    return db.session.scalars(
        select(Order).where(Order.id == order_id).options(selectinload(Order.milestones))
        .with_for_update(of=Order).execution_options(populate_existing=True)
    ).one()  # fmt: skip


def payment_of(order: Order) -> Payment:
    return db.session.get_one(Payment, order.payment_id)


def parties_of(client_id: int, firm_id: int) -> tuple[Organisation, Organisation]:
    """The client and the firm, in one statement."""
    rows = {o.id: o for o in db.session.scalars(select(Organisation).where(Organisation.id.in_((client_id, firm_id))))}
    return rows[client_id], rows[firm_id]


def listing_city_codes(listing_id: int) -> list[str]:
    """The cities a listing serves; empty when it names none."""
    return list(db.session.scalars(select(ListingCity.city_code).where(ListingCity.listing_id == listing_id)))


def _listed(actor: Actor, side: str) -> Select[Any]:
    """The orders of one side's desk: `client` and `firm` see their own, `operator` (staff) sees all; what was never placed with a firm
    is the client's alone."""
    query = select(Order).options(selectinload(Order.milestones))
    if side == "client":
        return query.where(Order.client_id == actor.client_id)
    query = query.where(Order.placed_at.is_not(None))
    if side == "firm":
        return query.where(Order.firm_id == actor.firm_id)
    return query


def _filtered(query: Select[Any], state: str | None, text: str, disputed: bool) -> Select[Any]:
    if state in set(OrderState):
        query = query.where(Order.state == state)
    if text:
        like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(Order.number == text.upper(), Order.title.like(like, escape="\\")))
    if disputed:
        query = query.where(Order.id.in_(select(Milestone.order_id).where(Milestone.state == "disputed")))
    return query.order_by(Order.placed_at.desc().nulls_first(), Order.id.desc())


def list_orders(
    actor: Actor, side: str, *, state: str | None = None, text: str = "", disputed: bool = False,
    page: int | None = 1, per_page: int | None = 20,
) -> Page[Order]:  # fmt: skip
    """A page of one side's orders, newest first, what was not placed yet before all; `text` is a number or part of a title."""
    return paginate(_filtered(_listed(actor, side), state, text.strip(), disputed), page, per_page)


def each_order(
    actor: Actor, side: str, *, state: str | None = None, text: str = "", disputed: bool = False
) -> Iterator[Order]:
    """The same orders without pages, for exports."""
    query = _filtered(_listed(actor, side), state, text.strip(), disputed)
    yield from db.session.scalars(query.execution_options(yield_per=500))


def count_by_state(actor: Actor, side: str) -> dict[str, int]:
    """How many of one side's orders stand in each state."""
    listed = _listed(actor, side).options().subquery()
    rows = db.session.execute(select(listed.c.state, func.count()).group_by(listed.c.state))
    return {row.state: row[1] for row in rows}


def count_disputes() -> int:
    """Milestones that wait for the operator's decision."""
    return db.session.scalar(select(func.count()).select_from(Milestone).where(Milestone.state == "disputed")) or 0


def find_settled_ids(limit: int = 500) -> list[int]:
    """Orders that wait for payment although it has settled."""
    query = (
        select(Order.id).join(Payment, Payment.id == Order.payment_id)
        .where(Order.state == OrderState.AWAITING_PAYMENT, Payment.state == "settled").order_by(Order.id).limit(limit)
    )  # fmt: skip
    return list(db.session.scalars(query))


def find_overdue_ids(state: OrderState, limit: int = 500) -> list[int]:
    """Orders whose waiting state has run out."""
    query = (
        select(Order.id).where(Order.state == state, Order.due_at <= clock.now()).order_by(Order.due_at).limit(limit)
    )
    return list(db.session.scalars(query))


def find_silently_accepted_ids(limit: int = 500) -> list[int]:
    """Delivered milestones on which the client kept silent until the day shown on the page."""
    query = (
        select(Milestone.id).where(Milestone.state == "delivered", Milestone.due_at <= clock.now())
        .order_by(Milestone.due_at).limit(limit)
    )  # fmt: skip
    return list(db.session.scalars(query))


def milestone_by_id(milestone_id: int) -> Milestone:
    return db.session.scalars(
        select(Milestone).where(Milestone.id == milestone_id).options(joinedload(Milestone.order))
    ).one()


def list_history(order: Order) -> list[dict[str, Any]]:
    """What happened to an order and its milestones, oldest first: event, moment, whose side, and the words that went with it."""
    milestones = {m.id: m for m in order.milestones}
    events = db.session.scalars(
        select(AuditEvent)
        .where(or_(
            (AuditEvent.noun == "order") & (AuditEvent.ref_id == order.id),
            (AuditEvent.noun == "milestone") & AuditEvent.ref_id.in_(milestones),
        ))
        .order_by(AuditEvent.id)
    ).all()  # fmt: skip
    words = {r.id: r.text for r in db.session.scalars(select(OrderRemark).where(OrderRemark.order_id == order.id))}
    return [
        {
            "event": e.event, "at": e.created_at, "actor": e.actor, "organisation_id": e.organisation_id,
            "milestone": milestones.get(e.ref_id or 0) if e.noun == "milestone" else None,
            "text": words.get(e.codes.get("remark", 0), ""), "codes": e.codes,
        }
        for e in events
    ]  # fmt: skip


def list_accepted_milestones(period: str, *, page: int | None = 1, per_page: int | None = 20) -> Page[Milestone]:
    """The milestones accepted in a month (`YYYY-MM`, Asia/Shanghai), newest first, with their orders: the indicators' platform rows."""
    query = (
        accepted_milestones().where(Milestone.accepted_period == period).options(joinedload(Milestone.order))
        .order_by(Milestone.accepted_at.desc(), Milestone.id.desc())
    )  # fmt: skip
    return paginate(query, page, per_page)


def accepted_milestones() -> Select[Any]:
    """Every accepted milestone joined with its order; the indicators narrow and group it."""
    return select(Milestone).join(Order, Order.id == Milestone.order_id).where(Milestone.state.in_(ACCEPTED_STATES))


def find_completed_between(since: datetime, until: datetime) -> list[Order]:
    """Orders completed in [since, until), for counts and reports."""
    query = select(Order).where(Order.completed_at >= since, Order.completed_at < until).order_by(Order.completed_at)
    return list(db.session.scalars(query))


def list_order_blockers(organisation_id: int) -> list[Blocker]:
    """What of orders must end before an organisation may leave: open orders of either side, and disputes."""
    sides = or_(Order.client_id == organisation_id, Order.firm_id == organisation_id)
    number = db.session.scalar(select(func.count()).select_from(Order).where(sides, Order.state.in_(OPEN_STATES))) or 0
    disputes = (
        db.session.scalar(
            select(func.count()).select_from(Milestone).join(Order).where(sides, Milestone.state == "disputed")
        )
        or 0
    )
    found = []
    if number:
        found.append(Blocker("orders.open", lazy("还有 %(n)s 个未完成的订单", n=number)))
    if disputes:
        found.append(Blocker("orders.disputed", lazy("还有 %(n)s 个争议待裁定", n=disputes)))
    return found


def response_times(firm_ids: Collection[int]) -> dict[int, ResponseTime]:
    """How fast each of these firms answers: over the orders placed with it in the days of the setting, the median working time until it
    confirmed or declined. An order that lapsed without an answer counts with the whole time it waited, since leaving it out would flatter;
    one that the client took back first does not count. One query; firms without such orders are missing."""
    since = clock.now() - timedelta(days=settings.get("orders.response_days"))
    opens, closes = settings.get("orders.work_opens"), settings.get("orders.work_closes")
    unanswered = and_(Order.confirmed_at.is_(None), Order.state.in_((OrderState.DECLINED, OrderState.EXPIRED)))
    rows: Any = db.session.execute(
        select(Order.firm_id, Order.placed_at, func.coalesce(Order.confirmed_at, Order.closed_at))
        .where(Order.firm_id.in_(firm_ids), Order.placed_at >= since, or_(Order.confirmed_at.is_not(None), unanswered))
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for firm_id, placed_at, answered_at in rows:
        found.setdefault(firm_id, []).append(working_minutes(placed_at, answered_at, opens, closes))
    workday = 60 * (closes - opens)
    return {one: ResponseTime(median_minutes(minutes), len(minutes), workday) for one, minutes in found.items()}


def count_clients_served(firm_ids: Collection[int]) -> dict[int, int]:
    """How many different clients have a completed order with each of these firms: one query."""
    rows = db.session.execute(
        select(Order.firm_id, func.count(Order.client_id.distinct()))
        .where(Order.firm_id.in_(firm_ids), Order.state == OrderState.COMPLETED)
        .group_by(Order.firm_id)
    )
    return {row[0]: row[1] for row in rows}


def _disputes() -> Select[Any]:
    return select(Milestone.delivered_at.label("since")).where(Milestone.state == "disputed")


register_queue(
    Queue(
        "disputes", lazy("争议裁定"), "chat-square-text", 9, ("operator",), ("service", "finance", "auditor"), "operator.list_orders",
        _disputes, {"disputed": "1"}, "desk.dispute_workdays",
    )
)  # fmt: skip
