"""How an order's money divides, and what its terms may not say."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Invalid
from marketplace.core.money import split
from marketplace.orders import rules
from marketplace.orders.rules import MilestoneDraft, OrderTerms

TODAY = date(2026, 11, 23)
amounts = st.integers(1, 10**12)


@given(amounts, st.integers(0, 3000))
def test_commission_and_the_firms_share_make_the_amount_to_the_fen(fen, bps):
    share = rules.share_of(fen, bps)
    assert share.commission_fen + share.firm_fen == fen
    assert share.commission_fen * 10_000 <= fen * bps < (share.commission_fen + 1) * 10_000


@given(st.lists(amounts, min_size=1, max_size=24), st.integers(0, 3000))
def test_commission_floored_per_milestone_never_exceeds_that_of_the_whole(parts, bps):
    each = sum(rules.share_of(part, bps).commission_fen for part in parts)
    whole = rules.share_of(sum(parts), bps).commission_fen
    assert whole - len(parts) < each <= whole


@given(st.integers(1, 10**6), st.integers(1, 10**7), st.integers(1, 24))
def test_a_total_divided_into_milestones_is_accepted_and_one_fen_more_is_not(quantity, unit, parts):
    total = quantity * unit
    pieces = split(total, parts)
    drafts = [MilestoneDraft(f"{n}", fen) for n, fen in enumerate(pieces, 1)]
    if min(pieces) > 0:
        rules.check_milestones(drafts, total)
    with pytest.raises(Invalid):
        rules.check_milestones([*drafts[:-1], MilestoneDraft("末", pieces[-1] + 1)], total)


def order_terms(**changes):
    values = {
        "quantity": 10, "unit_price_fen": 500, "starts_on": TODAY, "ends_on": TODAY + timedelta(days=30),
        "milestones": (MilestoneDraft("全部", 5000, TODAY + timedelta(days=9)),),
    }  # fmt: skip
    return OrderTerms(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": 0}, "order.quantity"),
        ({"quantity": -1}, "order.quantity"),
        ({"quantity": rules.MAX_QUANTITY + 1}, "order.quantity"),
        ({"unit_price_fen": 0}, "order.unit_price"),
        ({"unit_price_fen": 10**13}, "order.total"),
        ({"milestones": ()}, "order.milestones"),
        ({"milestones": (MilestoneDraft("x", 1),) * 25}, "order.milestones"),
        ({"milestones": (MilestoneDraft(" ", 5000),)}, "order.milestone_title"),
        ({"milestones": (MilestoneDraft("a", 5001), MilestoneDraft("b", -1))}, "order.milestone_amount"),
        ({"milestones": (MilestoneDraft("a", 4999),)}, "order.milestone_sum"),
    ],
)
def test_amounts_that_are_no_order_are_refused(changes, code):
    with pytest.raises(Invalid) as refused:
        rules.check_amounts(order_terms(**changes))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends_on": TODAY - timedelta(days=1)}, "order.period"),
        ({"starts_on": TODAY - timedelta(days=1)}, "order.past"),
        ({"ends_on": TODAY + timedelta(days=6 * 365)}, "order.too_long"),
        ({"milestones": (MilestoneDraft("a", 5000, TODAY + timedelta(days=31)),)}, "order.milestone_due"),
        ({"milestones": (MilestoneDraft("a", 5000, TODAY - timedelta(days=1)),)}, "order.milestone_due"),
    ],
)
def test_a_period_that_cannot_be_served_is_refused(changes, code):
    with pytest.raises(Invalid) as refused:
        rules.check_period(order_terms(**changes), TODAY)
    assert refused.value.code == code


def test_a_period_of_one_day_from_today_is_accepted():
    rules.check_period(order_terms(ends_on=TODAY, milestones=(MilestoneDraft("a", 5000, TODAY),)), TODAY)


@pytest.mark.parametrize(("price", "good"), [(99, False), (100, True), (200, True), (201, False)])
def test_a_unit_price_stays_within_the_published_range(price, good):
    if good:
        rules.check_price(price, 100, 200)
    else:
        with pytest.raises(Invalid):
            rules.check_price(price, 100, 200)


def test_a_listing_without_published_price_leaves_the_price_to_both_sides():
    rules.check_price(1, None, None)


@pytest.mark.parametrize(
    ("people", "start", "end"),
    [
        (-1, TODAY, TODAY),
        (1_000_001, TODAY, TODAY),
        (1, TODAY, TODAY - timedelta(days=1)),
        (1, TODAY, TODAY + timedelta(days=1)),
    ],
)
def test_a_delivery_of_impossible_people_or_days_is_refused(people, start, end):
    with pytest.raises(Invalid):
        rules.check_delivery(people, start, end, TODAY)


def test_a_delivery_without_people_is_possible():
    rules.check_delivery(0, TODAY, TODAY, TODAY)
