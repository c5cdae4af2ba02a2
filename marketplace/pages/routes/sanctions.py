"""Measures against firms, made public (电子商务法 36)."""

import io
from typing import Any

from flask import Response, render_template, request, send_file

from marketplace.core import clock
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import public
from marketplace.organisations.queries import each_sanction, list_sanctions
from marketplace.organisations.rules import MEASURE_RULES, MEASURES
from marketplace.pages.routes import bp

COLUMNS = [
    Column("imposed", "处置日期"), Column("firm", "机构"), Column("uscc", "统一社会信用代码"), Column("rule", "依据"), Column("measure", "措施"),
    Column("lifted", "解除日期", required=False),
]  # fmt: skip


def _filters() -> dict[str, Any]:
    state = request.args.get("state", "")
    return {
        "state": state if state in ("current", "lifted") else "", "q": request.args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/legal/sanctions", endpoint="list_sanctions")
@public
def show_sanctions() -> str:
    """Present and past measures, newest first: date, rule, measure, when lifted."""
    filters = _filters()
    page = list_sanctions(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "legal/sanctions.html", page=page, filters=filters, measures=MEASURES, rules=MEASURE_RULES,
    )  # fmt: skip


@bp.get("/legal/sanctions/export")
@public
def export_sanctions() -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (
        {
            "imposed": clock.local(one.imposed_at).date().isoformat(), "firm": one.firm, "uscc": one.uscc,
            "rule": str(MEASURE_RULES.get(one.rule, one.rule)), "measure": str(MEASURES[one.measure]),
            "lifted": clock.local(one.lifted_at).date().isoformat() if one.lifted_at else None,
        }
        for one in each_sanction(**_filters())
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    name = f"sanctions-{clock.today():%Y%m%d}.{kind}"
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)
