"""An order's life through its services: what each step does, what it refuses, and that a refusal changes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing
from marketplace.core import settings
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, ServiceError
from marketplace.notifications.models import Notification
from marketplace.orders import jobs, services
from marketplace.orders.models import Milestone, Order
from marketplace.orders.queries import (
    get_delivery_file,
    get_order,
    list_accepted_milestones,
    list_history,
    list_orders,
    payment_of,
)  # fmt: skip
from marketplace.orders.rules import MilestoneDraft
from marketplace.orders.states import MILESTONE_PROCESS, ORDER_PROCESS, MilestoneState, OrderState
from marketplace.organisations.models import Organisation
from marketplace.payments.ledger import balance
from tests.factories.catalog import make_listing
from tests.factories.orders import (
    OPERATOR,
    count_transfers,
    deliver,
    make_milestone,
    make_order,
    pay,
    reread,
    side,
    terms,
)  # fmt: skip
from tests.factories.organisations import actor_for, make_client, make_firm, make_member

ORDER_STATES = [
    "awaiting_approval", "unapproved", "placed", "awaiting_payment", "funded", "completed", "declined", "cancelled", "expired", "terminated",
]  # fmt: skip
KEPT = ["planned", "funded", "delivered", "changes_requested", "disputed", "released", "cancelled"]


def place(**changes):
    client = make_client()
    listing = make_listing(price_min_fen=5_000, price_max_fen=8_000)
    with transaction():
        return services.place_order(actor=actor_for(client), listing=listing, **terms(**changes))


# --- placing -----------------------------------------------------------------------------------------------------------


def test_an_order_copies_listing_parties_and_commission_rate(app):
    client, firm = make_client(name="甲方制造有限公司"), make_firm(name="乙方人力资源有限公司")
    listing = make_listing(firm=firm, price_min_fen=5_000, price_max_fen=8_000)
    with transaction():
        order = services.place_order(actor=actor_for(client), listing=listing, **terms())
    with transaction():
        listing = db.session.get_one(Listing, listing.id)
        title = listing.title
        listing.title, listing.price_min_fen = "改了名字", 7_000
        db.session.get_one(Organisation, firm.id).name = "改名后的机构"
    order = reread(order)
    assert order.title == order.terms["listing"]["title"] == title
    assert order.terms["listing"]["price_min_fen"] == 5_000
    assert (order.client_name, order.firm_name) == ("甲方制造有限公司", "乙方人力资源有限公司")
    assert order.terms["client"]["uscc"] == client.uscc
    assert (order.state, order.total_fen, order.commission_bps) == ("placed", 50_000, 300)
    assert [m.commission_fen for m in order.milestones] == [900, 600]


def test_a_later_commission_rate_does_not_touch_orders_already_placed(app):
    order = place()
    admin = Actor(user_id=None, system="cli")
    with transaction():
        settings.change_setting(
            actor=admin,
            key="orders.commission_bps",
            value=1000,
            effective_on=order.placed_at.date() + timedelta(days=1),
            reason="调整",
        )
    assert reread(order).commission_bps == 300


def test_no_payment_is_due_before_the_firm_has_confirmed(app):
    assert place().payment_id is None


@pytest.mark.parametrize("fen", [4_999, 8_001])
def test_a_price_outside_the_published_range_is_refused(app, fen):
    with pytest.raises(Invalid) as refused:
        place(unit_price_fen=fen)
    assert refused.value.field == "unit_price"
    assert db.session.scalar(select(func.count()).select_from(Order)) == 0


def test_milestones_must_add_up_to_the_fen(app):
    with pytest.raises(Invalid) as refused:
        place(milestones=[MilestoneDraft("全部", 49_999)])
    assert refused.value.code == "order.milestone_sum"


def test_a_city_the_service_does_not_cover_is_refused(app):
    with pytest.raises(Invalid) as refused:
        place(city_code="110000")
    assert refused.value.field == "city_code"


def test_a_listing_that_is_no_longer_offered_cannot_be_ordered(app):
    listing = make_listing()
    listing.__dict__["state"] = "suspended"
    with pytest.raises(Conflict):
        services.check_order(actor=actor_for(make_client()), listing=listing, **terms())


def test_an_unverified_client_cannot_order(app):
    client = make_client(state="draft")
    with pytest.raises(AccessDenied), transaction():
        services.place_order(actor=actor_for(client), listing=make_listing(), **terms())


def test_the_firm_is_told_of_a_new_order(app):
    order = place()
    told = db.session.scalars(select(Notification).where(Notification.event == "order.placed")).all()
    assert [(n.url, n.params["number"]) for n in told] == [(f"/orders/{order.number}", order.number)]


# --- confirming, paying, ending ------------------------------------------------------------------------------------------


def test_confirming_opens_a_payment_of_the_exact_total(app):
    order = make_order("awaiting_payment")
    payment = payment_of(order)
    assert (payment.amount_fen, payment.state) == (order.total_fen, "awaiting")
    assert (payment.payer_organisation_id, payment.payee_organisation_id) == (order.client_id, order.firm_id)


def test_a_settled_payment_funds_the_order_once_however_often_it_is_swept(app):
    order = make_order("awaiting_payment")
    pay(order)
    assert jobs.fund_settled_orders() == 1
    assert jobs.fund_settled_orders() == 0
    order = reread(order)
    assert order.state == "funded"
    assert {m.state for m in order.milestones} == {"funded"}
    assert db.session.get_one(Listing, order.listing_id).order_count == 1


def test_an_unpaid_order_is_not_funded(app):
    order = make_order("awaiting_payment")
    assert jobs.fund_settled_orders() == 0
    with pytest.raises(Conflict), transaction():
        services.fund_order(actor=SCHEDULER, order=order)


def test_cancelling_closes_the_payment_so_that_late_money_waits_for_finance(app):
    order = make_order("cancelled")
    assert payment_of(order).state == "cancelled"
    with pytest.raises(Conflict):
        pay(order)
    assert reread(order).state == "cancelled"


def test_an_order_whose_money_has_arrived_cannot_be_cancelled_or_expired(app):
    order = make_order("awaiting_payment")
    pay(order)
    for end in (
        lambda: services.cancel_order(actor=side(order.client_id), order=order, reason="不要了"),
        lambda: services.expire_order(actor=SCHEDULER, order=order),
    ):
        with pytest.raises(Conflict), transaction():
            end()
        assert reread(order).state == "awaiting_payment"
    jobs.close_overdue_orders()
    assert reread(order).state == "funded"


@pytest.mark.parametrize(("state", "days", "after"), [("placed", 5, "expired"), ("awaiting_payment", 15, "expired")])
def test_an_order_nobody_moves_closes_after_its_days(app, clock, state, days, after):
    order = make_order(state)
    clock.advance(days=days, seconds=-1)
    jobs.close_overdue_orders()
    assert reread(order).state == state
    clock.advance(seconds=1)
    jobs.close_overdue_orders()
    order = reread(order)
    assert (order.state, {m.state for m in order.milestones}, order.due_at) == (after, {"cancelled"}, None)


def test_terminating_returns_what_was_not_released_to_the_clients_credit(app):
    order = make_order("funded", delivered=1)
    with transaction():
        services.accept_milestone(actor=side(order.client_id), milestone=order.milestones[0])
    with transaction():
        services.terminate_order(actor=OPERATOR, order=order, reason="双方协商")
    order = reread(order)
    assert [m.state for m in order.milestones] == ["released", "cancelled"]
    assert order.returned_fen == 20_000
    assert balance(f"buyer:{order.client_id}:credit") == 20_000
    assert balance(f"escrow:{order.payment_id}") == 0
    assert balance(f"firm:{order.firm_id}:payable") == 29_100


@pytest.mark.parametrize("reason", ["", "   ", "长" * 2001])
def test_a_no_without_a_proper_reason_is_refused(app, reason):
    order = make_order("placed")
    with pytest.raises(Invalid), transaction():
        services.decline_order(actor=side(order.firm_id), order=order, reason=reason)
    assert reread(order).state == "placed"


# --- delivering and accepting ----------------------------------------------------------------------------------------------


def test_acceptance_releases_firm_share_and_commission_to_the_fen(app):
    order = make_order("funded", amounts=(33_335, 16_665), delivered=1)
    with transaction():
        services.accept_milestone(actor=side(order.client_id), milestone=order.milestones[0])
    assert balance("commission") == 33_335 * 300 // 10_000
    assert balance(f"firm:{order.firm_id}:payable") == 33_335 - 33_335 * 300 // 10_000
    assert balance(f"escrow:{order.payment_id}") == 16_665
    assert reread(order).state == "funded"


def test_the_last_acceptance_completes_the_order(app):
    order = make_order("completed")
    assert order.state == "completed" and order.completed_at is not None
    assert balance(f"escrow:{order.payment_id}") == 0
    assert balance("commission") + balance(f"firm:{order.firm_id}:payable") == order.total_fen


def test_accepting_twice_moves_the_money_once(app):
    milestone = make_milestone("delivered")
    client = side(milestone.order.client_id)
    with transaction():
        services.accept_milestone(actor=client, milestone=milestone)
    moved = count_transfers()
    with pytest.raises(Conflict), transaction():
        services.accept_milestone(actor=client, milestone=milestone)
    assert count_transfers() == moved


def test_silence_for_the_days_shown_counts_as_acceptance(app, clock):
    milestone = make_milestone("delivered")
    clock.advance(days=10, seconds=-1)
    assert jobs.accept_silent_deliveries() == 0
    clock.advance(seconds=1)
    assert jobs.accept_silent_deliveries() == 1
    assert db.session.get_one(Milestone, milestone.id, populate_existing=True).state == "released"


@pytest.mark.parametrize("state", ["changes_requested", "disputed"])
def test_a_delivery_that_was_answered_is_never_accepted_by_silence(app, clock, state):
    make_milestone(state)
    clock.advance(days=365)
    assert jobs.accept_silent_deliveries() == 0


def test_a_delivery_sent_back_is_delivered_again_and_the_clock_starts_anew(app, clock):
    milestone = make_milestone("changes_requested")
    clock.advance(days=9)
    deliver(milestone)
    milestone = db.session.get_one(Milestone, milestone.id, populate_existing=True)
    assert (milestone.state, milestone.delivery_count) == ("delivered", 2)
    assert milestone.due_at == clock.now + timedelta(days=10)


@pytest.mark.parametrize(("accept", "after"), [(True, "released"), (False, "funded")])
def test_the_operator_decides_a_dispute_either_way(app, accept, after):
    milestone = make_milestone("disputed")
    with transaction():
        services.resolve_dispute(actor=OPERATOR, milestone=milestone, accept=accept, reason="核对材料后认定")
    assert db.session.get_one(Milestone, milestone.id, populate_existing=True).state == after


def test_an_acceptance_is_counted_in_the_month_it_happened_in_shanghai(app, clock):
    clock.set("2026-11-30 23:59:59")
    milestone = make_milestone("delivered")
    clock.set("2026-12-01 00:00:01")
    with transaction():
        services.accept_milestone(actor=side(milestone.order.client_id), milestone=milestone)
    assert list_accepted_milestones("2026-11").total == 0
    [counted] = list_accepted_milestones("2026-12").items
    assert (counted.id, counted.people_served, counted.order.client_id) == (milestone.id, 12, milestone.order.client_id)


# --- the process tables, walked ----------------------------------------------------------------------------------------------


# Completing is a part of accepting, placing a part of `place_order`.
STEPS = [a for a in ORDER_PROCESS.actions if a.name not in ("complete", "place")]


def make_approver(order):
    return actor_of(make_member(db.session.get_one(Organisation, order.client_id), "finance"))


def order_step(name, order):
    """How a person or the system takes this step."""
    firm, client = side(order.firm_id), side(order.client_id)
    approver = client if order.placed_by_id != client.user_id else make_approver(order)
    return {
        "approve": lambda: services.approve_order(actor=approver, order=order),
        "reject": lambda: services.reject_order(actor=approver, order=order, reason="预算不足"),
        "withdraw": lambda: services.withdraw_order(actor=client, order=order, reason="暂缓"),
        "lapse_approval": lambda: services.lapse_approval(actor=SCHEDULER, order=order),
        "confirm": lambda: services.confirm_order(actor=firm, order=order),
        "decline": lambda: services.decline_order(actor=firm, order=order, reason="档期已满"),
        "cancel": lambda: services.cancel_order(actor=client, order=order, reason="计划调整"),
        "lapse": lambda: services.lapse_order(actor=SCHEDULER, order=order),
        "expire": lambda: services.expire_order(actor=SCHEDULER, order=order),
        "fund": lambda: services.fund_order(actor=SCHEDULER, order=order),
        "terminate": lambda: services.terminate_order(actor=OPERATOR, order=order, reason="协商终止"),
    }[name]


def milestone_step(name, milestone):
    order = milestone.order
    firm, client = side(order.firm_id), side(order.client_id)
    return {
        "deliver": lambda: deliver(milestone),
        "request_changes": lambda: services.request_changes(actor=client, milestone=milestone, reason="缺少名单"),
        "accept": lambda: services.accept_milestone(actor=client, milestone=milestone),
        "dispute": lambda: services.dispute_milestone(actor=firm, milestone=milestone, reason="要求不合理"),
        "resolve_accept": lambda: services.resolve_dispute(
            actor=OPERATOR, milestone=milestone, accept=True, reason="认定"
        ),
        "resolve_redeliver": lambda: services.resolve_dispute(
            actor=OPERATOR, milestone=milestone, accept=False, reason="认定"
        ),
    }[name]


def footprint(order):
    """Everything that a refused step must leave as it was."""
    order = reread(order)
    events = db.session.scalar(select(func.count()).select_from(AuditEvent))
    notes = db.session.scalar(select(func.count()).select_from(Notification))
    rows = [(m.state, m.version, m.delivery_count, m.due_at) for m in order.milestones]
    return order.state, order.version, order.due_at, order.returned_fen, rows, events, notes, count_transfers()


@pytest.mark.parametrize("action", STEPS, ids=lambda a: a.name)
@pytest.mark.parametrize("state", ORDER_STATES)
def test_each_step_of_an_order_is_allowed_once_where_its_table_says_and_nowhere_else(app, state, action):
    order = make_order(state)
    if action.name == "fund" and state == "awaiting_payment":
        pay(order)
    step = order_step(action.name, order)
    if state in action.sources:
        with transaction():
            step()
        assert reread(order).state == action.target
    before = footprint(order)
    with pytest.raises(ServiceError), transaction():
        step()
    assert footprint(order) == before


WALKED = [a for a in MILESTONE_PROCESS.actions if a.name not in ("fund", "release", "cancel")]


@pytest.mark.parametrize("action", WALKED, ids=lambda a: a.name)
@pytest.mark.parametrize("state", KEPT)
def test_each_step_of_a_milestone_is_allowed_once_where_its_table_says_and_nowhere_else(app, state, action):
    milestone = make_milestone(state)
    step = milestone_step(action.name, milestone)
    if state in action.sources:
        with transaction():
            step()
        after = db.session.get_one(Milestone, milestone.id, populate_existing=True).state
        assert after == ("released" if action.target == "accepted" else action.target)
    before = footprint(milestone.order)
    with pytest.raises(ServiceError), transaction():
        step()
    assert footprint(milestone.order) == before


def test_every_state_is_walked():
    assert set(ORDER_STATES) == set(OrderState)
    assert set(KEPT) | {"accepted"} == set(MilestoneState)


# --- seeing --------------------------------------------------------------------------------------------------------------


def test_others_do_not_learn_that_an_order_exists(app):
    order = make_order()
    for stranger in (actor_for(make_client()), actor_for(make_firm()), Actor(user_id=5, staff=frozenset({"bureau"}))):
        with pytest.raises(ServiceError) as refused:
            get_order(order.number, actor=stranger)
        assert refused.value.status == 404


def test_each_side_lists_its_own_orders_only(app):
    mine, other = make_order(), make_order()
    client, firm = side(mine.client_id), side(mine.firm_id)
    assert [o.id for o in list_orders(client, "client").items] == [mine.id]
    assert [o.id for o in list_orders(firm, "firm").items] == [mine.id]
    assert {o.id for o in list_orders(OPERATOR, "operator").items} >= {mine.id, other.id}


def test_an_order_is_found_by_number_by_part_of_its_title_and_by_state(app):
    order = make_order("awaiting_payment")
    client = side(order.client_id)
    for wanted in ({"text": order.number.lower()}, {"text": order.title[1:3]}, {"state": "awaiting_payment"}):
        assert [o.id for o in list_orders(client, "client", **wanted).items] == [order.id]
    for unwanted in ({"text": "%"}, {"text": "没有这样的服务"}, {"state": "funded"}):
        assert list_orders(client, "client", **unwanted).total == 0


def test_the_history_says_what_happened_with_the_words_that_went_with_it(app):
    order = make_order("declined")
    history = list_history(order)
    assert [h["event"] for h in history if h["event"].startswith("order.")] == ["order.placed", "order.declined"]
    assert next(h["text"] for h in history if h["event"] == "order.declined") == "档期已满"


def test_audit_rows_hold_no_words_of_people(app):
    make_order("declined")
    codes = db.session.scalars(select(AuditEvent.codes)).all()
    assert not any("档期已满" in str(row) for row in codes)


def test_a_file_of_another_order_is_not_served(app):
    order = make_order()
    with pytest.raises(ServiceError) as refused:
        get_delivery_file(order.number, "NOSUCHFILE", actor=side(order.client_id))
    assert refused.value.status == 404
