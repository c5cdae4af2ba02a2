"""The standards and grades of one's own firm: handed in with evidence, corrected, renewed, withdrawn."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.files import services as files
from marketplace.files.web import send
from marketplace.organisations.access import can_keep_standards
from marketplace.organisations.forms.standards import FACTS, StandardForm
from marketplace.organisations.models import FirmStandard, Organisation
from marketplace.organisations.queries import standards as queries
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation
from marketplace.organisations.rules.standards import KNOWN
from marketplace.organisations.services import standards as services
from marketplace.organisations.states import StandardState

ACCEPT = ".pdf,.jpg,.jpeg,.png,.ofd"
COLUMNS = [
    Column("standard_no", "标准编号"), Column("title", "名称"), Column("level", "等级或结论", required=False), Column("issuer", "颁发或评定机构"),
    Column("issued_on", "颁发日期", "date", required=False), Column("valid_to", "有效期至", "date", required=False),
    Column("state", "状态"), Column("reason", "园区意见", required=False),
]  # fmt: skip


def _state() -> str:
    state = request.args.get("state", "")
    return state if state in set(StandardState) else ""


@bp.get("/firm/standards")
@roles("firm")
def list_standards() -> Any:
    """One's own firm's standards in any state, newest first."""
    organisation, args = own_organisation("firm"), request.args
    page = queries.list_own_standards(
        organisation.id, state=_state(), page=args.get("page", 1, int), per_page=args.get("per_page", 20, int)
    )
    return render_template(
        "organisations/standards_list.html", organisation=organisation, page=page, state=_state(), states=list(StandardState),
        today=clock.today(),
    )  # fmt: skip


@bp.get("/firm/standards/export")
@roles("firm")
def export_standards() -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (row_of(one) for one in queries.each_own_standard(own_organisation("firm").id, _state()))
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    name = f"standards-{clock.today():%Y%m%d}.{kind}"
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)


def row_of(one: FirmStandard) -> dict[str, Any]:
    row: dict[str, Any] = {column.key: getattr(one, column.key) or None for column in COLUMNS}
    return row | {"state": str(one.state_label)}


def _own_standard(organisation: Organisation, standard_id: int) -> FirmStandard:
    found = queries.get_standard(standard_id, actor=current_actor())
    if found.organisation_id != organisation.id:
        raise NotFound("standard.missing", lazy("没有这份标准或等级，或您无权查看"))
    return found


@bp.route("/firm/standards/new", methods=["GET", "POST"])
@roles("firm")
def add_standard() -> Any:
    """Hand one in; `renews` in the address is the one it is to replace."""
    organisation, form = own_organisation("firm"), StandardForm()
    require(can_keep_standards(current_actor(), organisation))
    renews = request.args.get("renews", 0, int)
    renewed = _own_standard(organisation, renews) if renews else None
    if form.validate_on_submit():
        try:
            return redirect(_hand_in(form, renewed=renewed.id if renewed else None))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation("firm")
            renewed = _own_standard(organisation, renews) if renews else None
    elif request.method == "GET" and renewed is not None:
        for name in ("standard_no", "title", "level", "issuer"):
            form[name].data = getattr(renewed, name)
    return _form_page(form, organisation, renewed=renewed)


@bp.route("/firm/standards/<int:standard_id>/correct", methods=["GET", "POST"])
@roles("firm")
def correct_standard(standard_id: int) -> Any:
    """Put a returned one right and hand it in again."""
    organisation, form = own_organisation("firm"), StandardForm()
    require(can_keep_standards(current_actor(), organisation))
    standard = _own_standard(organisation, standard_id)
    if standard.state != StandardState.RETURNED and request.method == "GET":
        flash(_("只有被退回的标准或等级可以更正"), "warning")
        return redirect(url_for("organisations.list_standards"))
    if form.validate_on_submit():
        try:
            return redirect(_hand_in(form, corrected=standard_id))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation("firm")
            standard = _own_standard(organisation, standard_id)
    elif request.method == "GET":
        for name in ("standard_no", *FACTS):
            form[name].data = getattr(standard, name)
    return _form_page(form, organisation, corrected=standard)


def _form_page(form: StandardForm, organisation: Organisation, **more: Any) -> Any:
    page = render_template(
        "organisations/standards_form.html", form=form, organisation=organisation, accept=ACCEPT, known=KNOWN, **more
    )
    return page, 422 if form.is_submitted() else 200


def _hand_in(form: StandardForm, renewed: int | None = None, corrected: int | None = None) -> str:
    """Send one in, for the first time or again; the upload is read before the transaction."""
    upload = form.file.data
    prepared = files.prepare(upload.stream, upload.filename, "standard") if getattr(upload, "filename", "") else None

    def work() -> str:
        actor, organisation = current_actor(), own_organisation("firm")
        given: dict[str, Any] = {"standard_no": form.standard_no.data or "", "file": prepared, **form.facts()}
        if corrected is not None:
            services.correct_standard(actor=actor, standard=_own_standard(organisation, corrected), **given)
        else:
            older = _own_standard(organisation, renewed) if renewed is not None else None
            services.add_standard(actor=actor, organisation=organisation, renews=older, **given)
        flash(_("已提交，园区审核通过后在店铺公示"), "success")
        return url_for("organisations.list_standards")

    return submit_once(form, work)


@bp.post("/firm/standards/<int:standard_id>/withdraw")
@roles("firm")
def withdraw_standard(standard_id: int) -> Any:
    _own_standard(own_organisation("firm"), standard_id)

    def work() -> str:
        services.withdraw_standard(actor=current_actor(), standard=_own_standard(own_organisation("firm"), standard_id))
        flash(_("已撤回，不再对外展示"), "success")
        return url_for("organisations.list_standards")

    return redirect(submit_once(BaseForm(), work))


@bp.get("/organisation/standards/<int:standard_id>/file")
@signed_in
def download_standard(standard_id: int) -> Response:
    """The evidence, for the firm's own people and the desk."""
    return send(queries.get_standard_file(standard_id, actor=current_actor()))
