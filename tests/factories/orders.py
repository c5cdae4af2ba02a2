"""Orders for tests, walked to the state asked for through the very services that people use."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing
from marketplace.core import clock
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db
from marketplace.orders.models import Milestone, Order
from marketplace.orders.queries import lock_order
from marketplace.orders.rules import MilestoneDraft
from marketplace.orders.services import (
    accept_milestone,
    cancel_order,
    confirm_order,
    decline_order,
    deliver_milestone,
    dispute_milestone,
    expire_order,
    fund_order,
    lapse_order,
    place_order,
    reject_order,
    request_changes,
    terminate_order,
)
from marketplace.organisations.models import Organisation
from marketplace.payments import ledger
from marketplace.payments.ledger import Transfer
from marketplace.payments.models import LedgerTransfer, Payment
from marketplace.payments.services import settle_payment
from tests.factories.accounts import make_staff, serial, writing
from tests.factories.catalog import make_listing
from tests.factories.organisations import actor_for, make_client, make_member
from tests.factories.payments import Bank, import_rows

OPERATOR = Actor(user_id=990_001, staff=frozenset({"operator"}))
UNIT_FEN = 5_000
UNPLACED = (
    "awaiting_approval",
    "unapproved",
)  # the client's own affair still; placed by a purchaser, everything else by its administrator


def terms(amounts: tuple[int, ...] = (30_000, 20_000), **changes: Any) -> dict[str, Any]:
    """Terms that are valid today: milestones of these amounts (分), which the quantity times 50 元 must add up to."""
    today = clock.today()
    values = {
        "quantity": sum(amounts) // UNIT_FEN, "unit_price_fen": UNIT_FEN, "starts_on": today, "ends_on": today + timedelta(days=90),
        "milestones": [MilestoneDraft(f"第 {n} 阶段", fen, today + timedelta(days=30)) for n, fen in enumerate(amounts, 1)],
        "city_code": None, "note": "",
    }  # fmt: skip
    return {**values, **changes}


def make_order(
    state: str = "placed", *, listing: Listing | None = None, client: Organisation | None = None,
    amounts: tuple[int, ...] = (30_000, 20_000), delivered: int = 0, **changes: Any,
) -> Order:  # fmt: skip
    """An order in any state, with milestones of these amounts (分); `delivered` of a funded one's milestones wait for acceptance."""
    with writing():
        client = client or make_client()
        listing = listing or make_listing(price_min_fen=100, price_max_fen=10_000_000)
        if state in UNPLACED:
            client.approval_above_fen = 0
            buyer = actor_of(make_member(client, "purchasing", name="采购员"))
            order = place_order(actor=buyer, listing=listing, **terms(amounts, **changes))
            return (
                reject_order(actor=actor_for(client), order=order, reason="预算不足")
                if state == "unapproved"
                else order
            )
        order = place_order(actor=actor_for(client), listing=listing, **terms(amounts, **changes))
        return walk(order, state, delivered)


def walk(order: Order, state: str, delivered: int = 0) -> Order:
    """Take a placed order to a state."""
    with writing():
        client, firm = side(order.client_id), side(order.firm_id)
        if state == "declined":
            decline_order(actor=firm, order=order, reason="档期已满")
        elif state == "lapsed":
            lapse_order(actor=SCHEDULER, order=order)
        elif state != "placed":
            confirm_order(actor=firm, order=order)
        if state == "cancelled":
            cancel_order(actor=client, order=order, reason="计划调整")
        elif state == "expired":
            expire_order(actor=SCHEDULER, order=order)
        elif state in ("funded", "completed", "terminated"):
            pay(order)
            fund_order(actor=SCHEDULER, order=order)
        if state == "terminated":
            terminate_order(actor=OPERATOR, order=order, reason="双方协商终止")
        for milestone in order.milestones[: len(order.milestones) if state == "completed" else delivered]:
            deliver(milestone)
            if state == "completed":
                accept_milestone(actor=client, milestone=milestone)
        db.session.flush()
        return order


def make_booked_order(*, delivered: int = 0, accepted: int = 0, **values: Any) -> Order:
    """An order funded through a bank statement, as in life, so that ledger.check() holds; its first milestones delivered or accepted."""
    with writing():
        order = make_order("awaiting_payment", **values)
        bank = Bank()
        bank.pay(db.session.get_one(Payment, order.payment_id))
        import_rows(bank)
        fund_order(actor=SCHEDULER, order=order)
        for milestone in order.milestones[: max(delivered, accepted)]:
            deliver(milestone)
            if milestone.position <= accepted:
                accept_milestone(actor=side(order.client_id), milestone=milestone)
        db.session.flush()
        return order


def side(organisation_id: int) -> Actor:
    """The actor of an organisation's administrator."""
    return actor_for(db.session.get_one(Organisation, organisation_id))


def pay(order: Order) -> Payment:
    """The exact amount arrives at the bank and settles the order's payment."""
    with writing():
        payment = db.session.get_one(Payment, order.payment_id)
        number = next(serial)
        ledger.post(
            key=f"test:in:{number}", kind="receive", transfers=[Transfer("bank", "suspense", payment.amount_fen)]
        )
        return settle_payment(
            actor=SCHEDULER, payment=payment, key=f"test:settle:{number}", credit_fen=payment.amount_fen
        )


def deliver(milestone: Milestone, people: int = 12, **changes: Any) -> Milestone:
    """The firm hands a milestone over today."""
    with writing():
        today: date = clock.today()
        values = {"people_served": people, "period_from": today, "period_to": today, "note": "已完成", **changes}
        return deliver_milestone(actor=side(milestone.order.firm_id), milestone=milestone, **values)


def make_milestone(state: str) -> Milestone:
    """The first milestone of an order with two, in any state that can be kept."""
    orders = {"planned": "placed", "cancelled": "cancelled", "released": "completed"}
    delivered = state in ("delivered", "changes_requested", "disputed")
    with writing():
        order = make_order(orders.get(state, "funded"), delivered=1 if delivered else 0)
        milestone = order.milestones[0]
        client = side(order.client_id)
        if state == "changes_requested":
            request_changes(actor=client, milestone=milestone, reason="缺少名单")
        elif state == "disputed":
            dispute_milestone(actor=client, milestone=milestone, reason="与约定不符")
        db.session.flush()
        return milestone


def make_operator() -> Any:
    """A person of the park's operating staff."""
    return make_staff("operator")


def reread(order: Order) -> Order:
    """The order as the database has it now."""
    return lock_order(order.id)


def count_transfers() -> int:
    """How many movements of money the ledger holds."""
    return db.session.scalar(select(func.count()).select_from(LedgerTransfer)) or 0
