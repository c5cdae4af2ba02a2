"""How long what is kept, what the daily job did, and what is held back from it."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.queries import find_user_by_login, list_users
from marketplace.core import clock, retention
from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import ConfirmationNeeded, Invalid, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.duties import queries, services
from marketplace.duties.access import can_read_retention
from marketplace.duties.forms import HoldForm, LiftHoldForm
from marketplace.duties.models import LegalHold
from marketplace.operator.routes import bp
from marketplace.organisations.queries import find_by_uscc, list_organisations

READERS = ("operator", "security", "auditor")
COLUMNS = [
    Column("noun", "数据"), Column("table", "数据表"), Column("keep", "保存期限"), Column("what", "到期处理"), Column("law", "依据"),
]  # fmt: skip


def _page(form: HoldForm, status: int = 200) -> Any:
    args = request.args
    state = args.get("holds", "active") if args.get("holds") in ("active", "lifted", "all") else "active"
    holds = queries.list_holds(state, args.get("page", 1, int), args.get("per_page", 20, int))
    runs = queries.list_runs(args.get("runs", 1, int), 10)
    people = [i for h in holds.items for i in (h.user_id, h.placed_by_id, h.lifted_by_id) if i]
    body = render_template(
        "operator/retention.html", form=form, rules=retention.rules(), what=retention.WHAT, holds=holds, state=state,
        runs=runs, organisations=list_organisations({h.organisation_id for h in holds.items if h.organisation_id}),
        names={u.id: u.name for u in list_users(people)}, nouns={r.code: r.noun for r in retention.rules()},
    )  # fmt: skip
    return body, status


@bp.get("/operator/retention")
@roles(*READERS)
def show_retention() -> Any:
    require(can_read_retention(current_actor()))
    return _page(HoldForm(formdata=None))


@bp.get("/operator/retention/export/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_retention(fmt: str) -> Response:
    """The matrix as a file."""
    require(can_read_retention(current_actor()))
    rows = [
        {"noun": str(r.noun), "table": r.table, "keep": r.keep_text, "what": str(retention.WHAT[r.what]), "law": r.law}
        for r in retention.rules()
    ]
    stream = io.BytesIO(table_bytes(fmt, COLUMNS, rows))
    name = f"retention-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


@bp.post("/operator/retention/rehearse")
@roles("operator", "security")
def rehearse_retention() -> Any:
    """Have a dry run made."""

    def work() -> str:
        services.rehearse_retention(actor=current_actor())
        flash(_("已安排试运行，结果稍后列在执行记录中"), "success")
        return url_for("operator.show_retention")

    return redirect(submit_once(BaseForm(), work))


def _subject(form: HoldForm) -> dict[str, Any]:
    if form.subject.data == "organisation":
        found = find_by_uscc((form.uscc.data or "").strip().upper())
        if found is None:
            raise Invalid("hold.uscc", lazy("没有这个单位，请核对统一社会信用代码"), field="uscc")
        return {"organisation_id": found.id}
    if form.subject.data == "user":
        login = (form.login.data or "").strip()
        user = (
            next(iter(list_users([int(login)])), None)
            if login.isdecimal() and len(login) < 11
            else find_user_by_login(login)
        )
        if user is None:
            raise Invalid("hold.login", lazy("没有这个用户，请核对邮箱、手机号码或编号"), field="login")
        return {"user_id": user.id}
    return {"noun": form.noun.data or None}


@bp.post("/operator/retention/holds")
@roles("operator", "security")
def place_hold() -> Any:
    form = HoldForm()

    def work() -> str:
        services.place_hold(actor=current_actor(), reason=form.reason.data or "", **_subject(form))
        flash(_("已保全：相关数据在解除前不会被删除或去标识化"), "success")
        return url_for("operator.show_retention", _anchor="holds")

    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    return _page(form, 422)


def _lift_page(hold: LegalHold, form: LiftHoldForm, status: int = 200) -> Any:
    organisations = list_organisations([hold.organisation_id] if hold.organisation_id else [])
    body = render_template(
        "operator/lift_hold.html",
        hold=hold,
        form=form,
        organisations=organisations,
        nouns={r.code: r.noun for r in retention.rules()},
    )
    return body, status


@bp.route("/operator/retention/holds/<int:hold_id>/lift", methods=["GET", "POST"])
@roles("operator", "security")
def lift_hold(hold_id: int) -> Any:
    require_confirmed(current_actor())
    form = LiftHoldForm()
    hold = queries.get_hold(hold_id)

    def work() -> str:
        services.lift_hold(actor=current_actor(), hold=queries.get_hold(hold_id), reason=form.reason.data or "")
        flash(_("已解除保全"), "success")
        return url_for("operator.show_retention", _anchor="holds")

    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, work))
        except ConfirmationNeeded:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    return _lift_page(hold, form, 422 if form.is_submitted() else 200)
