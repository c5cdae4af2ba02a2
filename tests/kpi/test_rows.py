"""The rows behind a figure are the very rows it was counted from: of open months as they are, of closed ones as they were frozen."""

from datetime import date
from typing import Any

from flask import Flask

from marketplace.core.actor import CLI
from marketplace.core.db import transaction
from marketplace.kpi.queries import board, compute, list_rows, rows_for_export
from marketplace.kpi.rules.indicators import indicator
from marketplace.kpi.services import close_month
from marketplace.orders.services import accept_milestone
from marketplace.reports.services import verify_firm_month
from tests.factories import make_client, make_firm, make_staff, make_uscc, writing
from tests.factories.orders import deliver, make_order, side
from tests.factories.reports import make_report


def close(period: str) -> None:
    with transaction():
        close_month(actor=CLI, period=period)


def rows(code: str, month: str, names: bool = True) -> list[dict[str, Any]]:
    return list(rows_for_export(indicator(code), month, names=names)[1])


def served(**period: date) -> None:
    with writing():
        order = make_order("funded", amounts=(50_000,))
        deliver(order.milestones[0], **period)
        accept_milestone(actor=side(order.client_id), milestone=order.milestones[0])


def check(*months: str) -> None:
    """Clients, people and revenue of a month are what its rows add up to."""
    for month in months:
        facts, revenue, volume = rows("K3", month), rows("K2", month), rows("K6", month)
        figures = {code: compute(code, month).figure.month for code in ("K3", "K4v", "K2", "K6")}
        assert len({row["client"] for row in facts}) == sum(figures["K3"])
        assert sum(int(row["people"]) for row in facts) == sum(figures["K4v"])
        assert (
            tuple(sum(row[name] for row in revenue) for name in ("verified_fen", "reported_fen"))
            == tuple(figures["K2"])[1:]
        )
        assert sum(row["amount_fen"] for row in volume) == figures["K6"].value


def test_rows_add_up_to_the_figures_before_and_after_closings_and_corrections(app: Flask, clock: Any) -> None:
    firm, other, client = make_firm(), make_firm(), make_uscc()
    make_report(firm, period="2026-09", client_uscc=client, people_served=7, revenue_yuan=900)
    make_report(other, verified=False, period="2026-10", client_uscc=make_uscc(), people_served=8, revenue_yuan=400)
    served()
    check("2026-09", "2026-10", "2026-11")
    close("2026-10")
    frozen = {month: (rows("K3", month), rows("K2", month)) for month in ("2026-09", "2026-10")}
    clock.advance(hours=1)
    make_report(firm, period="2026-09", client_uscc=client, people_served=9, revenue_yuan=700)
    make_report(firm, period="2026-10", client_uscc=make_uscc(), people_served=5, revenue_yuan=100)
    with transaction():
        verify_firm_month(actor=CLI, firm_id=other.id, period="2026-10", evidence="审计报告 1")
    served(period_from=date(2026, 10, 1), period_to=date(2026, 10, 31))
    check("2026-09", "2026-10", "2026-11")
    assert frozen == {month: (rows("K3", month), rows("K2", month)) for month in frozen}
    clock.set("2026-12-10")
    close("2026-11")
    make_report(firm, period="2026-09", client_uscc=client, people_served=3, revenue_yuan=650)
    check("2026-09", "2026-10", "2026-11", "2026-12")
    assert frozen == {month: (rows("K3", month), rows("K2", month)) for month in frozen}


def test_a_late_row_stands_in_the_open_month_with_the_month_it_served(app: Flask, clock: Any) -> None:
    firm = make_firm()
    close("2026-10")
    make_report(firm, period="2026-09", client_uscc=make_uscc(), people_served=9, revenue_yuan=500)
    assert (rows("K3", "2026-09"), [row["period"] for row in rows("K3", "2026-11")]) == ([], ["2026-09"])
    assert [row["corrected_fen"] for row in rows("K2", "2026-11")] == [500]


def test_the_rows_of_orders_are_those_placed_and_of_satisfaction_the_reviews(app: Flask, clock: Any) -> None:
    make_order("placed")
    make_order("completed")
    assert sorted(str(row["state"]) for row in rows("K8", "2026-11")) == ["已完成", "待机构确认"]
    assert compute("K8").figure.month.value == 2 and rows("K13", "2026-11") == []


def test_the_rows_of_clients_follow_the_switch_for_individual_businesses(app: Flask, clock: Any) -> None:
    from marketplace.core.settings import change_setting

    code = make_uscc()
    make_report(make_firm(), period="2026-11", client_uscc=code, people_served=6)
    assert len(rows("K3", "2026-11")) == 1
    with transaction():
        change_setting(
            actor=CLI, key="kpi.count_individual", value=False, effective_on=date(2026, 11, 23), reason="口径调整"
        )
    assert len(rows("K3", "2026-11")) == 1 == board().figures["2026-11"]["K3"].month.value


def test_the_public_sees_no_firm_beside_a_client_nor_by_its_revenue(
    app: Flask, clock: Any, client: Any, sign_in: Any
) -> None:
    firm = make_firm(name="青浦保密人力资源有限公司")
    make_report(firm, period="2025-06", revenue_yuan=1_000_000_000)
    make_report(firm, period="2026-11", client_uscc=make_client(city_code="320500").uscc, people_served=9)
    staff = sign_in(make_staff("operator"))
    for slug in ("scale-firms", "clients", "people", "revenue"):
        assert firm.name not in client.get(f"/dashboard/{slug}").text
        assert firm.name not in client.get(f"/dashboard/{slug}/rows").data.decode("utf-8-sig")
        assert firm.name in staff.get(f"/dashboard/{slug}").text


def test_only_the_park_sees_which_firm_is_not_compliant(app: Flask, clock: Any) -> None:
    overdue, good = make_firm(), make_firm()
    with transaction():
        overdue.next_due_on = date(2026, 11, 22)
    assert {row["firm"]: row["compliant"] for row in rows("K16", "2026-11")}[good.name] == "是"
    assert sorted(row["compliant"] for row in rows("K16", "2026-11")) == ["否", "是"]
    assert "compliant" not in [c.key for c in list_rows(indicator("K16"), "2026-11", names=False).columns]
