"""An organisation's own file, as its members keep it."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.forms import EditOrganisationForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import ROLES, missing_licences
from marketplace.organisations.states import LicenceState

FACTS = (
    "short_name", "address", "established_on", "registered_capital_fen", "industry", "size", "contact_name", "contact_mobile", "intro",
)  # fmt: skip


def own_organisation(kind: str | None = None) -> Organisation:
    """The organisation that the signed-in person acts for."""
    actor = current_actor()
    found = {"firm": actor.firm_id, "client": actor.client_id}.get(kind or "", actor.organisation_id)
    if found is None:
        raise NotFound("organisation.none", lazy("您的账号尚未加入任何单位"))
    return queries.get_organisation(found, actor)


def _profile(organisation: Organisation, error: str = "", status: int = 200) -> Any:
    """The organisation's own file. Loaded anew after a refusal, which has emptied what was read before it."""
    checks = queries.list_checks(organisation.id)
    present = {x.kind for x in organisation.licences if x.state in (LicenceState.PENDING, LicenceState.VALID)}
    return render_template(
        "organisations/profile.html", standing=queries.standing_of(organisation), ending=queries.ending_of(organisation.licences),
        pages=queries.list_licence_pages([x.id for x in organisation.licences]),
        waiting={x.kind: x for x in organisation.licences if x.state == LicenceState.PENDING},
        organisation=organisation, members=queries.list_members(organisation.id), checks=checks, roles=ROLES, error=error,
        missing=missing_licences(organisation.kind, present),
        complete=bool(organisation.address and organisation.contact_name and organisation.contact_mobile),
        reasons={c.licence_id: c.reason for c in reversed(checks) if c.licence_id and c.result in ("returned", "revoked")},
    ), status  # fmt: skip


@bp.get("/organisation/onboarding")
@roles("firm", "client")
def onboarding() -> Any:
    return _profile(own_organisation())


@bp.get("/firm/profile")
@roles("firm")
def firm_profile() -> Any:
    return _profile(own_organisation("firm"))


@bp.get("/client/profile")
@roles("client")
def client_profile() -> Any:
    return _profile(own_organisation("client"))


@bp.route("/organisation/edit", methods=["GET", "POST"])
@roles("firm", "client")
def edit() -> Any:
    organisation = own_organisation()
    form = EditOrganisationForm(obj=organisation)
    if organisation.is_firm:
        del form.industry, form.size
    if form.validate_on_submit():

        def work() -> str:
            facts: Any = {key: form[key].data for key in FACTS if key in form}
            services.edit_organisation(
                actor=current_actor(), organisation=organisation, name=form.name.data, city_code=form.city_code.data,
                uscc=form.uscc.data, **facts,
            )  # fmt: skip
            flash(_("单位资料已保存"), "success")
            return url_for("organisations.onboarding")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    page = render_template("organisations/edit.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200


@bp.post("/organisation/submit")
@roles("firm", "client")
def submit() -> Any:
    organisation, form = own_organisation(), BaseForm()

    def work() -> str:
        services.submit_verification(actor=current_actor(), organisation=organisation)
        flash(_("已提交审核。审核结果会以消息和邮件通知您"), "success")
        return url_for("organisations.onboarding")

    try:
        return redirect(submit_once(form, work))
    except ServiceError as error:
        return _profile(own_organisation(), error.text, error.status)
