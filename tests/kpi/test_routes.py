"""The public pages of the indicators: what everybody sees, what only the park sees, and how much they ask of the database."""

from typing import Any

import pytest
from flask import Flask

from marketplace.core.actor import CLI
from marketplace.core.db import transaction
from marketplace.core.tabular import Column, read_table
from marketplace.kpi.rules.indicators import INDICATORS
from marketplace.kpi.services import close_month
from tests.factories import make_client, make_firm, make_staff, make_uscc
from tests.factories.orders import make_order
from tests.factories.reports import make_report


@pytest.fixture
def park(app: Flask, clock: Any) -> Any:
    """A firm with a verified October of 2026, one unverified line, and an accepted order of November."""
    firm = make_firm(name="青浦示例人力资源有限公司")
    client = make_client(name="苏州保密制造有限公司", city_code="320500", industry="制造业")
    make_report(firm, client_uscc=client.uscc, client_city_code="320500", category_code="C0101", people_served=3)
    make_report(firm, verified=False, client_uscc=make_uscc(), people_served=70, category_code="C0102")
    make_order("completed", client=client)
    return firm, client


def test_the_dashboard_shows_the_four_targets_and_marks_the_open_month(park: Any, client: Any) -> None:
    page = client.get("/dashboard/").text
    for words in (
        "规模型企业数",
        "≥ 40",
        "≥ 20亿元",
        "≥ 20,000",
        "100,000–200,000",
        "暂估",
        "更多指标",
        "数据截至 2026-11-23 10:00",
    ):
        assert words in page


@pytest.mark.parametrize("one", INDICATORS, ids=lambda one: one.code)
def test_every_indicator_has_a_page_with_definition_series_and_rows(
    park: Any, client: Any, queries: Any, one: Any
) -> None:
    with queries(at_most=24):
        answer = client.get(f"/dashboard/{one.slug}?period=2026-10")
    assert answer.status_code == 200
    assert "口径" in answer.text and "暂估（未关账）" in answer.text


def test_the_pages_ask_little_of_the_database(park: Any, client: Any, clock: Any, queries: Any) -> None:
    with transaction():
        close_month(actor=CLI, period="2026-10")
    client.get("/dashboard/")
    with queries(at_most=12):
        client.get("/dashboard/")
    with queries(at_most=12):
        client.get("/dashboard/clients?period=2026-10")


def test_the_board_itself_is_made_with_few_statements(park: Any, clock: Any, queries: Any) -> None:
    from marketplace.kpi.queries import board

    with transaction():
        close_month(actor=CLI, period="2026-10")
    with queries(at_most=12):
        board()


def test_the_public_sees_no_client_and_no_small_number(park: Any, client: Any) -> None:
    page = client.get("/dashboard/clients?period=2026-10").text
    assert "苏州保密制造" not in page and park[1].uscc not in page
    assert "&lt;5" in page and "苏州" in page and "制造业" in page
    assert "本年 &lt;5，本月 &lt;5" in client.get("/dashboard/").text


def test_the_park_sees_names_and_amounts(park: Any, sign_in: Any) -> None:
    for role in ("operator", "bureau"):
        visitor = sign_in(make_staff(role))
        assert "苏州保密制造有限公司" in visitor.get("/dashboard/clients?period=2026-10").text
        assert "500.00" in visitor.get("/dashboard/volume").text


def test_public_revenue_hides_sums_of_few_firms(park: Any, client: Any) -> None:
    assert "已隐去" in client.get("/dashboard/revenue?period=2026-10").text


def test_the_exported_rows_are_masked_as_the_page_is(park: Any, client: Any, sign_in: Any) -> None:
    assert "苏州保密制造" not in client.get("/dashboard/clients/rows?period=2026-10").data.decode("utf-8-sig")
    staff = sign_in(make_staff("auditor")).get("/dashboard/clients/rows?period=2026-10").data.decode("utf-8-sig")
    assert "苏州保密制造有限公司" in staff


def test_the_series_is_exported_without_small_numbers_for_the_public(park: Any, client: Any, sign_in: Any) -> None:
    hidden = dict.fromkeys(("month", "year", "total", "a", "c"))
    columns = [Column(n, z, "text" if n in ("period", "state") else "int", required=False) for n, z in (
        ("period", "月份"), ("state", "状态"), ("month", "当月"), ("year", "本年累计"), ("total", "累计"), ("a", "证据 A"),
        ("b", "证据 B"), ("c", "证据 C"),
    )]  # fmt: skip
    rows = read_table(client.get("/dashboard/clients/series").data, "a.csv", columns)
    assert rows[-1] == {"period": "2026-11", "state": "暂估（未关账）", **hidden, "b": 0}
    staff = read_table(sign_in(make_staff("auditor")).get("/dashboard/clients/series").data, "a.csv", columns)
    assert staff[-1] == {
        "period": "2026-11",
        "state": "暂估（未关账）",
        "month": 1,
        "year": 1,
        "total": 1,
        "a": 1,
        "b": 0,
        "c": 1,
    }


@pytest.mark.parametrize(
    "path", ["/dashboard/none", "/dashboard/clients?period=2027-01", "/dashboard/clients?period=x"]
)
def test_an_unknown_indicator_or_month_is_not_found(app: Flask, clock: Any, client: Any, path: str) -> None:
    assert client.get(path).status_code == 404
