"""The review of licences: the queue, one licence beside what it would replace, the decisions with their evidence."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.queries import list_users
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.lifecycle import days_since
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.files import services as files
from marketplace.files.web import send
from marketplace.operator.routes import bp
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_read_verifications, can_verify_organisation
from marketplace.organisations.forms import ReviewLicenceForm
from marketplace.organisations.models import Licence
from marketplace.organisations.rules import CHECK_METHODS, CHECK_RESULTS, LICENCE_KINDS, SCOPES

READERS = ("operator", "reviewer", "service", "bureau", "auditor")
EVIDENCE_ACCEPT = ".pdf,.jpg,.jpeg,.png"
COLUMNS = [
    Column("organisation", "单位名称"), Column("uscc", "统一社会信用代码"), Column("kind", "证照类型"), Column("number", "证照编号"),
    Column("scope", "范围", required=False), Column("issued_on", "发证日期", required=False), Column("valid_to", "有效期至", required=False),
    Column("issuing", "发证机关", required=False), Column("recognised_in", "互认地区", required=False), Column("state", "状态"),
    Column("submitted_at", "提交时间", required=False), Column("age", "等待天数", "int", required=False),
]  # fmt: skip
STATES: dict[str, Any] = {
    "pending": lazy("待核验"), "applying": lazy("随入驻申请审核"), "ending_90": lazy("90 天内到期"), "ending_60": lazy("60 天内到期"),
    "ending_30": lazy("30 天内到期"), "ending_7": lazy("7 天内到期"), "lapsed": lazy("已过期"), "returned": lazy("已退回"),
    "valid": lazy("有效"), "revoked": lazy("已失效"), "all": lazy("全部"),
}  # fmt: skip
DECISIONS: dict[str, tuple[Callable[..., Licence], Any]] = {
    "approve": (services.approve_licence, lazy("证照已核验，已通知该单位")),
    "return": (services.return_licence, lazy("证照已退回，已通知该单位")),
    "revoke": (services.revoke_licence, lazy("证照已作废，已通知该单位")),
}


def _filters() -> dict[str, Any]:
    args = request.args
    state, kind = args.get("state", "pending"), args.get("kind", "")
    return {
        "state": state if state in STATES else "pending", "kind": kind if kind in LICENCE_KINDS else "", "q": args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/licences")
@roles(*READERS)
def list_licences() -> str:
    """Licences to review, oldest first; by filter also those that end soon, have lapsed, or are in any state."""
    require(can_read_verifications(current_actor()))
    args, filters = request.args, _filters()
    page = queries.list_licence_queue(**filters, page=args.get("page", 1, int), per_page=args.get("per_page", 20, int))
    return render_template(
        "operator/licences_list.html", page=page, filters=filters, states=STATES, kinds=LICENCE_KINDS, days_since=days_since,
        today=clock.today(),
    )  # fmt: skip


@bp.get("/operator/licences/export")
@roles(*READERS)
def export_licences() -> Response:
    """The queue under the present filters, as a file."""
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = [_row(one) for one in queries.rows_of_licence_queue(**_filters())]
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"licences-{clock.today()}.{kind}"
    )


def _row(one: Licence) -> dict[str, Any]:
    labels = SCOPES.get(one.kind, {})
    return {
        "organisation": one.organisation.name, "uscc": one.organisation.uscc, "kind": str(LICENCE_KINDS[one.kind]), "number": one.number,
        "scope": "、".join(str(labels[code]) for code in one.scope if code in labels) or None,
        "issued_on": one.issued_on.isoformat() if one.issued_on else None, "valid_to": _end(one),
        "issuing": " ".join(x for x in (regions.label(one.issuing_code) if one.issuing_code else "", one.issuing_region) if x) or None,
        "recognised_in": "、".join(regions.label(code) for code in one.recognised_in) or None, "state": str(one.state_label),
        "submitted_at": clock.local(one.submitted_at).strftime("%Y-%m-%d %H:%M") if one.submitted_at else None,
        "age": days_since(one.submitted_at) if one.submitted_at and one.state == "pending" else None,
    }  # fmt: skip


def _end(one: Licence) -> str:
    return one.valid_to.isoformat() if one.valid_to else _("长期") if one.is_long_term else _("未注明")


@dataclass(frozen=True, slots=True)
class Compared:
    """One fact of the licence handed in beside the same of the one in force."""

    label: str
    new: str
    old: str

    @property
    def differs(self) -> bool:
        return self.new != self.old


def _compared(licence: Licence, standing: Licence | None) -> list[Compared]:
    def facts(one: Licence | None) -> list[str]:
        if one is None:
            return [""] * 7
        row = _row(one)
        names = ("number", "scope", "issued_on", "valid_to")
        issuing = regions.label(one.issuing_code) if one.issuing_code else ""
        return [*(row[n] or "" for n in names), issuing, one.issuing_region, row["recognised_in"] or ""]

    labels = (
        _("证照编号"), _("许可或备案范围"), _("发证日期"), _("有效期至"), _("发证地区"), _("发证机关"), _("示范区互认地区"),
    )  # fmt: skip
    return [Compared(*values) for values in zip(labels, facts(licence), facts(standing), strict=True)]


def _page(licence_id: int, form: ReviewLicenceForm, error: str = "", status: int = 200) -> Any:
    actor = current_actor()
    licence = queries.get_licence(licence_id, actor=actor)
    standing = queries.find_standing_licence(licence) if licence.state == "pending" else None
    checks = queries.list_licence_checks(licence)
    people = list_users(sorted({c.user_id for c in checks if c.user_id is not None}))
    page = render_template(
        "operator/licences_show.html", licence=licence, standing=standing, rows=_compared(licence, standing), checks=checks, form=form,
        error=error, names={person.id: person.name for person in people}, results=CHECK_RESULTS, methods=CHECK_METHODS,
        accept=EVIDENCE_ACCEPT, clock_now=queries.standing_of(licence.organisation), today=clock.today(),
        problem=queries.find_verification_problem(licence.organisation),
    )  # fmt: skip
    return page, status


@bp.get("/operator/licences/<int:licence_id>")
@roles("operator", "reviewer", "bureau", "auditor")
def show_licence(licence_id: int) -> Any:
    """One licence: what was submitted beside the one in force, its scans, its history, the decision."""
    return _page(licence_id, ReviewLicenceForm(formdata=None))


@bp.post("/operator/licences/<int:licence_id>/<any(approve, return, revoke):decision>")
@roles("operator", "reviewer")
def review_licence(licence_id: int, decision: str) -> Any:
    """Decide on one licence, with method and evidence."""
    require(can_verify_organisation(current_actor()))
    form = ReviewLicenceForm()
    queries.get_licence(licence_id, actor=current_actor())
    error, status = "", 422
    if form.validate_on_submit():
        try:
            address = submit_once(form, _deciding(licence_id, decision, form))
            flash(str(DECISIONS[decision][1]), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as refused:
            status = refused.status
            if refused.field in ("method", "evidence", "reason"):
                form.add_service_error(refused)
            else:
                error = refused.text
    return _page(licence_id, form, error, status)


def prepared_evidence(field: Any) -> files.Prepared | None:
    """The uploaded evidence, read and checked before the transaction opens; what is wrong with it belongs to the field `evidence`."""
    upload = field.data
    if not getattr(upload, "filename", ""):
        return None
    try:
        return files.prepare(upload.stream, upload.filename, "evidence")
    except ServiceError as error:
        error.field = "evidence"
        raise


def _deciding(licence_id: int, decision: str, form: ReviewLicenceForm) -> Callable[[], str]:
    evidence, actor = prepared_evidence(form.evidence), current_actor()
    service, text = DECISIONS[decision][0], form.reason.data or ""
    given = {"note": text} if decision == "approve" else {"reason": text}

    def work() -> str:
        licence = queries.get_licence(licence_id, actor=actor)
        service(actor=actor, licence=licence, method=form.method.data, evidence=evidence, **given)
        return url_for("operator.show_licence", licence_id=licence_id)

    return work


@bp.get("/operator/checks/<int:check_id>/evidence")
@roles(*READERS)
def download_evidence(check_id: int) -> Response:
    """The screenshot or PDF behind a decision, for staff who may read verifications."""
    return send(queries.get_check_evidence(check_id, actor=current_actor()))
