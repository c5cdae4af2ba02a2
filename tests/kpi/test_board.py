"""The boundary cases of dossier 4.4, one by one, on real orders and reports; open months live, closed ones frozen."""

import random
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import DatabaseError

from marketplace.catalog.rules.taxonomy import child_categories
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, NotFound
from marketplace.core.tabular import Row
from marketplace.kpi.jobs import close_due_months, snapshot_day
from marketplace.kpi.models import KpiSnapshot
from marketplace.kpi.queries import board, compute, headline, list_values
from marketplace.kpi.queries import facts as source
from marketplace.kpi.queries.board import Figures
from marketplace.kpi.rules.tally import Split, Tally
from marketplace.kpi.services import close_month, last_due
from marketplace.orders.models import Order
from marketplace.orders.services import accept_milestone
from marketplace.reports.queries import export_rows
from marketplace.reports.services import import_reports, verify_firm_month
from tests.factories import make_client, make_firm, make_uscc, writing
from tests.factories.catalog import make_listing
from tests.factories.orders import deliver, make_order, side
from tests.factories.reports import make_report


def served(**values: Any) -> Any:
    """A funded order of one milestone, delivered and accepted today."""
    with writing():
        order = make_order("funded", amounts=(50_000,), **values.pop("order", {}))
        deliver(order.milestones[0], **values)
        accept_milestone(actor=side(order.client_id), milestone=order.milestones[0])
        return order


def month(code: str, period: str | None = None) -> Split:
    return compute(code, period).figure.month


def total(code: str) -> Split:
    return compute(code).figure.total


def close(period: str) -> None:
    with transaction():
        close_month(actor=CLI, period=period)


def test_an_accepted_milestone_moves_clients_people_and_volume_at_once_and_nothing_else(app: Flask, clock: Any) -> None:
    order = make_order("funded", amounts=(50_000,), client=make_client(city_code="320500"))
    deliver(order.milestones[0], people=12)
    before = {v.code: v.value for v in list_values()}
    with transaction():
        accept_milestone(actor=side(order.client_id), milestone=order.milestones[0])
    after = {v.code: v.value for v in list_values()}
    moved = {code: after[code] - before[code] for code in after if after[code] != before[code]}
    moved.pop("K14", None)  # the share moves with the volume where the category is of high value
    assert moved == {"K3": 1, "K4": 12, "K3v": 1, "K4v": 12, "K6": 50_000, "K12": 1}


def test_an_unaccepted_order_counts_nothing(app: Flask, clock: Any) -> None:
    make_order("funded", delivered=1)
    assert [total(code).value for code in ("K3", "K4", "K6")] == [0, 0, 0]


def test_a_client_of_two_agencies_counts_once_in_clients_and_twice_in_visits(app: Flask, clock: Any) -> None:
    client = make_client()
    for _ in range(2):
        served(order={"client": client, "listing": make_listing(price_min_fen=100, price_max_fen=10_000_000)})
    assert (total("K3"), total("K3v")) == (Split(1), Split(2))


def test_a_client_of_the_platform_and_of_a_report_counts_once_with_the_better_evidence(app: Flask, clock: Any) -> None:
    client, firm = make_client(), make_firm()
    make_report(firm, period="2026-11", client_uscc=client.uscc, people_served=30)
    assert total("K3") == Split(0, 1, 0)
    served(order={"client": client}, people=12)
    assert total("K3") == Split(1, 0, 0)
    assert total("K4") == Split(12, 18, 0)


def test_a_client_that_moves_away_afterwards_stays_in_the_old_month(app: Flask, clock: Any) -> None:
    client = make_client(city_code="320500")
    served(order={"client": client})
    with transaction():
        client.city_code = "420100"
        db.session.flush()
    assert total("K3") == Split(1)
    clock.set("2026-12-15")
    close("2026-11")
    assert month("K3", "2026-11") == Split(1)


