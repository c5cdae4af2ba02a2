"""Licences as their organisation hands them in, corrects and renews them."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.files import services as files
from marketplace.files.rules import ACCEPT
from marketplace.files.web import send
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_add_licence
from marketplace.organisations.forms import LicenceForm
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation
from marketplace.organisations.rules import LICENCE_KINDS, MAX_PAGES
from marketplace.organisations.states import LicenceState

KEPT = ("scope", "issuing_code", "issuing_region", "recognised_in", "is_long_term")
"""What a renewal usually keeps of the licence it replaces; the number often changes."""


@bp.route("/organisation/licences/new", methods=["GET", "POST"])
@roles("firm", "client")
def add_licence() -> Any:
    """Hand in a licence; `kind` chooses the questions, `renews` the licence that it is to replace."""
    organisation, form = own_organisation(), LicenceForm()
    require(can_add_licence(current_actor(), organisation))
    renewed = _renewed(organisation)
    kind = renewed.kind if renewed else request.values.get("kind", "")
    form.offer_scopes(kind)
    if form.validate_on_submit():
        try:
            return redirect(_add_licence(organisation, form, renewed))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        if kind in LICENCE_KINDS:
            form.kind.data = kind
        for name in KEPT if renewed else ():
            form[name].data = getattr(renewed, name)
    return _form_page(form, organisation, kind if kind in LICENCE_KINDS else "", renewed=renewed)


def _form_page(form: LicenceForm, organisation: Organisation, kind: str, **more: Any) -> Any:
    page = render_template(
        "organisations/add_licence.html", form=form, organisation=organisation, accept=ACCEPT, kind=kind, kinds=LICENCE_KINDS,
        max_pages=MAX_PAGES, **more,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _own_licence(organisation: Organisation, licence_id: int) -> Licence:
    licence = queries.get_licence(licence_id, actor=current_actor())
    if licence.organisation_id != organisation.id:
        raise NotFound("licence.missing", lazy("没有这份证照，或您无权查看"))
    return licence


def _renewed(organisation: Organisation) -> Licence | None:
    licence_id = request.args.get("renews", type=int)
    return _own_licence(organisation, licence_id) if licence_id else None


def _prepared(form: LicenceForm) -> list[files.Prepared]:
    return [files.prepare(one.stream, one.filename, "licence") for one in form.uploads[: MAX_PAGES + 1]]


def _add_licence(organisation: Organisation, form: LicenceForm, renewed: Licence | None) -> str:
    prepared, facts = _prepared(form), form.facts()

    def work() -> str:
        services.add_licence(
            actor=current_actor(), organisation=organisation, kind=form.kind.data, number=form.number.data or "",
            file=prepared[0] if prepared else None, pages=prepared[1:],
            renews=_own_licence(organisation, renewed.id) if renewed else None, **facts,
        )  # fmt: skip
        flash(_("证照已上传，等待园区核验"), "success")
        return url_for("organisations.onboarding")

    return submit_once(form, work)


@bp.route("/organisation/licences/<int:licence_id>/correct", methods=["GET", "POST"])
@roles("firm", "client")
def correct_licence(licence_id: int) -> Any:
    """Put a returned licence right and hand it in again."""
    organisation = own_organisation()
    require(can_add_licence(current_actor(), organisation))
    licence = _own_licence(organisation, licence_id)
    form = LicenceForm(obj=licence) if request.method == "GET" else LicenceForm()
    form.kind.data = licence.kind
    form.offer_scopes(licence.kind)
    if licence.state != LicenceState.RETURNED and request.method == "GET":
        flash(_("只有被退回的证照可以更正"), "warning")
        return redirect(url_for("organisations.onboarding"))
    if form.validate_on_submit():
        try:
            return redirect(_correct_licence(organisation, licence_id, form))
        except ServiceError as error:
            form.add_service_error(error)
            licence = _own_licence(organisation, licence_id)
    checks = queries.list_licence_checks(licence)
    reason = next((one.reason for one in checks if one.result == "returned"), "")
    return _form_page(form, organisation, licence.kind, corrected=licence, reason=reason)


def _correct_licence(organisation: Organisation, licence_id: int, form: LicenceForm) -> str:
    prepared, facts = _prepared(form), form.facts()

    def work() -> str:
        services.correct_licence(
            actor=current_actor(), licence=_own_licence(organisation, licence_id), number=form.number.data or "",
            file=prepared[0] if prepared else None, pages=prepared[1:], **facts,
        )  # fmt: skip
        flash(_("证照已更正并重新提交，等待园区核验"), "success")
        return url_for("organisations.onboarding")

    return submit_once(form, work)


@bp.get("/organisation/licences/<int:licence_id>/file")
@signed_in
def download_licence(licence_id: int) -> Response:
    return download_licence_page(licence_id, 1)


@bp.get("/organisation/licences/<int:licence_id>/files/<int:place>")
@signed_in
def download_licence_page(licence_id: int, place: int) -> Response:
    """One of a licence's scans, counted from 1."""
    actor = current_actor()
    return send(queries.get_licence_file(queries.get_licence(licence_id, actor=actor), place, actor=actor))
