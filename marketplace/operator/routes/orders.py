"""The operator's view of all orders: find them, see the disputes that wait for a decision, take the list away."""

import io
from typing import Any

from flask import Response, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.i18n import _
from marketplace.core.tabular import MEDIA_TYPES, table_bytes
from marketplace.core.web import current_actor, roles
from marketplace.operator.routes import bp
from marketplace.orders.queries import (
    ORDER_COLUMNS,
    count_by_state,
    count_disputes,
    each_order,
    list_orders,
    order_row,
)  # fmt: skip
from marketplace.orders.states import OrderState

STAFF = ("operator", "service", "finance", "auditor")


def _filters() -> dict[str, Any]:
    args = request.args
    return {"state": args.get("state") or None, "text": args.get("q", ""), "disputed": args.get("disputed") == "1"}


@bp.get("/operator/orders", endpoint="list_orders")
@roles(*STAFF)
def list_orders_desk() -> str:
    actor, chosen = current_actor(), _filters()
    page = list_orders(
        actor,
        "operator",
        **chosen,
        page=request.args.get("page", 1, int),
        per_page=request.args.get("per_page", 20, int),
    )
    counts = count_by_state(actor, "operator")
    here, state = "operator.list_orders", None if chosen["disputed"] else chosen["state"]
    tabs: list[Any] = [(_("全部"), url_for(here), state is None and not chosen["disputed"], sum(counts.values()))]
    tabs += [(_("争议待裁定"), url_for(here, disputed=1), chosen["disputed"], count_disputes())]
    tabs += [(s.label, url_for(here, state=s.value), state == s, counts[s]) for s in OrderState if counts.get(s)]
    return render_template("operator/orders_list.html", page=page, tabs=tabs, chosen=chosen)


@bp.get("/operator/orders/export")
@roles(*STAFF)
def export_orders() -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (order_row(order) for order in each_order(current_actor(), "operator", **_filters()))
    stream = io.BytesIO(table_bytes(kind, ORDER_COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"orders-{clock.today()}.{kind}"
    )