def test_a_client_outside_the_delta_does_not_count(app: Flask, clock: Any) -> None:
    client = make_client()
    with transaction():
        client.city_code = "420100"
    served(order={"client": client})
    make_report(make_firm(), period="2026-11", client_uscc=make_uscc(region="420106"), people_served=9)
    assert total("K3") == Split() and total("K4") == Split()


def test_a_report_line_without_revenue_and_people_is_no_service(app: Flask, clock: Any) -> None:
    make_report(make_firm(), period="2026-11", client_uscc=make_uscc(), revenue_yuan=0, people_served=0)
    assert total("K3") == Split()


def test_revenue_that_names_no_client_counts_as_revenue_only(app: Flask, clock: Any) -> None:
    make_report(make_firm(), period="2026-11", revenue_yuan=700)
    assert total("K3") == Split() and compute("K2").value == 700


def test_december_service_accepted_in_january_counts_for_december_as_client_and_for_january_as_volume(
    app: Flask, clock: Any
) -> None:
    clock.set("2027-01-05")
    served(period_from=date(2026, 12, 1), period_to=date(2026, 12, 31))
    assert (month("K3", "2026-12"), month("K3", "2027-01")) == (Split(1), Split())
    assert (month("K6", "2026-12"), month("K6", "2027-01")) == (Split(), Split(50_000))


def test_december_service_accepted_after_its_closing_is_booked_into_january(app: Flask, clock: Any) -> None:
    clock.set("2027-01-11")
    close("2026-12")
    clock.set("2027-01-12")
    served(period_from=date(2026, 12, 1), period_to=date(2026, 12, 31))
    assert (month("K3", "2026-12"), month("K3", "2027-01")) == (Split(), Split(1))
    clock.set("2027-02-10")
    close("2027-01")
    assert (month("K3", "2027-01"), total("K3")) == (Split(1), Split(1))


def test_a_service_over_three_months_counts_in_each_and_once_in_total(app: Flask, clock: Any) -> None:
    served(period_from=date(2026, 9, 15), period_to=date(2026, 11, 20))
    assert [month("K3", f"2026-{m:02d}") for m in (8, 9, 10, 11)] == [Split(), Split(1), Split(1), Split(1)]
    assert total("K3") == Split(1) and total("K3v") == Split(3)


def test_self_reported_lines_stand_apart_until_they_are_verified(app: Flask, clock: Any) -> None:
    firm = make_firm()
    make_report(firm, verified=False, period="2026-11", client_uscc=make_uscc(), people_served=8, revenue_yuan=900)
    assert (total("K3"), total("K4"), compute("K2").evidence) == (Split(0, 0, 1), Split(0, 0, 8), Split(0, 0, 900))
    assert compute("K3").value == 0
    with transaction():
        verify_firm_month(actor=CLI, firm_id=firm.id, period="2026-11", evidence="审计报告 1")
    assert (total("K3"), total("K4"), compute("K2").evidence) == (Split(0, 1, 0), Split(0, 8, 0), Split(0, 900, 0))


def test_firms_of_scale_reach_the_threshold_in_the_last_accounting_year_and_are_in_the_park(
    app: Flask, clock: Any
) -> None:
    exact, short, outside = make_firm(), make_firm(), make_firm(in_park=False)
    for firm, fen in ((exact, 1_000_000_000), (short, 999_999_999), (outside, 5_000_000_000)):
        make_report(firm, period="2025-06", revenue_yuan=fen)
    make_report(short, period="2026-01", revenue_yuan=9_000_000_000)
    assert compute("K1").evidence == Split(0, 1, 0)


def test_revenue_is_the_accounting_years_with_the_last_full_year_beside_it(app: Flask, clock: Any) -> None:
    firm = make_firm()
    make_report(firm, period="2025-12", revenue_yuan=1_000, pass_through_yuan=400)
    make_report(firm, period="2026-01", revenue_yuan=50, pass_through_yuan=20)
    make_report(firm, period="2026-11", revenue_yuan=7)
    value = compute("K2")
    assert (value.value, value.figure.extra["full_year"]) == (57, [0, 1_000, 0])
    assert compute("K2n").value == 37


