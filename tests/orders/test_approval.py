"""Purchases above the client's limit: a second person decides before any firm, indicator or member of the park hears of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing
from marketplace.catalog.services import suspend_listing
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, NotFound
from marketplace.kpi.queries.facts import order_counts
from marketplace.notifications.models import Notification
from marketplace.orders import jobs, services
from marketplace.orders.models import Order
from marketplace.orders.queries import count_by_state, get_order, list_orders
from marketplace.orders.rules import needs_approval
from marketplace.organisations.models import Organisation
from marketplace.organisations.services import suspend_organisation
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.orders import OPERATOR, make_order, reread, side, terms
from tests.factories.organisations import actor_for, admin_of, make_client, make_firm, make_member

LIMIT = 500_00


@given(st.integers(1, 10**12), st.none() | st.integers(0, 10**12), st.sampled_from(["admin", "purchasing"]))
def test_a_purchase_waits_exactly_when_a_purchaser_exceeds_the_limit(total: int, limit: int | None, role: str) -> None:
    waits = limit is not None and role == "purchasing" and total > limit
    assert needs_approval(total, limit, role) is waits


def limited(limit_fen: int | None = LIMIT) -> Organisation:
    client = make_client()
    with transaction():
        db.session.get_one(Organisation, client.id).approval_above_fen = limit_fen
    return client


def place(
    client: Organisation, actor: Actor, amounts: tuple[int, ...] = (30_000, 20_000), listing: Listing | None = None
) -> Order:
    listing = listing or make_listing(price_min_fen=100, price_max_fen=10_000_000)
    with transaction():
        return services.place_order(actor=actor, listing=listing, **terms(amounts))


def told(event: str) -> set[int]:
    db.session.rollback()
    return set(db.session.scalars(select(Notification.user_id).where(Notification.event == event)))


@pytest.mark.parametrize(
    ("amounts", "role", "state"),
    [
        ((30_000, 20_000), "purchasing", "placed"), ((30_000, 25_000), "purchasing", "awaiting_approval"),
        ((30_000, 25_000), "admin", "placed"),
    ],
    ids=["at the limit", "above", "an administrator's"],
)  # fmt: skip
def test_only_a_purchasers_order_above_the_limit_waits(
    app: Any, amounts: tuple[int, ...], role: str, state: str
) -> None:
    client = limited()
    order = place(client, actor_of(make_member(client, role)), amounts)
    assert order.state == state
    assert (order.placed_at is None) == (order.requested_at is not None) == (state == "awaiting_approval")


def test_a_client_without_a_limit_asks_for_no_approval(app: Any) -> None:
    client = limited(None)
    assert place(client, actor_of(make_member(client, "purchasing")), (1_000_000_00,)).state == "placed"


def test_those_who_may_decide_are_told_and_the_firm_is_not(app: Any) -> None:
    order = make_order("awaiting_approval")
    client = db.session.get_one(Organisation, order.client_id)
    assert told("order.approval_requested") == {admin_of(client).id}
    assert told("order.placed") == set()


def test_until_it_is_approved_only_the_clients_people_see_it(app: Any) -> None:
    for state in ("awaiting_approval", "unapproved"):
        order = make_order(state)
        firm, client = side(order.firm_id), side(order.client_id)
        for other in (firm, OPERATOR, Actor(user_id=5, staff=frozenset({"auditor"})), actor_for(make_client())):
            with pytest.raises(NotFound):
                get_order(order.number, actor=other)
        assert get_order(order.number, actor=client).id == order.id
        assert list_orders(firm, "firm").total == 0 and count_by_state(firm, "firm") == {}
        assert order.id not in {o.id for o in list_orders(OPERATOR, "operator").items}
        assert order.id in {o.id for o in list_orders(client, "client", state=state).items}
        assert count_by_state(client, "client") == {state: 1}


def test_no_indicator_counts_it_before_it_is_placed(app: Any, clock: Any) -> None:
    clock.set("2026-10-31 12:00")
    make_order("unapproved")
    order = make_order("awaiting_approval")
    assert order_counts(["2026-10"])["2026-10"]["placed"] == 0
    clock.set("2026-11-01 12:00")
    with transaction():
        services.approve_order(actor=side(order.client_id), order=order)
    counts = order_counts(["2026-10", "2026-11"])
    assert (counts["2026-10"]["placed"], counts["2026-11"]["placed"]) == (0, 1)


def test_approval_puts_it_before_the_firm_whose_days_begin_then(app: Any, clock: Any) -> None:
    order = make_order("awaiting_approval")
    clock.advance(days=3)
    approver = side(order.client_id)
    with transaction():
        services.approve_order(actor=approver, order=order)
    order = reread(order)
    assert (order.state, order.placed_at, order.approved_at, order.approved_by_id) == (
        "placed",
        clock.now,
        clock.now,
        approver.user_id,
    )
    assert order.due_at is not None and (order.due_at - clock.now).days == 5
    assert told("order.placed") == {side(order.firm_id).user_id}
    assert told("order.approved") == {order.placed_by_id}
    assert get_order(order.number, actor=side(order.firm_id)).id == order.id
    with transaction():
        services.confirm_order(actor=side(order.firm_id), order=order)


def test_nobody_approves_their_own_purchase_not_even_past_the_code(app: Any) -> None:
    order = make_order("awaiting_approval")
    with transaction():
        db.session.execute(text("UPDATE organisation_member SET role = 'admin'"))  # the purchaser has risen since
    own = Actor(user_id=order.placed_by_id, memberships=side(order.client_id).memberships)
    for attempt in (
        lambda: services.approve_order(actor=own, order=order),
        lambda: services.reject_order(actor=own, order=order, reason="x"),
    ):
        with pytest.raises(AccessDenied), transaction():
            attempt()
    with pytest.raises(Conflict), transaction():
        db.session.execute(text("UPDATE purchase_order SET approved_by_id = placed_by_id"))


@pytest.mark.parametrize("role", ["business", "purchasing", "viewer"])
def test_other_roles_approve_nothing(app: Any, role: str) -> None:
    order = make_order("awaiting_approval")
    colleague = actor_of(make_member(db.session.get_one(Organisation, order.client_id), role))
    for other in (colleague, side(order.firm_id), OPERATOR, actor_for(make_client())):
        with pytest.raises(AccessDenied), transaction():
            services.approve_order(actor=other, order=order)


def test_a_refusal_tells_who_submitted_it_and_nobody_else(app: Any) -> None:
    order = make_order("awaiting_approval")
    with transaction():
        services.reject_order(actor=side(order.client_id), order=order, reason="预算不足")
    order = reread(order)
    assert (order.state, order.placed_at, order.due_at) == ("unapproved", None, None)
    assert {m.state for m in order.milestones} == {"cancelled"}
    assert told("order.rejected") == {order.placed_by_id} and told("order.placed") == set()


def test_what_nobody_decides_lapses_after_its_days(app: Any, clock: Any) -> None:
    order = make_order("awaiting_approval")
    clock.advance(days=7, seconds=-1)
    jobs.close_overdue_orders()
    assert reread(order).state == "awaiting_approval"
    clock.advance(seconds=1)
    jobs.close_overdue_orders()
    assert reread(order).state == "unapproved"
    assert told("order.approval_lapsed") == {order.placed_by_id, side(order.client_id).user_id}
    with pytest.raises(AccessDenied), transaction():
        services.lapse_approval(actor=side(order.client_id), order=order)


def test_the_purchaser_takes_it_back(app: Any) -> None:
    order = make_order("awaiting_approval")
    buyer = Actor(user_id=order.placed_by_id, memberships=side(order.client_id).memberships)
    with transaction():
        services.withdraw_order(actor=buyer, order=order, reason="暂缓")
    assert reread(order).state == "unapproved"
    with pytest.raises(Conflict), transaction():
        services.withdraw_order(actor=buyer, order=order, reason="再次")


def test_a_service_no_longer_offered_and_a_suspended_client_are_not_approved(app: Any) -> None:
    order = make_order("awaiting_approval")
    with transaction():
        suspend_listing(actor=operator_actor(), listing=db.session.get_one(Listing, order.listing_id), reason="核查")
    with pytest.raises(Conflict, match="listing_gone"), transaction():
        services.approve_order(actor=side(order.client_id), order=order)
    order = make_order("awaiting_approval")
    with transaction():
        client = db.session.get_one(Organisation, order.client_id)
        suspend_organisation(actor=OPERATOR, organisation=client, reason="核查")
    with pytest.raises(Conflict, match="client_not_approved"), transaction():
        services.approve_order(actor=side(order.client_id), order=order)
    assert reread(order).state == "awaiting_approval"


def test_a_later_limit_does_not_touch_what_was_placed(app: Any) -> None:
    client = limited()
    buyer = actor_of(make_member(client, "purchasing"))
    first, second = place(client, buyer, (60_000,)), place(client, buyer, (40_000,))
    with transaction():
        db.session.get_one(Organisation, client.id).approval_above_fen = None
    assert (reread(first).state, reread(second).state) == ("awaiting_approval", "placed")


# --- the pages ---------------------------------------------------------------------------------------------------------------


def test_the_check_page_says_that_it_will_wait_and_the_order_page_offers_what_one_may(
    app: Any, clock: Any, sign_in: Any
) -> None:
    client = limited()
    purchaser, finance = make_member(client, "purchasing"), make_member(client, "finance")
    listing = make_listing(price_min_fen=20_00, price_max_fen=80_00)
    buyer = sign_in(purchaser)
    form = {
        "quantity": "20", "unit_price": "50", "starts_on": "2026-12-01", "ends_on": "2026-12-31", "city_code": "310000",
        "milestones-0-title": "首月服务", "step": "check",
    }  # fmt: skip
    address = f"/services/{listing.id}/order"
    assert "需要内部审批" in buyer.post(address, data=form).text
    assert "需要内部审批" not in buyer.post(address, data={**form, "quantity": "10"}).text
    placed = buyer.post(address, data={**form, "step": "place", "agree": "y"}, follow_redirects=True)
    assert "等待本单位管理员或财务审批" in placed.text and "批准采购" not in placed.text and "撤回采购" in placed.text
    page = placed.request.path
    approver = sign_in(finance)
    assert "待审批的采购" in approver.get("/desk/").text and "待审批的采购" not in buyer.get("/desk/").text
    assert "待内部审批" in approver.get("/client/orders?state=awaiting_approval").text
    assert "批准采购" in approver.get(page).text
    for path in ("approve", "reject", "withdraw"):
        assert (
            sign_in(admin_of(db.session.get_one(Organisation, listing.firm_id))).post(f"{page}/{path}").status_code
            == 403
        )
        assert sign_in(admin_of(make_client())).post(f"{page}/{path}", data={"reason": "x"}).status_code == 404
    assert buyer.post(f"{page}/approve").status_code == 403
    assert approver.post(f"{page}/approve").status_code == 302
    assert approver.post(f"{page}/approve").status_code == 409
    assert "内部审批通过" in buyer.get(page).text
    firm = sign_in(admin_of(db.session.get_one(Organisation, listing.firm_id)))
    shown = firm.get(page).text
    assert "确认订单" in shown and "内部审批" not in shown


def test_a_refusal_needs_a_reason_that_the_purchaser_reads(app: Any, sign_in: Any) -> None:
    order = make_order("awaiting_approval")
    client = db.session.get_one(Organisation, order.client_id)
    browser, page = sign_in(admin_of(client)), f"/orders/{order.number}"
    assert browser.post(f"{page}/reject", data={"reason": " "}).status_code == 422
    assert browser.post(f"{page}/reject", data={"reason": "预算不足"}).status_code == 302
    shown = browser.get(page).text
    assert "未获内部批准" in shown and "预算不足" in shown and "批准采购" not in shown


def test_the_export_of_the_client_has_it_and_the_firms_has_not(app: Any, sign_in: Any) -> None:
    order = make_order("awaiting_approval")
    client, firm = (db.session.get_one(Organisation, i) for i in (order.client_id, order.firm_id))
    assert order.number in sign_in(admin_of(client)).get("/client/orders/export").text
    assert order.number not in sign_in(admin_of(firm)).get("/firm/orders/export").text


def test_a_firm_sees_nothing_of_it_in_its_counts(app: Any) -> None:
    make_firm()
    make_order("awaiting_approval")
    db.session.rollback()
    waiting = db.session.scalar(select(func.count()).select_from(Order).where(Order.state == "placed"))
    assert waiting == 0
    with transaction():
        assert services.fund_settled_orders(actor=SCHEDULER) == 0
