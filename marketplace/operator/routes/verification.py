"""The operator's review of organisations and licences: queue, file, decisions."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.services import prepare_password
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.routes import bp
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_read_verifications
from marketplace.organisations.forms import ApproveForm, OpenAccountForm, ReasonForm
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import find_verification_problem
from marketplace.organisations.queries import list_verifications as list_queue
from marketplace.organisations.rules import CHECK_METHODS, CHECK_RESULTS, KINDS, LICENCE_KINDS, SOURCES
from marketplace.organisations.states import LicenceState, OrganisationState

READERS = ("operator", "reviewer", "service", "bureau", "auditor")
COLUMNS = [
    Column("kind", "类型"), Column("name", "单位名称"), Column("uscc", "统一社会信用代码"), Column("city", "城市"), Column("state", "状态"),
    Column("submitted_at", "提交时间", required=False), Column("source", "来源"), Column("next_due_on", "下次核验", required=False),
]  # fmt: skip


def _filters() -> dict[str, Any]:
    args = request.args
    state = args.get("state", "submitted")
    kind = args.get("kind", "")
    return {
        "state": state if state in {*OrganisationState, "all", "licences", "overdue"} else "submitted",
        "kind": kind if kind in KINDS else "", "q": args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/verifications")
@roles(*READERS)
def list_verifications() -> str:
    """Organisations that wait, oldest first; by filter also those with a licence to review, those overdue, or any state."""
    require(can_read_verifications(current_actor()))
    filters = _filters()
    page = list_queue(
        **filters, page=request.args.get("page", 1, int), per_page=min(request.args.get("per_page", 20, int), 100)
    )
    return render_template(
        "operator/verification_list.html", page=page, filters=filters, states=list(OrganisationState), kinds=KINDS, region=regions.label,
        days_since=_days_since,
    )  # fmt: skip


def _days_since(moment: Any) -> int:
    return (clock.now() - moment).days if moment else 0


@bp.get("/operator/verifications/export")
@roles(*READERS)
def export_verifications() -> Response:
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = [
        {
            "kind": str(KINDS[o.kind]), "name": o.name, "uscc": o.uscc, "city": regions.label(o.city_code), "state": str(o.state_label),
            "submitted_at": clock.local(o.submitted_at).strftime("%Y-%m-%d %H:%M") if o.submitted_at else None,
            "source": str(SOURCES.get(o.source, o.source)), "next_due_on": o.next_due_on.isoformat() if o.next_due_on else None,
        }
        for o in list_queue(**_filters(), per_page=100_000).items
    ]  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"verifications-{clock.today()}.{kind}"
    )


def _page(organisation: Organisation, forms: dict[str, Any] | None = None, error: str = "", status: int = 200) -> Any:
    pending = [x for x in organisation.licences if x.state == LicenceState.PENDING]
    fresh = ApproveForm(formdata=None, licences=[x.id for x in pending], in_park=organisation.in_park)
    shown: dict[str, Any] = {
        "approve": fresh, "reason": ReasonForm(formdata=None), "account": OpenAccountForm(formdata=None), **(forms or {}),
    }  # fmt: skip
    shown["approve"].licences.choices = [(x.id, f"{LICENCE_KINDS[x.kind]} {x.number}") for x in pending]
    return render_template(
        "operator/verification_show.html", organisation=organisation, forms=shown, error=error, pending=pending, region=regions.label,
        members=queries.list_members(organisation.id), checks=queries.list_checks(organisation.id), results=CHECK_RESULTS, methods=CHECK_METHODS,
        sources=SOURCES, problem=find_verification_problem(organisation),
    ), status  # fmt: skip


@bp.get("/operator/verifications/<int:organisation_id>")
@roles(*READERS)
def show_verification(organisation_id: int) -> Any:
    return _page(queries.get_organisation(organisation_id, current_actor()))


def _decide(organisation_id: int, form: Any, name: str, work: Any, done: str) -> Any:
    """Run one decision under its form, which the page knows by `name`; without one, a refusal stands at the top of the page."""
    here = url_for("operator.show_verification", organisation_id=organisation_id)
    queries.get_organisation(organisation_id, current_actor())
    refusal, status = "", 422
    if form.validate_on_submit():
        try:
            submit_once(form, lambda: (work(), here)[1])
            flash(done, "success")
            return redirect(here)
        except NotFound:
            raise
        except ServiceError as error:
            status = error.status
            if name and isinstance(error, Invalid):
                form.add_service_error(error)
            else:
                refusal = error.text
    elif not name:
        refusal = next((str(text) for field in form for text in field.errors), "")
    shown = {name: form} if name else {}
    return _page(queries.get_organisation(organisation_id, current_actor()), shown, refusal, status)


@bp.post("/operator/verifications/<int:organisation_id>/approve")
@roles("operator", "reviewer")
def approve_organisation(organisation_id: int) -> Any:
    actor, form = current_actor(), ApproveForm()
    organisation = queries.get_organisation(organisation_id, actor)
    form.licences.choices = [(x.id, x.kind) for x in organisation.licences]

    def work() -> None:
        again = queries.get_organisation(organisation_id, actor)
        chosen = [x for x in again.licences if x.id in (form.licences.data or [])]
        services.approve_organisation(
            actor=actor,
            organisation=again,
            licences=chosen,
            method=form.method.data,
            in_park=form.in_park.data if again.is_firm else None,
        )

    return _decide(organisation_id, form, "approve", work, _("已通过，已通知该单位"))


@bp.post("/operator/verifications/<int:organisation_id>/<any(return_back, suspend, restore):action>")
@roles("operator", "reviewer")
def decide_organisation(organisation_id: int, action: str) -> Any:
    actor, form = current_actor(), ReasonForm()
    service = {
        "return_back": services.return_organisation, "suspend": services.suspend_organisation, "restore": services.restore_organisation,
    }[action]  # fmt: skip

    def work() -> None:
        service(
            actor=actor, organisation=queries.get_organisation(organisation_id, actor), reason=form.reason.data or ""
        )

    return _decide(organisation_id, form, "reason", work, _("已处理，已通知该单位"))


def _licence(organisation_id: int, licence_id: int) -> Licence:
    licence = queries.get_licence(licence_id, actor=current_actor())
    if licence.organisation_id != organisation_id:
        raise NotFound("licence.missing", lazy("没有这份证照"))
    return licence


@bp.post("/operator/verifications/<int:organisation_id>/licences/<int:licence_id>/approve")
@roles("operator", "reviewer")
def approve_licence(organisation_id: int, licence_id: int) -> Any:
    def work() -> None:
        services.approve_licence(actor=current_actor(), licence=_licence(organisation_id, licence_id))

    return _decide(organisation_id, BaseForm(), "", work, _("证照已核验"))


@bp.post("/operator/verifications/<int:organisation_id>/licences/<int:licence_id>/<any(return_back, revoke):action>")
@roles("operator", "reviewer")
def decide_licence(organisation_id: int, licence_id: int, action: str) -> Any:
    form = ReasonForm()
    service = services.return_licence if action == "return_back" else services.revoke_licence

    def work() -> None:
        service(actor=current_actor(), licence=_licence(organisation_id, licence_id), reason=form.reason.data or "")

    return _decide(organisation_id, form, "", work, _("证照已处理，已通知该单位"))


@bp.post("/operator/verifications/<int:organisation_id>/account")
@roles("operator", "reviewer")
def open_organisation_account(organisation_id: int) -> Any:
    """Open the first account of an organisation that came by a file."""
    form = OpenAccountForm()

    def work() -> None:
        services.open_organisation_account(
            actor=current_actor(), organisation=queries.get_organisation(organisation_id, current_actor()), name=form.person_name.data or "",
            email=form.email.data or None, mobile=form.mobile.data or None, password_hash=hashed,
        )  # fmt: skip

    hashed = ""
    if form.validate():
        try:
            hashed = prepare_password(form.password.data or "", form.email.data, form.mobile.data)
        except ServiceError as error:
            form.add_service_error(error)
            return _page(queries.get_organisation(organisation_id, current_actor()), {"account": form}, status=422)
    return _decide(organisation_id, form, "account", work, _("账号已开通"))
