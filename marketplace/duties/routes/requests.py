"""Asking the park about one's data."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core import settings
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, signed_in, submit_once
from marketplace.duties import queries, services
from marketplace.duties.forms import DataRequestForm
from marketplace.duties.routes import bp
from marketplace.duties.rules.requests import KINDS


@bp.route("/account/requests", methods=["GET", "POST"])
@signed_in
@limiter.limit("20 per hour", methods=["POST"])
def requests() -> Any:
    form, actor = DataRequestForm(), current_actor()
    if form.validate_on_submit():

        def work() -> str:
            made = services.make_data_request(actor=actor, kind=form.kind.data, text=form.text.data or "")
            flash(_("已收到您的请求，我们将在 %(day)s 前答复", day=made.due_on.isoformat()), "success")
            return url_for("duties.requests")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    args = request.args
    page = queries.list_own_requests(actor.user_id or 0, args.get("page", 1, int), args.get("per_page", 20, int))
    body = render_template(
        "duties/requests.html", form=form, page=page, kinds=KINDS, days=settings.get("duties.request_days")
    )
    return body, 422 if form.is_submitted() else 200


@bp.post("/account/requests/<string:number>/withdraw")
@signed_in
def withdraw_request(number: str) -> Any:
    actor = current_actor()

    def work() -> str:
        services.withdraw_data_request(actor=actor, request=queries.get_own_request(number, actor=actor))
        flash(_("请求已撤回"), "success")
        return url_for("duties.requests")

    return redirect(submit_once(BaseForm(), work))
