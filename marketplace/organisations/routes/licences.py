"""Licences as their organisation hands them in."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.files import services as files
from marketplace.files.rules import ACCEPT
from marketplace.files.web import send
from marketplace.organisations import queries, services
from marketplace.organisations.forms import LicenceForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation
from marketplace.organisations.rules import LICENCE_KINDS


@bp.route("/organisation/licences/new", methods=["GET", "POST"])
@roles("firm", "client")
def add_licence() -> Any:
    organisation, form = own_organisation(), LicenceForm()
    if form.validate_on_submit():
        try:
            return redirect(_add_licence(organisation, form))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET" and request.args.get("kind") in LICENCE_KINDS:
        form.kind.data = request.args["kind"]
    page = render_template("organisations/add_licence.html", form=form, organisation=organisation, accept=ACCEPT)
    return page, 422 if form.is_submitted() else 200


def _add_licence(organisation: Organisation, form: LicenceForm) -> str:
    upload = form.file.data
    prepared = files.prepare(upload.stream, upload.filename, "licence")

    def work() -> str:
        services.add_licence(
            actor=current_actor(), organisation=organisation, kind=form.kind.data, number=form.number.data, valid_to=form.valid_to.data,
            is_long_term=form.is_long_term.data, file=prepared, issuing_region=form.issuing_region.data or "",
        )  # fmt: skip
        flash(_("证照已上传，等待园区核验"), "success")
        return url_for("organisations.onboarding")

    return submit_once(form, work)


@bp.get("/organisation/licences/<int:licence_id>/file")
@signed_in
def download_licence(licence_id: int) -> Any:
    licence = queries.get_licence(licence_id, actor=current_actor())
    if licence.file is None:
        raise NotFound("licence.no_file", lazy("这份证照没有扫描件"))
    return send(licence.file)
