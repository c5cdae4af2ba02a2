"""Pages of reports: the firm declares, the operator brings in and verifies."""

import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import BadTable, read_table, write_table
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations.queries import get_organisation
from marketplace.reports import queries
from marketplace.reports.access import can_list_reports, can_verify_report
from marketplace.reports.forms import DeclareReportsForm, ImportReportsForm, VerifyMonthForm
from marketplace.reports.rules import MAX_ROWS, REPORT_COLUMNS
from marketplace.reports.services import declare_reports, import_reports, verify_firm_month

bp = Blueprint("reports", __name__)
MAX_BYTES = 20 * 1024 * 1024


def _read(form: Any) -> tuple[list[Any], str]:
    upload = form.file.data
    name = upload.filename or ""
    return read_table(upload.read(MAX_BYTES + 1), name, REPORT_COLUMNS, max_bytes=MAX_BYTES, max_rows=MAX_ROWS), name


def _download(rows: list[dict[str, Any]], name: str) -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    stream = io.BytesIO()
    write_table(stream, kind, REPORT_COLUMNS, rows)
    stream.seek(0)
    return send_file(stream, as_attachment=True, download_name=f"{name}-{clock.today():%Y%m%d}.{kind}")


def _firm_id() -> int:
    firm_id = current_actor().firm_id
    if firm_id is None:
        raise NotFound("report.no_firm", lazy("您不属于任何机构"))
    return firm_id


@bp.route("/firm/reports/", methods=["GET", "POST"])
@roles("firm")
def list_own() -> Any:
    form, errors, firm_id = DeclareReportsForm(), [], _firm_id()
    if form.validate_on_submit():
        try:
            rows, filename = _read(form)
            return redirect(submit_once(form, lambda: _declare(firm_id, rows, filename)))
        except BadTable as bad:
            errors = list(bad.errors)
            form.file.errors = [_("文件有 %(n)s 处错误，未导入任何内容", n=len(errors))]
        except ServiceError as error:
            form.add_service_error(error)
    page = queries.list_firm_months(
        firm_id=firm_id, period=request.args.get("period", ""), page=request.args.get("page", 1, int),
        per_page=request.args.get("per_page", 20, int),
    )  # fmt: skip
    body = render_template("reports/list_own.html", form=form, errors=errors, page=page, columns=REPORT_COLUMNS)
    return body, 422 if form.is_submitted() else 200


def _declare(firm_id: int, rows: list[Any], filename: str) -> str:
    result = declare_reports(actor=current_actor(), firm_id=firm_id, rows=rows, filename=filename)
    flash(str(result), "success")
    return url_for("reports.list_own")


@bp.get("/firm/reports/export")
@roles("firm")
def export_own() -> Response:
    return _download(queries.export_rows(firm_id=_firm_id(), period=request.args.get("period", "")), "my-reports")


@bp.get("/firm/reports/template")
@roles("firm")
def template() -> Response:
    """An empty file with the header row."""
    return _download([], "report-template")


@bp.get("/firm/reports/<string:period>")
@roles("firm")
def show_own(period: str) -> str:
    firm_id = _firm_id()
    return _month_page(firm_id, period, None)


def _month_page(firm_id: int, period: str, form: Any) -> str:
    month, args = queries.get_firm_month(firm_id=firm_id, period=period), request.args
    lines = queries.list_lines(
        firm_id=firm_id, period=period, grade=args.get("grade", ""), history=args.get("history") == "1",
        page=args.get("page", 1, int), per_page=args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template(
        "reports/show.html", month=month, lines=lines, form=form, names=queries.client_names(lines.items),
        evidence=queries.list_evidence(firm_id, period), category_of=find_category, city_of=regions.label,
    )  # fmt: skip


@bp.route("/operator/reports/", methods=["GET", "POST"])
@roles("operator", "reviewer", "bureau", "auditor", "finance")
def list_all() -> Any:
    require(can_list_reports(current_actor()))
    form, errors = ImportReportsForm(), []
    if form.validate_on_submit():
        try:
            rows, filename = _read(form)
            return redirect(submit_once(form, lambda: _import(rows, filename, form.verified.data)))
        except BadTable as bad:
            errors = list(bad.errors)
            form.file.errors = [_("文件有 %(n)s 处错误，未导入任何内容", n=len(errors))]
        except ServiceError as error:
            form.add_service_error(error)
    args = request.args
    page = queries.list_firm_months(
        firm_id=args.get("firm", None, int), period=args.get("period", ""), unverified=bool(args.get("unverified")),
        page=args.get("page", 1, int), per_page=args.get("per_page", 20, int),
    )  # fmt: skip
    body = render_template("reports/list_all.html", form=form, errors=errors, page=page)
    return body, 422 if form.is_submitted() else 200


def _import(rows: list[Any], filename: str, verified: bool) -> str:
    flash(str(import_reports(actor=current_actor(), rows=rows, verified=verified, filename=filename)), "success")
    return url_for("reports.list_all")


@bp.get("/operator/reports/export")
@roles("operator", "reviewer", "bureau", "auditor", "finance")
def export_all() -> Response:
    require(can_list_reports(current_actor()))
    return _download(
        queries.export_rows(firm_id=request.args.get("firm", None, int), period=request.args.get("period", "")),
        "reports",
    )


@bp.route("/operator/reports/<int:firm_id>/<string:period>", methods=["GET", "POST"])
@roles("operator", "reviewer", "bureau", "auditor", "finance")
def show(firm_id: int, period: str) -> Any:
    actor, form = current_actor(), VerifyMonthForm()
    firm = get_organisation(firm_id, actor=actor)
    if form.is_submitted():
        require(can_verify_report(actor))
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _verify(firm.id, period, form.evidence.data)))
        except ServiceError as error:
            form.add_service_error(error)
    return _month_page(firm.id, period, form), 422 if form.is_submitted() else 200


def _verify(firm_id: int, period: str, evidence: str) -> str:
    number = verify_firm_month(actor=current_actor(), firm_id=firm_id, period=period, evidence=evidence)
    flash(_("已核验 %(n)s 行", n=number), "success")
    return url_for("reports.show", firm_id=firm_id, period=period)
