"""The public indicators: the board, one indicator with its definition, series and rows, and their files."""

import io
import re
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file

from marketplace.core.errors import NotFound
from marketplace.core.i18n import _, lazy
from marketplace.core.sharing import shared_page
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, public
from marketplace.kpi import queries
from marketplace.kpi.access import can_see_kpi_names
from marketplace.kpi.queries.cards import card_arguments, cell, cell_text, make_card, series_chart, with_unit
from marketplace.kpi.rules.indicators import COUNT_FROM, Indicator, find_indicator

bp = Blueprint("kpi", __name__)


@bp.get("/dashboard/")
@public
@shared_page()
def dashboard() -> str:
    seen = queries.board()
    names = can_see_kpi_names(current_actor())
    cards = queries.list_cards(seen, names=names)
    return render_template(
        "kpi/dashboard.html", board=seen, headline=[c for c in cards if c.indicator.is_headline],
        others=[c for c in cards if not c.indicator.is_headline], trend=queries.trend(seen, names=names),
        revenue=queries.trend(seen, "K2", "K4", names=names), share=queries.category_share(seen), arguments=card_arguments,
    )  # fmt: skip


def _indicator(slug: str) -> Indicator:
    one = find_indicator(slug)
    if one is None:
        raise NotFound("kpi.missing", lazy("没有这个指标"))
    return one


def _month(seen: queries.Board) -> str:
    """The month of the rows shown: the one asked for, else the present one."""
    month = request.args.get("period", "") or seen.current
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or not COUNT_FROM <= month <= seen.current:
        raise NotFound("kpi.period", lazy("没有这个月份的指标"))
    return month


@bp.get("/dashboard/<string:slug>")
@public
@shared_page()
def show(slug: str) -> str:
    """One indicator: definition, value, series, evidence and the rows of one month."""
    one, seen = _indicator(slug), queries.board()
    values = queries.series(one, seen)
    names = can_see_kpi_names(current_actor())
    card = make_card(one, queries.compute(one.code, seen.current, seen), seen, names=names)
    month = _month(seen)
    listing = queries.list_rows(
        one, month, names=names, page=request.args.get("page", 1, int),
        per_page=request.args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template(
        "kpi/show.html", one=one, card=card, board=seen, values=values, chart_spec=series_chart(one, values, names=names), month=month,
        listing=listing, cell_text=cell_text, with_unit=with_unit, names=names, arguments=card_arguments,
    )  # fmt: skip


def _file(name: str, columns: list[Column], rows: Any) -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    stream = io.BytesIO(table_bytes(kind, columns, rows))
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"{name}.{kind}")


@bp.get("/dashboard/<string:slug>/rows")
@public
def export_rows(slug: str) -> Response:
    """The rows of one month as a file, masked as on the page."""
    one, month = _indicator(slug), _month(queries.board())
    columns, rows = queries.rows_for_export(one, month, names=can_see_kpi_names(current_actor()))
    return _file(f"{slug}-{month}", columns, rows)


@bp.get("/dashboard/<string:slug>/series")
@public
def export_series(slug: str) -> Response:
    """Every month of one indicator as a file; what is too small for the public stays blank."""
    one, names = _indicator(slug), can_see_kpi_names(current_actor())
    kind = "yuan" if one.unit == "fen" else "int"
    columns = [
        Column("period", _("月份")), Column("state", _("状态")), Column("month", _("当月"), kind), Column("year", _("本年累计"), kind),
        Column("total", _("累计"), kind), Column("a", _("证据 A"), kind), Column("b", _("证据 B"), kind), Column("c", _("证据 C"), kind),
    ]  # fmt: skip
    rows = (
        {
            "period": v.period, "state": _("暂估（未关账）") if v.provisional else _("已关账"),
            **{scope: cell(one, v.figure.scope(scope).value, names) for scope in ("month", "year", "total")},
            **{grade: cell(one, number, names) for grade, number in zip("abc", v.evidence, strict=True)},
        }
        for v in queries.series(one)
    )  # fmt: skip
    return _file(f"{slug}-series", columns, rows)
