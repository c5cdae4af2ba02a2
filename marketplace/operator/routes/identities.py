"""The half-year report of the firms' identities to the market regulator, and its log."""

import io
from typing import Any

from flask import Response, render_template, request, send_file

from marketplace.core import clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.db import transaction
from marketplace.core.errors import ConfirmationNeeded, ServiceError
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, limiter, roles
from marketplace.operator.forms import IdentityReportForm
from marketplace.operator.routes import bp
from marketplace.organisations.access import can_read_identity_reports
from marketplace.organisations.halves import parse_half, recent_halves
from marketplace.organisations.queries import identities
from marketplace.organisations.services import reporting

READERS = ("operator", "bureau", "auditor")
LOG_COLUMNS = [
    Column("number", "编号"), Column("period", "期间"), Column("created_at", "生成时间"), Column("actor", "操作者"),
    Column("recipient", "接收单位"), Column("reason", "报送依据"), Column("row_count", "行数", "int"), Column("sha256", "文件摘要"),
]  # fmt: skip


def _period() -> str:
    period = request.args.get("period", "")
    return period if period in {half.code for half in recent_halves(20)} else ""


def _page(form: IdentityReportForm | None, status: int = 200, **made: Any) -> Any:
    args = request.args
    page = identities.list_identity_exports(
        period=_period(), page=args.get("page", 1, int), per_page=args.get("per_page", 20, int)
    )
    if form is not None:
        form.half.choices = [(half.code, half.label) for half in recent_halves()]
    body = render_template(
        "operator/identity_reports.html", form=form, page=page, period=_period(), halves=recent_halves(),
        waiting=identities.list_waiting_archives([row.id for row in page.items]), due=identities.find_report_due(), **made,
    )  # fmt: skip
    return body, status


@bp.get("/operator/identity-reports")
@roles(*READERS)
def list_identity_reports() -> Any:
    actor = current_actor()
    require(can_read_identity_reports(actor))
    if not actor.is_staff("operator", "bureau"):
        return _page(None)
    form, due = IdentityReportForm(formdata=None), identities.find_report_due()
    form.half.data = (due or recent_halves()[1]).code
    return _page(form)


@bp.post("/operator/identity-reports")
@roles("operator", "bureau")
@limiter.limit("20 per hour")
def make_identity_report() -> Any:
    """Make the encrypted archive and show its password on this answer alone. Sent twice, it makes two archives and two log rows, since
    the first password cannot be shown again."""
    actor, form = current_actor(), IdentityReportForm()
    require_confirmed(actor)
    form.half.choices = [(half.code, half.label) for half in recent_halves()]
    if form.validate_on_submit():
        try:
            prepared = reporting.prepare_identity_report(actor=actor, half=parse_half(form.half.data))
            with transaction():
                export = reporting.record_identity_report(
                    actor=actor, prepared=prepared, recipient=form.recipient.data or "", reason=form.reason.data or ""
                )
            again = IdentityReportForm(formdata=None)
            again.half.data = export.period
            return _page(again, made=export, password=prepared.password)
        except ConfirmationNeeded:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    return _page(form, 422)


@bp.post("/operator/identity-reports/<string:number>/download")
@roles("operator", "bureau")
def fetch_identity_report(number: str) -> Response:
    """The encrypted archive, within a day; each time is written down."""
    actor = current_actor()
    require_confirmed(actor)
    with transaction():
        export, content = identities.find_identity_archive(number)
        reporting.note_identity_download(actor=actor, export=export)
        name = f"identities-{export.period}-{export.number}.zip"
    answer = send_file(io.BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/operator/identity-reports/export/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_identity_log(fmt: str) -> Response:
    """The log itself, which names no firm."""
    require(can_read_identity_reports(current_actor()))
    rows = [
        {c.key: getattr(row, c.key) for c in LOG_COLUMNS}
        | {"created_at": clock.local(row.created_at).strftime("%Y-%m-%d %H:%M")}
        for row in identities.list_identity_exports(period=_period(), per_page=100).items
    ]
    stream = io.BytesIO(table_bytes(fmt, LOG_COLUMNS, rows))
    name = f"identity-reports-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)