def test_an_open_month_is_provisional_and_a_closed_one_is_not(app: Flask, clock: Any) -> None:
    close("2026-10")
    assert compute("K3", "2026-11").provisional and not compute("K3", "2026-10").provisional


def test_a_closed_month_stays_as_published_and_its_correction_reaches_the_open_month(app: Flask, clock: Any) -> None:
    firm = make_firm()
    make_report(firm, period="2026-10", revenue_yuan=1_000)
    close("2026-10")
    clock.advance(hours=1)
    make_report(firm, period="2026-10", revenue_yuan=1_300, pass_through_yuan=100)
    make_report(firm, period="2026-09", revenue_yuan=50, client_uscc=make_uscc(), people_served=6)
    assert (month("K2", "2026-10"), month("K2", "2026-11")) == (Split(0, 1_000), Split(0, 350))
    assert (compute("K2").value, compute("K2n").value) == (1_350, 1_250)
    assert (month("K3", "2026-10"), month("K3", "2026-11"), total("K3")) == (Split(), Split(0, 1), Split(0, 1))
    clock.set("2026-12-10")
    close("2026-11")
    assert (month("K2", "2026-11"), month("K2", "2026-12"), compute("K2").value) == (Split(0, 350), Split(), 1_350)


def test_verifying_a_closed_month_raises_the_open_one(app: Flask, clock: Any) -> None:
    firm = make_firm()
    make_report(firm, verified=False, period="2026-10", client_uscc=make_uscc(), people_served=6, revenue_yuan=500)
    close("2026-10")
    clock.advance(hours=1)
    with transaction():
        verify_firm_month(actor=CLI, firm_id=firm.id, period="2026-10", evidence="审计报告 1")
    assert compute("K2", "2026-10").evidence == Split(0, 0, 500)
    assert (compute("K2").evidence, total("K3")) == (Split(0, 500, 0), Split(0, 1, 0))


def test_a_month_closes_on_the_tenth_of_the_next_once_and_by_those_who_may(app: Flask, clock: Any) -> None:
    assert (last_due(date(2026, 11, 9)), last_due(date(2026, 11, 10)), last_due(date(2027, 1, 3))) == (
        "2026-09",
        "2026-10",
        "2026-11",
    )
    with pytest.raises(Conflict):
        close("2026-11")
    with pytest.raises(AccessDenied):
        close_month(actor=ANONYMOUS, period="2026-10")
    close("2026-10")
    with pytest.raises(Conflict):
        close("2026-10")


def test_the_job_closes_what_is_due_and_is_safe_to_run_twice(app: Flask, clock: Any) -> None:
    assert close_due_months()[-1] == "2026-10"
    assert close_due_months() == []
    clock.set("2026-12-10")
    assert snapshot_day(date(2026, 12, 9)) == []
    assert snapshot_day(date(2026, 12, 10)) == ["2026-11"]


def test_the_database_refuses_to_edit_a_frozen_figure(app: Flask, clock: Any) -> None:
    close("2026-10")
    with pytest.raises(DatabaseError), db.session.begin_nested():
        db.session.execute(update(KpiSnapshot).values(value=1))


def test_months_before_the_count_and_to_come_have_no_figures(app: Flask, clock: Any) -> None:
    for period in ("2022-12", "2026-12"):
        with pytest.raises(NotFound):
            compute("K3", period)


def test_the_front_pages_cards_carry_what_the_macro_takes(app: Flask, clock: Any) -> None:
    cards = headline()
    assert [card["target"] for card in cards] == ["≥ 40", "≥ 20亿元", "≥ 20,000", "100,000–200,000"]
    assert all(card["mark"] == "暂估" and card["url"].startswith("/dashboard/") for card in cards)


