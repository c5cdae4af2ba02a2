"""Indicators: all of one month, and the series of one."""

import re
from typing import Any

from flask import request

from marketplace.api.blueprint import bad_parameters, bp, listed
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _, lazy
from marketplace.core.web import public
from marketplace.kpi import queries
from marketplace.kpi.queries import Value
from marketplace.kpi.queries.cards import forecast
from marketplace.kpi.rules.indicators import find_indicator, indicator


def _point(value: Value) -> dict[str, Any]:
    figure = value.figure
    return {
        "period": value.period, "value": value.value, "evidence": {"A": value.evidence.a, "B": value.evidence.b, "C": value.evidence.c},
        "month_value": figure.month.value, "year_value": figure.year.value, "total_value": figure.total.value,
        "provisional": value.provisional, "as_of": clock.local(value.as_of).isoformat(timespec="seconds"),
    }  # fmt: skip


def _item(value: Value) -> dict[str, Any]:
    one = indicator(value.code)
    return {
        "code": one.code, "slug": one.slug, "name": one.label, "target": one.target, "target_upper": one.upper, "unit": one.unit,
        "scope": one.scope, "definition": str(one.definition), "source": str(one.source), "is_estimate": one.is_estimate,
        "url": f"/dashboard/{one.slug}", **_point(value),
    }  # fmt: skip


@bp.get("/kpis")
@public
@bp.doc(summary="The park's indicators of one month", responses={404: "No figures for this month", 422: "Not a month"})
def list_kpis() -> Any:
    """`period` is a month `YYYY-MM`, the present one by default. Money is in 分, shares are in hundredths of a percent. `value` counts
    evidence A and B; C is self-reported. A month that has not closed is `provisional`."""
    period = request.args.get("period") or None
    if period and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        return bad_parameters([("period", _("应为年月，例如 2026-03"))])
    items = [_item(value) for value in queries.list_values(period)]
    return listed(items, len(items), 1, len(items))


@bp.get("/kpis/<string:slug>/series")
@public
@bp.doc(summary="Every month of one indicator", responses={404: "No such indicator"})
def list_kpi_series(slug: str) -> Any:
    """The months since 2023 in order, open ones last; `forecast` is the run-rate forecast, or null."""
    one = find_indicator(slug)
    if one is None:
        raise NotFound("kpi.missing", lazy("没有这个指标"))
    seen = queries.board()
    points = [_point(value) for value in queries.series(one, seen)]
    latest = queries.compute(one.code, seen.current, seen)
    return listed(points, len(points), 1, len(points)) | {
        "code": one.code, "slug": one.slug, "name": one.label, "unit": one.unit, "target": one.target,
        "definition": str(one.definition), "forecast": forecast(one, latest, seen),
    }  # fmt: skip
