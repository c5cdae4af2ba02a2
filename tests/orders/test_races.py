"""Several people at the same moment, with real threads and real commits, on both databases."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from marketplace.catalog.queries import get_visible_listing
from marketplace.core.actor import SCHEDULER
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import jobs, services
from marketplace.orders.models import Milestone, Order
from marketplace.orders.queries import lock_order, milestone_by_id
from marketplace.payments.ledger import balance
from tests.factories.catalog import make_listing
from tests.factories.orders import OPERATOR, count_transfers, make_order, pay, reread, side, terms
from tests.factories.organisations import actor_for, make_client
from tests.support.racing import at_once, in_transaction


def test_eight_clients_place_at_once_and_none_fails(live_app):
    listing_id = make_listing(price_min_fen=100, price_max_fen=10_000_000).id
    actors = [actor_for(make_client()) for _ in range(8)]

    def placing(actor: Any) -> Callable[[], Any]:
        def five() -> int:
            for _ in range(5):
                with transaction():
                    services.place_order(actor=actor, listing=get_visible_listing(listing_id), **terms())
            return 5

        return five

    assert at_once(live_app, [placing(actor) for actor in actors]) == [5] * 8
    assert db.session.scalar(select(func.count()).select_from(Order)) == 40
    assert db.session.scalar(select(func.count()).select_from(Milestone)) == 80


def test_acceptance_by_two_people_at_once_moves_money_once(live_app):
    for _ in range(5):
        order = make_order("funded", delivered=1)
        client, milestone_id, before = side(order.client_id), order.milestones[0].id, count_transfers()

        def accept(client: Any = client, milestone_id: int = milestone_id) -> str:
            return services.accept_milestone(actor=client, milestone=milestone_by_id(milestone_id)).state

        results = at_once(live_app, [in_transaction(accept)] * 4)
        assert sorted(isinstance(r, Conflict) for r in results) == [False, True, True, True], results
        assert count_transfers() - before == 2


def test_two_milestones_accepted_at_once_complete_the_order(live_app):
    for _ in range(5):
        order = make_order("funded", delivered=2)
        client, ids = side(order.client_id), [m.id for m in order.milestones]
        works = [
            in_transaction(
                lambda i=i, client=client: services.accept_milestone(actor=client, milestone=milestone_by_id(i)).state
            )
            for i in ids
        ]
        assert at_once(live_app, works) == ["released", "released"]
        assert reread(order).state == "completed"
        assert balance(f"escrow:{order.payment_id}") == 0


def test_acceptance_and_termination_at_once_never_pay_twice(live_app):
    for _ in range(5):
        order = make_order("funded", delivered=1)
        client, order_id, milestone_id = side(order.client_id), order.id, order.milestones[0].id

        def accept(client: Any = client, milestone_id: int = milestone_id) -> str:
            return services.accept_milestone(actor=client, milestone=milestone_by_id(milestone_id)).state

        def end(order_id: int = order_id) -> str:
            return services.terminate_order(actor=OPERATOR, order=lock_order(order_id), reason="协商终止").state

        at_once(live_app, [in_transaction(accept), in_transaction(end)])
        order = reread(order)
        paid = sum(m.amount_fen for m in order.milestones if m.state == "released")
        assert order.state == "terminated"
        assert paid + order.returned_fen == order.total_fen
        assert balance(f"escrow:{order.payment_id}") == 0


def test_two_sweeps_at_once_fund_an_order_once(live_app):
    order = make_order("awaiting_payment")
    pay(order)
    assert sorted(at_once(live_app, [jobs.fund_settled_orders] * 2)) in ([0, 1], [0, 0, 1])
    assert [m.version for m in reread(order).milestones] == [2, 2]


def test_payment_and_expiry_at_once_end_in_one_of_both(live_app):
    for _ in range(5):
        order = make_order("awaiting_payment")
        order_id = order.id

        def expire(order_id: int = order_id) -> str:
            return services.expire_order(actor=SCHEDULER, order=lock_order(order_id)).state

        at_once(
            live_app,
            [
                in_transaction(expire),
                in_transaction(lambda order_id=order_id: pay(db.session.get_one(Order, order_id))),
            ],
        )
        jobs.fund_settled_orders()
        order = reread(order)
        held = balance(f"escrow:{order.payment_id}")
        assert (order.state, held) in (("funded", order.total_fen), ("expired", 0))


def test_of_approving_refusing_taking_back_and_lapsing_one_wins(live_app):
    order = make_order("awaiting_approval")
    order_id, approver = order.id, side(order.client_id)
    works = [
        lambda: services.approve_order(actor=approver, order=lock_order(order_id)).state,
        lambda: services.reject_order(actor=approver, order=lock_order(order_id), reason="预算不足").state,
        lambda: services.withdraw_order(actor=approver, order=lock_order(order_id), reason="暂缓").state,
        lambda: services.lapse_approval(actor=SCHEDULER, order=lock_order(order_id)).state,
    ]
    results = at_once(live_app, [in_transaction(w) for w in works])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    db.session.rollback()
    after = reread(db.session.get_one(Order, order_id))
    assert after.state == next(one for one in results if isinstance(one, str))
    assert (after.placed_at is not None) is (after.state == "placed")
