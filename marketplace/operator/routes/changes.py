"""The operator's review of changes of identity: queue, what differs beside its evidence, decisions."""

import io
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import late_before
from marketplace.operator.routes import bp
from marketplace.operator.routes.verification import AGES, READERS, before_of
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_decide_change, can_read_verifications
from marketplace.organisations.forms import MethodForm, ReasonForm
from marketplace.organisations.identity import FACTS, LOCKED, compare_facts, in_words, locked_facts
from marketplace.organisations.models import ChangeRequest
from marketplace.organisations.rules import CHANGE_REASONS, KINDS
from marketplace.organisations.states import ChangeState

COLUMNS = [
    Column("kind", "类型"), Column("name", "单位名称"), Column("uscc", "统一社会信用代码"), Column("state", "状态"), Column("fields", "变更项目"),
    Column("old", "变更前"), Column("new", "变更后"), Column("reason", "原因"), Column("submitted_at", "提交时间"),
    Column("decided_at", "办结时间", required=False),
]  # fmt: skip


def _chosen() -> dict[str, str]:
    args = request.args
    state, kind, age = args.get("state", "submitted"), args.get("kind", ""), args.get("age", "")
    return {
        "state": state if state in {*ChangeState, "all"} else "submitted", "kind": kind if kind in KINDS else "",
        "q": args.get("q", "").strip()[:60], "age": age if age in AGES else "",
    }  # fmt: skip


def _filters(chosen: dict[str, str]) -> dict[str, Any]:
    return {key: chosen[key] for key in ("state", "kind", "q")} | {"before": before_of(chosen["age"], "changes")}


@bp.get("/operator/changes")
@roles(*READERS)
def list_changes() -> str:
    """Requests that wait, oldest first."""
    require(can_read_verifications(current_actor()))
    chosen = _chosen()
    page = queries.list_changes(
        **_filters(chosen), page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/changes_list.html", page=page, filters=chosen, states=list(ChangeState), kinds=KINDS, facts=FACTS, ages=AGES,
        claims=queries.claims_of("change_request", [c.id for c in page.items]), late_before=late_before("changes"),
        params={key: value for key, value in chosen.items() if value},
    )  # fmt: skip


def _moment(moment: Any) -> str | None:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


@bp.get("/operator/changes/export")
@roles(*READERS)
def export_changes() -> Response:
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (
        {
            "kind": str(KINDS[c.organisation.kind]), "name": c.organisation.name, "uscc": c.organisation.uscc, "state": str(c.state_label),
            "fields": "；".join(str(FACTS[field]) for field in c.new), "old": "；".join(in_words(f, v) or "—" for f, v in c.old.items()),
            "new": "；".join(in_words(f, v) or "—" for f, v in c.new.items()), "reason": c.reason, "submitted_at": _moment(c.submitted_at),
            "decided_at": _moment(c.decided_at),
        }
        for c in queries.each_change(**_filters(_chosen()))
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    name = f"changes-{clock.today():%Y%m%d}.{kind}"
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)


@bp.get("/operator/changes/<int:change_id>")
@roles(*READERS)
def show_change(change_id: int) -> Any:
    require(can_read_verifications(current_actor()))
    return _page(change_id)


def _page(change_id: int, forms: dict[str, Any] | None = None, error: str = "", status: int = 200) -> Any:
    change = queries.get_change(change_id, actor=current_actor())
    reason = ReasonForm(formdata=None)
    if picked := [str(CHANGE_REASONS[one]) for one in request.args.getlist("reason") if one in CHANGE_REASONS]:
        reason.reason.data = "\n".join(picked)
    present = locked_facts(change.organisation)
    people = [change.requested_by_id, change.decided_by_id]
    return render_template(
        "operator/changes_show.html", change=change, error=error, reasons=CHANGE_REASONS,
        forms={"approve": MethodForm(formdata=None), "reason": reason, **(forms or {})},
        rows=compare_facts(present | change.old, present | change.new, LOCKED), people=queries.people_of(people),
        is_outdated=change.state == ChangeState.SUBMITTED and any(present[field] != value for field, value in change.old.items()),
        claim=queries.claims_of("change_request", [change.id]).get(change.id),
    ), status  # fmt: skip


@bp.post("/operator/changes/<int:change_id>/approve")
@roles("operator", "reviewer")
def approve_change(change_id: int) -> Any:
    require(can_decide_change(current_actor()))
    form = MethodForm()

    def work(change: ChangeRequest) -> None:
        services.approve_change(actor=current_actor(), change=change, method=form.method.data)

    return _decide(change_id, form, "approve", work, _("变更已生效，已通知该单位"))


@bp.post("/operator/changes/<int:change_id>/return-back")
@roles("operator", "reviewer")
def return_change(change_id: int) -> Any:
    require(can_decide_change(current_actor()))
    form = ReasonForm()

    def work(change: ChangeRequest) -> None:
        services.return_change(actor=current_actor(), change=change, reason=form.reason.data or "")

    return _decide(change_id, form, "reason", work, _("已退回，已通知该单位"))


def _decide(change_id: int, form: Any, name: str, work: Callable[[ChangeRequest], None], done: str) -> Any:
    here, refusal, status = url_for("operator.show_change", change_id=change_id), "", 422
    queries.get_change(change_id, actor=current_actor())

    def done_here() -> str:
        work(queries.get_change(change_id, actor=current_actor()))
        return here

    if form.validate_on_submit():
        try:
            submit_once(form, done_here)
            flash(done, "success")
            return redirect(here)
        except NotFound:
            raise
        except ServiceError as error:
            status = error.status
            if error.status == 422:
                form.add_service_error(error)
            else:
                refusal = error.text
    return _page(change_id, {name: form}, refusal, status)
