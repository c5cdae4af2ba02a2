"""The queue of people's requests about their data."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _
from marketplace.core.tabular import MEDIA_TYPES, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.duties import queries, services
from marketplace.duties.access import can_read_data_requests
from marketplace.duties.forms import AnswerForm
from marketplace.duties.rules.requests import KINDS
from marketplace.duties.states import DataRequestState
from marketplace.operator.routes import bp

READERS = ("service", "operator", "auditor")


def _filters() -> dict[str, str]:
    args = request.args
    state, kind = args.get("state", "received"), args.get("kind", "")
    return {
        "state": state if state in {*DataRequestState, "overdue", "all"} else "received",
        "kind": kind if kind in KINDS else "", "q": args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/data-requests")
@roles(*READERS)
def list_data_requests() -> str:
    require(can_read_data_requests(current_actor()))
    args, chosen = request.args, _filters()
    page = queries.list_requests(args.get("page", 1, int), args.get("per_page", 20, int), **chosen)
    return render_template(
        "operator/data_requests.html",
        page=page,
        filters=chosen,
        kinds=KINDS,
        states=list(DataRequestState),
        today=clock.today(),
    )


@bp.get("/operator/data-requests/export/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_data_requests(fmt: str) -> Response:
    require(can_read_data_requests(current_actor()))
    stream = io.BytesIO(table_bytes(fmt, queries.REQUEST_COLUMNS, queries.each_request(**_filters())))
    name = f"data-requests-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


def _page(number: str, form: AnswerForm, status: int = 200) -> Any:
    found, person = queries.get_data_request(number, actor=current_actor())
    page = render_template(
        "operator/data_request.html", one=found, person=person, form=form, kinds=KINDS, today=clock.today()
    )
    return page, status


@bp.get("/operator/data-requests/<string:number>")
@roles(*READERS)
def show_data_request(number: str) -> Any:
    return _page(number, AnswerForm(formdata=None))


@bp.post("/operator/data-requests/<string:number>/<any(answer, refuse):decision>")
@roles("service", "operator")
def decide_data_request(number: str, decision: str) -> Any:
    form, actor = AnswerForm(), current_actor()
    service = services.answer_data_request if decision == "answer" else services.refuse_data_request

    def work() -> str:
        found, _person = queries.get_data_request(number, actor=actor)
        service(actor=actor, request=found, answer=form.answer.data or "")
        flash(_("已答复，并通知了对方"), "success")
        return url_for("operator.list_data_requests")

    queries.get_data_request(number, actor=actor)
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except NotFound:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    return _page(number, form, 422)