@pytest.mark.parametrize("share", [0, 1])
def test_volume_and_high_value_share_follow_acceptances(app: Flask, clock: Any, share: int) -> None:
    order = served()
    with transaction():
        db.session.execute(
            update(Order).values(category_code=next(c.code for c in child_categories() if c.high_value == share))
        )
    assert order.total_fen == 50_000
    assert (total("K6"), compute("K8").value, compute("K14").value) == (Split(50_000), 1, 10_000 * share)


def _rows(rng: random.Random, firms: list[Any], clients: list[str], period: str) -> list[Row]:
    keys = {(rng.choice(firms).uscc, rng.choice(clients), rng.choice(["C0101", "C0102"])) for _ in range(12)}
    return [
        Row(n, {"firm_uscc": f, "period": period, "revenue_yuan": rng.randrange(1, 9_000), "pass_through_yuan": 0, "client_uscc": c,
                "client_city_code": None, "category_code": k, "people_served": rng.randrange(20)})
        for n, (f, c, k) in enumerate(sorted(keys), 2)
    ]  # fmt: skip


def _from_scratch() -> tuple[Split, Split]:
    """Clients and people over everything, counted anew from all facts."""
    tally = Tally()
    own, _platform = source.platform_facts(source.Closed(), only_open=False)
    tally.add(source.scoped([*own, *source.line_facts(source.Closed(), only_open=False)]))
    return tally.clients, tally.heads


@pytest.mark.parametrize("seed", range(4))
def test_live_totals_after_closings_equal_a_count_from_scratch(app: Flask, clock: Any, seed: int) -> None:
    """Random months of new lines, late lines and verified ones, with closings in between. Lines only grow here: what a correction takes
    away reaches the totals with the next closing."""
    rng = random.Random(seed)
    firms, clients = [make_firm() for _ in range(3)], [make_uscc() for _ in range(15)]
    for number, day in enumerate(("2026-09-20", "2026-10-20", "2026-11-20")):
        clock.set(day)
        if number and rng.random() < 0.8:
            close_due_months()
        clock.advance(hours=1)
        for period in rng.sample(["2026-06", "2026-07", "2026-08", day[:7]], 3):
            known = {(r["firm_uscc"], r["period"], r["client_uscc"], r["category_code"]) for r in export_rows()}
            fresh = [
                r
                for r in _rows(rng, firms, clients, period)
                if (r["firm_uscc"], period, r["client_uscc"], r["category_code"]) not in known
            ]
            if fresh:
                with transaction():
                    import_reports(actor=CLI, rows=fresh, verified=rng.random() < 0.6)
        served(order={"client": make_client()}, people=rng.randrange(30))
        assert (total("K3"), total("K4")) == _from_scratch()
    assert sum(compute("K2").evidence) == sum(n[0] + n[1] for n in source.all_amounts("2026-11").values())


def test_a_client_taken_back_by_a_correction_leaves_the_total_with_the_next_closing(app: Flask, clock: Any) -> None:
    firm, wrong, right = make_firm(), make_uscc(), make_uscc()
    make_report(firm, period="2026-09", client_uscc=wrong)
    close("2026-10")
    clock.advance(hours=1)
    make_report(firm, period="2026-09", client_uscc=wrong, revenue_yuan=0, people_served=0)
    make_report(firm, period="2026-09", client_uscc=right)
    clock.set("2026-12-10")
    close("2026-11")
    assert total("K3") == Split(0, 1, 0)


def test_the_board_is_remembered_until_something_is_recorded(app: Flask, clock: Any, queries: Any) -> None:
    board()
    with queries(at_most=1):
        board()
    make_report(make_firm(), period="2026-11", revenue_yuan=5)
    seen: Figures = board().figures
    assert seen["2026-11"]["K2"].month == Split(0, 5)
