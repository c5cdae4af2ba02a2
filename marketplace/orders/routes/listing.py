"""The order lists of the client's and the firm's desks, and their files."""

import io
from typing import Any

from flask import Response, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.i18n import _
from marketplace.core.tabular import MEDIA_TYPES, table_bytes
from marketplace.core.web import current_actor, roles
from marketplace.orders.queries import ORDER_COLUMNS, count_by_state, each_order, list_orders, order_row
from marketplace.orders.routes import bp
from marketplace.orders.states import OrderState


def filters() -> dict[str, Any]:
    return {"state": request.args.get("state") or None, "text": request.args.get("q", "")}


def _list(side: str, title: str) -> str:
    actor = current_actor()
    page = list_orders(
        actor, side, **filters(), page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    counts = count_by_state(actor, side)
    here, state = f"orders.list_{side}", filters()["state"]
    tabs: list[Any] = [(_("全部"), url_for(here), state is None, sum(counts.values()))]
    tabs += [
        (s.label, url_for(here, state=s.value), state == s, counts.get(s, 0))
        for s in OrderState
        if counts.get(s) or state == s
    ]
    return render_template("orders/list.html", page=page, side=side, title=title, tabs=tabs, state=state)


@bp.get("/client/orders")
@roles("client")
def list_client() -> str:
    return _list("client", _("我的订单"))


@bp.get("/firm/orders")
@roles("firm")
def list_firm() -> str:
    return _list("firm", _("客户订单"))


def _file(side: str) -> Response:
    """The list as it is filtered, as CSV or XLSX."""
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (order_row(order) for order in each_order(current_actor(), side, **filters()))
    stream = io.BytesIO(table_bytes(kind, ORDER_COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"orders-{clock.today()}.{kind}"
    )


@bp.get("/client/orders/export")
@roles("client")
def export_client() -> Response:
    return _file("client")


@bp.get("/firm/orders/export")
@roles("firm")
def export_firm() -> Response:
    return _file("firm")
