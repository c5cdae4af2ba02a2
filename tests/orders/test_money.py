"""Orders and the bank together: money from statement to release, money that comes late, and books that always hold."""

import pytest
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.orders import jobs, services
from marketplace.orders.queries import payment_of
from marketplace.payments import ledger
from marketplace.payments.ledger import balance
from marketplace.payments.models import BankEntry
from tests.factories.orders import OPERATOR, deliver, make_order, reread, side
from tests.factories.payments import Bank, import_rows


def test_a_matching_credit_funds_the_order_and_acceptance_pays_it_out(app):
    order, bank = make_order("awaiting_payment", amounts=(33_335, 16_665)), Bank()
    bank.pay(payment_of(order))
    import_rows(bank)
    assert jobs.fund_settled_orders() == 1
    for position in (0, 1):
        deliver(reread(order).milestones[position])
        with transaction():
            services.accept_milestone(actor=side(order.client_id), milestone=reread(order).milestones[position])
    assert reread(order).state == "completed"
    assert balance("commission") == 1_000 + 499
    assert balance(f"firm:{order.firm_id}:payable") == 50_000 - 1_499
    assert ledger.check() == []


@pytest.mark.parametrize("state", ["cancelled", "expired"])
def test_money_for_an_order_that_has_ended_waits_for_finance_and_is_never_kept_silently(app, state):
    order, bank = make_order(state), Bank()
    bank.pay(payment_of(order))
    import_rows(bank)
    entry = db.session.scalars(select(BankEntry)).one()
    assert (entry.state, entry.reason) == ("queued", "closed")
    assert jobs.fund_settled_orders() == 0
    assert reread(order).state == state
    assert balance("suspense") == order.total_fen
    assert ledger.check() == []


def test_money_a_fen_short_funds_nothing(app):
    order, bank = make_order("awaiting_payment"), Bank()
    bank.pay(payment_of(order), fen=order.total_fen - 1)
    import_rows(bank)
    assert jobs.fund_settled_orders() == 0
    assert reread(order).state == "awaiting_payment"


@pytest.mark.parametrize(
    "amounts",
    [(5_000,), (1, 4_999), (33, 34, 4_933), (1, 1, 1, 1, 4_996), (99_999_999, 1), (166_667, 166_667, 166_666)],
)
@pytest.mark.parametrize("accepted", [0, 1, 99])
def test_whatever_was_paid_is_released_returned_or_still_held_to_the_fen(app, amounts, accepted):
    order, bank = make_order("awaiting_payment", amounts=amounts), Bank()
    bank.pay(payment_of(order))
    import_rows(bank)
    jobs.fund_settled_orders()
    for milestone in reread(order).milestones[:accepted]:
        deliver(milestone)
        with transaction():
            services.accept_milestone(actor=side(order.client_id), milestone=milestone)
    if accepted < len(amounts):
        with transaction():
            services.terminate_order(actor=OPERATOR, order=order, reason="协商终止")
    order = reread(order)
    accounts = ("commission", f"firm:{order.firm_id}:payable", f"buyer:{order.client_id}:credit")
    assert balance(f"escrow:{order.payment_id}") == 0
    assert sum(balance(code) for code in accounts) == order.total_fen
    assert balance("commission") == sum(m.commission_fen for m in order.milestones if m.state == "released")
    assert ledger.check() == []
