"""Two people at the same page at the same moment, through the pages themselves: the money moves once."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import queue
from marketplace.core.db import db
from marketplace.core.web import limiter
from marketplace.orders.models import Order
from marketplace.orders.queries import lock_order
from marketplace.organisations.models import Organisation
from marketplace.payments import ledger
from marketplace.payments.ledger import balance
from marketplace.payments.models import BankEntry, Payment
from tests.factories import admin_of, make_client, make_member, make_staff
from tests.factories.catalog import make_listing
from tests.factories.orders import count_transfers, make_booked_order, make_order
from tests.factories.payments import Bank
from tests.support.visitor import Visitor

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def _fresh_limits(live_app: Flask) -> None:
    limiter.reset()


def all_at_once(app: Flask, people: list[Visitor], sent: list[tuple[str, dict[str, list[Any]]]]) -> list[int]:
    """Everybody sends what is before them at the same moment; the statuses of the answers, redirects not followed."""
    start, statuses = threading.Barrier(len(people)), [0] * len(people)

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            path, data = sent[place]
            person = people[place]
            try:
                person.post(path, data)
            finally:
                statuses[place] = person.status
                db.session.remove()

    db.session.remove()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def ready(person: Visitor, label: str, **values: Any) -> tuple[str, dict[str, list[Any]]]:
    """The form of this button, filled, not yet sent."""
    held: list[tuple[str, dict[str, list[Any]]]] = []
    original, person.post = person.post, lambda path, data, status=200: held.append((path, data)) or ""  # type: ignore[method-assign]
    try:
        person.press(label, **values)
    finally:
        person.post = original  # type: ignore[method-assign]
    return held[0]


def test_two_finance_people_import_the_same_statement_and_it_counts_once(live_app: Flask) -> None:
    order = make_order("awaiting_payment")
    bank = Bank()
    bank.pay(db.session.get_one(Payment, order.payment_id))
    bank.credit(500_00, name="某单位", memo="货款")
    content, before = bank.file(), count_transfers()
    order_id, payment_id, total = order.id, order.payment_id, order.total_fen
    people = [Visitor(live_app).sign_in(make_staff("finance")) for _ in range(3)]
    for person in people:
        person.go("/operator/finance/statements")
    all_at_once(live_app, people, [ready(p, "导入", file=[(content, "流水.csv")]) for p in people])
    queue.drain()
    assert db.session.scalar(select(func.count()).select_from(BankEntry)) == 2
    assert lock_order(order_id).state == "funded"
    assert count_transfers() - before == 3  # two arrivals, one settlement
    assert balance(f"escrow:{payment_id}") == total
    assert ledger.check() == []


def test_two_people_of_the_client_accept_the_same_delivery_and_it_pays_once(live_app: Flask) -> None:
    order = make_booked_order(delivered=1)
    number, firm_id, share = order.number, order.firm_id, order.milestones[0].firm_fen
    company = db.session.get_one(Organisation, order.client_id)
    people = [Visitor(live_app).sign_in(u) for u in (admin_of(company), make_member(company, "purchasing"))]
    before = count_transfers()
    for person in people:
        person.go(f"/orders/{number}")
    all_at_once(live_app, people, [ready(p, "确认验收通过") for p in people])
    db.session.rollback()
    assert count_transfers() - before == 2
    assert balance(f"firm:{firm_id}:payable") == share
    assert ledger.check() == []


def test_a_double_click_places_one_order(live_app: Flask) -> None:
    listing = make_listing(price_min_fen=50_00, price_max_fen=50_00)
    person = Visitor(live_app).sign_in(admin_of(make_client()))
    person.go(f"/services/{listing.id}/order")
    given = {"starts_on": "2099-01-01", "ends_on": "2099-02-01", "milestones-0-title": "首月"}
    person.press("下一步：核对订单", quantity="3", **given)
    sent = ready(person, "提交订单", agree=True)
    twin = Visitor(live_app)
    twin.client = person.client
    all_at_once(live_app, [person, twin], [sent, sent])
    assert person.address == twin.address
    assert db.session.scalar(select(func.count()).select_from(Order)) == 1
