"""The operator's review of standards and grades: the queue, one beside what it would replace, the decisions."""

import io
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.forms import SeenForm, whole
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import late_before
from marketplace.operator.routes import bp
from marketplace.operator.routes.verification import READERS
from marketplace.organisations.access import can_read_verifications, can_review_standard
from marketplace.organisations.forms import ReasonForm
from marketplace.organisations.models import FirmStandard
from marketplace.organisations.queries import standards as queries
from marketplace.organisations.rules.standards import KNOWN, RETURN_REASONS
from marketplace.organisations.services import standards as services
from marketplace.organisations.states import StandardState

COLUMNS = [
    Column("name", "机构名称"), Column("uscc", "统一社会信用代码"), Column("standard_no", "标准编号"), Column("title", "名称"),
    Column("level", "等级或结论", required=False), Column("issuer", "颁发或评定机构"), Column("issued_on", "颁发日期", "date", required=False),
    Column("valid_to", "有效期至", "date", required=False), Column("state", "状态"), Column("submitted_at", "提交时间", required=False),
    Column("reviewed_at", "审核时间", required=False), Column("reason", "意见", required=False),
]  # fmt: skip
DECISIONS: dict[str, tuple[Callable[..., FirmStandard], Any]] = {
    "approve": (services.approve_standard, lazy("已通过并公示，已通知该机构")),
    "return": (services.return_standard, lazy("已退回，已通知该机构")),
    "revoke": (services.revoke_standard, lazy("已撤下，已通知该机构")),
}


def _filters() -> dict[str, str]:
    state = request.args.get("state", StandardState.SUBMITTED)
    known = state in {*StandardState, "all"}
    return {"state": state if known else str(StandardState.SUBMITTED), "q": request.args.get("q", "").strip()[:60]}


@bp.get("/operator/standards")
@roles(*READERS)
def list_standards() -> str:
    """Standards that wait, oldest first; by filter in any state."""
    require(can_read_verifications(current_actor()))
    args, filters = request.args, _filters()
    page = queries.list_standard_queue(**filters, page=args.get("page", 1, int), per_page=args.get("per_page", 20, int))
    return render_template(
        "operator/standards_list.html", page=page, filters=filters, states=list(StandardState), late_before=late_before("standards"),
        params={key: value for key, value in filters.items() if value},
    )  # fmt: skip


@bp.get("/operator/standards/export")
@roles(*READERS)
def export_standards() -> Response:
    """The queue under the present filters, as a file."""
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (_row(one) for one in queries.each_queued_standard(**_filters()))
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    name = f"standards-{clock.today():%Y%m%d}.{kind}"
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)


def _moment(moment: Any) -> str | None:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


def _row(one: FirmStandard) -> dict[str, Any]:
    facts = ("standard_no", "title", "level", "issuer", "issued_on", "valid_to", "reason")
    return {name: getattr(one, name) or None for name in facts} | {
        "name": one.organisation.name, "uscc": one.organisation.uscc, "state": str(one.state_label),
        "submitted_at": _moment(one.submitted_at), "reviewed_at": _moment(one.reviewed_at),
    }  # fmt: skip


@bp.get("/operator/standards/<int:standard_id>")
@roles(*READERS)
def show_standard(standard_id: int) -> Any:
    """One standard: what was handed in beside the one that stands, its evidence, the decision."""
    return _page(standard_id)


def _page(standard_id: int, form: Any = None, error: str = "", status: int = 200) -> Any:
    standard = queries.get_standard(standard_id, actor=current_actor())
    reason = form if isinstance(form, ReasonForm) else ReasonForm(formdata=None)
    if picked := [str(RETURN_REASONS[one]) for one in request.args.getlist("reason") if one in RETURN_REASONS]:
        reason.reason.data = "\n".join(picked)
    page = render_template(
        "operator/standards_show.html", standard=standard, standing=queries.find_standing_standard(standard), form=reason,
        approve=SeenForm(formdata=None, data={"seen": standard.version}), error=error, reasons=RETURN_REASONS, official=KNOWN.get(standard.standard_no),
        today=clock.today(),
    )  # fmt: skip
    return page, status


@bp.post("/operator/standards/<int:standard_id>/<any(approve, return, revoke):decision>")
@roles("operator", "reviewer")
def review_standard(standard_id: int, decision: str) -> Any:
    """Decide on one standard; a return and a taking down say why."""
    require(can_review_standard(current_actor()))
    form: Any = SeenForm() if decision == "approve" else ReasonForm()
    queries.get_standard(standard_id, actor=current_actor())
    service, done = DECISIONS[decision]

    def work() -> str:
        given: dict[str, Any] = {"reason": form.reason.data or ""} if decision != "approve" else {}
        if decision == "approve" and form.seen.data:
            given = {"seen": whole(form.seen.data)}
        service(actor=current_actor(), standard=queries.get_standard(standard_id, actor=current_actor()), **given)
        return url_for("operator.show_standard", standard_id=standard_id)

    error, status = "", 422
    if form.validate_on_submit():
        try:
            address = submit_once(form, work)
            flash(str(done), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as refused:
            status = refused.status
            if refused.field == "reason":
                form.add_service_error(refused)
            else:
                error = refused.text
    return _page(standard_id, form, error, status)
