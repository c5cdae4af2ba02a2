"""An organisation's own file: the overview its members keep, and what it says about itself in public."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_edit_public_profile
from marketplace.organisations.forms.onboarding import PublicProfileForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import ROLES, missing_licences
from marketplace.organisations.rules.money import INVOICE_KINDS
from marketplace.organisations.rules.profile import highlights_of
from marketplace.organisations.states import LicenceState, OrganisationState

FIRM_ONLY = ("service_hotline", "service_highlights")
CLIENT_ONLY = ("industry", "size")


def own_organisation(kind: str | None = None) -> Organisation:
    """The organisation that the signed-in person acts for."""
    actor = current_actor()
    found = {"firm": actor.firm_id, "client": actor.client_id}.get(kind or "", actor.organisation_id)
    if found is None:
        raise NotFound("organisation.none", lazy("您的账号尚未加入任何单位"))
    return queries.get_organisation(found, actor)


def own_page(organisation: Organisation) -> str:
    """The address of the overview: the wizard's until the file is in, the profile's from then on."""
    if organisation.state in (OrganisationState.DRAFT, OrganisationState.RETURNED):
        return url_for("organisations.onboarding")
    return url_for(f"organisations.{organisation.kind}_profile")


def _profile(organisation: Organisation) -> Any:
    checks = queries.list_checks(organisation.id)
    present = {x.kind for x in organisation.licences if x.state in (LicenceState.PENDING, LicenceState.VALID)}
    return render_template(
        "organisations/profile.html", standing=queries.standing_of(organisation), ending=queries.ending_of(organisation.licences),
        pages=queries.list_licence_pages([x.id for x in organisation.licences]),
        waiting={x.kind: x for x in organisation.licences if x.state == LicenceState.PENDING},
        organisation=organisation, members=queries.page_members(organisation.id, per_page=10), checks=checks, roles=ROLES,
        missing=missing_licences(organisation.kind, present), state=queries.get_onboarding(organisation),
        reasons={c.licence_id: c.reason for c in reversed(checks) if c.licence_id and c.result in ("returned", "revoked")},
        highlights=highlights_of(organisation.service_highlights), invoice_kinds=INVOICE_KINDS,
    )  # fmt: skip


@bp.get("/firm/profile")
@roles("firm")
def firm_profile() -> Any:
    return _profile(own_organisation("firm"))


@bp.get("/client/profile")
@roles("client")
def client_profile() -> Any:
    return _profile(own_organisation("client"))


@bp.get("/organisation/edit")
@roles("firm", "client")
def edit() -> Any:
    """An old address: to the identity step while it can be filled in, to the overview once it is locked."""
    organisation = own_organisation()
    if organisation.state in (OrganisationState.DRAFT, OrganisationState.RETURNED):
        return redirect(url_for("organisations.onboarding_identity"))
    return redirect(own_page(organisation))


@bp.route("/organisation/profile-page", methods=["GET", "POST"])
@roles("firm", "client")
def edit_public_profile() -> Any:
    actor, organisation = current_actor(), own_organisation()
    require(can_edit_public_profile(actor, organisation))
    form = PublicProfileForm(obj=organisation)
    for name in CLIENT_ONLY if organisation.is_firm else FIRM_ONLY:
        del form[name]
    if form.validate_on_submit():

        def work() -> str:
            given = {name: form[name].data or "" for name in ("website", *FIRM_ONLY, *CLIENT_ONLY) if name in form}
            services.edit_public_profile(
                actor=actor, organisation=own_organisation(), short_name=form.short_name.data or "", intro=form.intro.data or "", **given
            )  # fmt: skip
            flash(_("展示资料已保存"), "success")
            return own_page(organisation)

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
    page = render_template("organisations/edit_public_profile.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200
