"""The indicators as JSON, as interfaces.md promises them."""

from typing import Any

import pytest
from flask import Flask

from tests.factories import make_firm, make_uscc
from tests.factories.reports import make_report


def test_the_indicators_of_the_present_month_with_all_promised_fields(app: Flask, clock: Any, client: Any) -> None:
    make_report(make_firm(), period="2026-11", client_uscc=make_uscc(), people_served=9, revenue_yuan=500)
    answer = client.get("/api/v1/kpis").json
    assert answer["total"] == len(answer["items"]) == 14
    by_code = {item["code"]: item for item in answer["items"]}
    for item in answer["items"]:
        assert {"code", "slug", "name", "value", "target", "unit", "period", "as_of", "evidence", "definition"} <= set(
            item
        )
    assert by_code["K3"] | {"definition": ""} == by_code["K3"] | {
        "slug": "clients", "value": 1, "target": 20_000, "period": "2026-11", "evidence": {"A": 0, "B": 1, "C": 0}, "definition": "",
        "as_of": "2026-11-23T10:00:00+08:00", "provisional": True,
    }  # fmt: skip
    assert by_code["K2"]["value"] == 500 and by_code["K2"]["target"] == 200_000_000_000


def test_a_month_is_chosen_by_period(app: Flask, clock: Any, client: Any) -> None:
    make_report(make_firm(), period="2026-10", revenue_yuan=500)
    items = client.get("/api/v1/kpis?period=2026-10").json["items"]
    assert {item["period"] for item in items} == {"2026-10"}


@pytest.mark.parametrize(("period", "status"), [("2026-13", 422), ("x", 422), ("2027-01", 404), ("2022-12", 404)])
def test_what_is_no_month_or_has_no_figures_is_a_problem(
    app: Flask, clock: Any, client: Any, period: str, status: int
) -> None:
    answer = client.get(f"/api/v1/kpis?period={period}")
    assert answer.status_code == status and answer.mimetype == "application/problem+json" and answer.json["code"]


def test_the_series_of_one_indicator(app: Flask, clock: Any, client: Any) -> None:
    make_report(make_firm(), period="2026-10", revenue_yuan=500)
    answer = client.get("/api/v1/kpis/revenue/series").json
    assert (answer["code"], answer["total"], answer["items"][0]["period"]) == ("K2", 47, "2023-01")
    assert [(i["period"], i["month_value"], i["value"]) for i in answer["items"][-2:]] == [
        ("2026-10", 500, 500),
        ("2026-11", 0, 500),
    ]
    assert client.get("/api/v1/kpis/none/series").status_code == 404


def test_the_names_follow_the_language(app: Flask, clock: Any, client: Any) -> None:
    assert client.get("/api/v1/kpis?lang=en").json["items"][0]["name"] == "Firms of scale"
