"""Verification that is due: the list, the reminders, and verifying an organisation again."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.queries import list_users
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.routes import bp
from marketplace.operator.routes.licences import EVIDENCE_ACCEPT, READERS, prepared_evidence
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_read_verifications, can_verify_organisation
from marketplace.organisations.forms import ReverifyForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import CHECK_METHODS, CHECK_RESULTS, KINDS
from marketplace.organisations.states import LicenceState

STAGES: dict[str, Any] = {
    "due": lazy("全部到期"), "grace": lazy("宽限期内"), "over": lazy("已超宽限期"), "confirmed": lazy("已声明资料无变化"),
}  # fmt: skip
COLUMNS = [
    Column("kind", "类型"), Column("name", "单位名称"), Column("uscc", "统一社会信用代码"), Column("city", "城市"),
    Column("last_verified_at", "最近核验", required=False), Column("next_due_on", "应复核日期", required=False),
    Column("overdue_days", "逾期天数", "int"), Column("grace_left", "宽限剩余天数", "int"), Column("hidden", "是否已暂停"),
    Column("confirmed_at", "声明无变化时间", required=False), Column("reminded_on", "最近提醒", required=False),
]  # fmt: skip


def _filters() -> dict[str, Any]:
    values = request.values
    stage, kind = values.get("stage", "due"), values.get("kind", "")
    return {
        "stage": stage if stage in STAGES else "due", "kind": kind if kind in KINDS else "", "q": values.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/overdue")
@roles(*READERS)
def list_overdue() -> str:
    """Organisations whose verification is due, longest overdue first."""
    require(can_read_verifications(current_actor()))
    filters = _filters()
    page = queries.list_overdue(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/overdue_list.html", page=page, filters=filters, stages=STAGES, kinds=KINDS, region=regions.label,
        standings={one.id: queries.standing_of(one) for one in page.items},
    )  # fmt: skip


@bp.get("/operator/overdue/export")
@roles(*READERS)
def export_overdue() -> Response:
    """The list under the present filters, as a file."""
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = [_row(one) for one in queries.rows_of_overdue(**_filters())]
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"overdue-{clock.today()}.{kind}"
    )


def _row(one: Organisation) -> dict[str, Any]:
    standing = queries.standing_of(one)
    return {
        "kind": str(KINDS[one.kind]), "name": one.name, "uscc": one.uscc, "city": regions.label(one.city_code),
        "last_verified_at": clock.local(one.last_verified_at).strftime("%Y-%m-%d") if one.last_verified_at else None,
        "next_due_on": one.next_due_on.isoformat() if one.next_due_on else None, "overdue_days": standing.overdue_days,
        "grace_left": standing.grace_left, "hidden": _("是") if standing.is_over else _("否"),
        "confirmed_at": clock.local(one.facts_confirmed_at).strftime("%Y-%m-%d %H:%M") if one.facts_confirmed_at else None,
        "reminded_on": one.due_reminded_on.isoformat() if one.due_reminded_on else None,
    }  # fmt: skip


@bp.post("/operator/overdue/remind")
@roles("operator", "reviewer")
def remind_overdue() -> Any:
    """Remind everybody who is due under the present filters; who was reminded today already is left alone."""
    filters = _filters()

    def work() -> str:
        told = services.remind_overdue(actor=current_actor(), **filters)
        flash(_("已提醒 %(n)s 家单位；今天已提醒过的不再重复", n=told), "success")
        return url_for("operator.list_overdue", **filters)

    return redirect(submit_once(BaseForm(), work))


def _page(organisation_id: int, form: ReverifyForm, error: str = "", status: int = 200) -> Any:
    organisation = queries.get_organisation(organisation_id, current_actor())
    checks = queries.list_checks(organisation_id, 20)
    people = list_users(sorted({c.user_id for c in checks if c.user_id is not None}))
    page = render_template(
        "operator/overdue_show.html", organisation=organisation, standing=queries.standing_of(organisation), form=form, error=error,
        licences=[x for x in organisation.licences if x.state in (LicenceState.VALID, LicenceState.EXPIRED, LicenceState.PENDING)],
        pages=queries.list_licence_pages([x.id for x in organisation.licences]),
        checks=checks, names={person.id: person.name for person in people}, methods=CHECK_METHODS, results=CHECK_RESULTS,
        region=regions.label, accept=EVIDENCE_ACCEPT, today=clock.today(), problem=queries.find_verification_problem(organisation),
    )  # fmt: skip
    return page, status


@bp.get("/operator/overdue/<int:organisation_id>")
@roles(*READERS)
def show_overdue(organisation_id: int) -> Any:
    """One organisation's facts and licences, for looking at it again."""
    require(can_read_verifications(current_actor()))
    return _page(organisation_id, ReverifyForm(formdata=None))


@bp.post("/operator/overdue/<int:organisation_id>/reverify")
@roles("operator", "reviewer")
def reverify_organisation(organisation_id: int) -> Any:
    """Record that the organisation was verified again, with method and evidence."""
    actor, form = current_actor(), ReverifyForm()
    require(can_verify_organisation(actor))
    queries.get_organisation(organisation_id, actor)
    error, status = "", 422
    if form.validate_on_submit():
        try:
            evidence = prepared_evidence(form.evidence)

            def work() -> str:
                services.reverify_organisation(
                    actor=actor, organisation=queries.get_organisation(organisation_id, actor), method=form.method.data,
                    evidence=evidence, note=form.note.data or "",
                )  # fmt: skip
                return url_for("operator.list_overdue")

            address = submit_once(form, work)
            flash(_("复核已记录，已通知该单位"), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as refused:
            status = refused.status
            if refused.field in ("method", "evidence", "note"):
                form.add_service_error(refused)
            else:
                error = refused.text
    return _page(organisation_id, form, error, status)
