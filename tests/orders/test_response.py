"""How fast a firm answers: working minutes and the median, by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace.core.actor import SCHEDULER
from marketplace.core.clock import SHANGHAI
from marketplace.core.db import transaction
from marketplace.orders.queries import count_clients_served, lock_order, response_times
from marketplace.orders.rules import median_minutes, working_minutes
from marketplace.orders.services import cancel_order, confirm_order, decline_order, lapse_order
from tests.factories import make_client, make_firm
from tests.factories.catalog import make_listing
from tests.factories.orders import make_order, side


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-23T10:00", "2026-11-23T12:30", 150),  # Monday, within the day
        ("2026-11-27T17:00", "2026-11-30T10:00", 120),  # over a weekend
        ("2026-11-28T11:00", "2026-11-29T11:00", 0),  # Saturday to Sunday
        ("2026-11-23T20:00", "2026-11-24T08:00", 0),  # the night
        ("2026-11-23T07:00", "2026-11-23T09:20", 20),  # before opening
        ("2026-11-23T09:00", "2026-11-27T18:00", 5 * 540),
        ("2026-11-23T10:00", "2026-11-23T10:00", 0),
    ],
)
def test_only_working_time_counts(start: str, end: str, minutes: int) -> None:
    assert working_minutes(at(start), at(end), 9, 18) == minutes


@pytest.mark.engine("sqlite")
def test_the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() -> None:
    assert (median_minutes([]), median_minutes([7]), median_minutes([90, 30, 60]), median_minutes([10, 15])) == (
        None,
        7,
        60,
        13,
    )


def test_the_response_time_is_the_median_over_confirmed_declined_and_unanswered_orders(app: Any, clock: Any) -> None:
    firm = make_firm()
    listing = make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000)
    client = make_client()

    def answered(after: timedelta, how: str) -> None:
        clock.set("2026-11-23T10:00")
        order_id = make_order("placed", listing=listing, client=client).id
        clock.advance(seconds=after.total_seconds())
        with transaction():
            order = lock_order(order_id)
            if how == "confirm":
                confirm_order(actor=side(firm.id), order=order)
            elif how == "decline":
                decline_order(actor=side(firm.id), order=order, reason="档期已满")
            elif how == "lapse":
                lapse_order(actor=SCHEDULER, order=order)
            else:
                cancel_order(actor=side(client.id), order=order, reason="计划调整")

    answered(timedelta(hours=1), "confirm")  # 60
    answered(timedelta(hours=3), "decline")  # 180
    answered(timedelta(days=1), "confirm")  # 540
    answered(timedelta(days=5, minutes=1), "lapse")  # Monday to Friday evening, closed on Saturday: 480 + 4 * 540
    answered(timedelta(minutes=5), "cancel")  # taken back by the client: does not count
    found = response_times([firm.id])[firm.id]
    assert (found.minutes, found.count, found.workday) == ((180 + 540) // 2, 4, 540)
    clock.set("2027-05-30T10:00")  # 188 days later nothing is left
    assert response_times([firm.id]) == {}


def test_clients_are_counted_once_and_only_with_a_completed_order(app: Any) -> None:
    firm = make_firm()
    listing = make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000)
    twice = make_client()
    for state, client in (
        ("completed", twice),
        ("completed", twice),
        ("completed", make_client()),
        ("funded", make_client()),
    ):
        make_order(state, listing=listing, client=client, amounts=(30_000,))
    assert count_clients_served([firm.id]) == {firm.id: 2}
