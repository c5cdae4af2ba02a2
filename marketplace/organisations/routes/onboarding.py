"""The onboarding wizard: one page per step, saved one by one, so that it can be left and gone on with on another device."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core.access import require
from marketplace.core.errors import ConfirmationNeeded, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_add_licence, can_edit_organisation
from marketplace.organisations.forms.onboarding import ContactsForm, IdentityForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation, own_page
from marketplace.organisations.rules import missing_licences
from marketplace.organisations.rules.money import INVOICE_KINDS
from marketplace.organisations.rules.onboarding import next_step
from marketplace.organisations.services.editing import OPEN
from marketplace.organisations.states import LicenceState

IDENTITY_FACTS = (
    "address", "established_on", "registered_capital_fen", "legal_representative", "registrar", "business_scope", "industry", "size",
)  # fmt: skip
ENDPOINTS = {
    "identity": "organisations.onboarding_identity", "licences": "organisations.onboarding_licences",
    "contacts": "organisations.onboarding_contacts", "bank-account": "organisations.onboarding_bank_account",
    "invoice": "organisations.onboarding_invoice", "review": "organisations.onboarding_review",
}  # fmt: skip


def is_open(organisation: Organisation) -> bool:
    """Is the file still being filled in, so that its steps lead to one another?"""
    return organisation.state in OPEN


def after(organisation: Organisation, step: str) -> str:
    """Where saving a step leads: to the next one, or to the overview for who wants to go on later or has been verified already."""
    if not is_open(organisation):
        return own_page(organisation)
    if request.form.get("go") == "later":
        return url_for("organisations.onboarding")
    return url_for(ENDPOINTS[next_step(step)])


def render_step(template: str, step: str, organisation: Organisation, status: int = 200, **values: Any) -> Any:
    """A step's page inside the wizard's frame: every step with how far it is, this one marked."""
    state = queries.get_onboarding(organisation)
    page = render_template(
        f"organisations/{template}.html", organisation=organisation, state=state, step=state.of(step), endpoints=ENDPOINTS,
        is_open=is_open(organisation), **values,
    )  # fmt: skip
    return page, status


def save_step(
    step: str, form: Any, work: Callable[[Organisation], None], render: Callable[[Organisation, int], Any]
) -> Any:
    """Save a step's form once and go on; a refusal shows the step again with what was typed."""
    organisation = own_organisation()
    if form.validate_on_submit():

        def save() -> str:
            again = own_organisation()
            work(again)
            flash(_("已保存"), "success")
            return after(again, step)

        try:
            return redirect(submit_once(form, save))
        except ConfirmationNeeded:
            raise
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
    return render(organisation, 422 if form.is_submitted() else 200)


@bp.get("/organisation/onboarding")
@roles("firm", "client")
def onboarding() -> Any:
    """Every step with what is done and what is missing; once verified there is nothing left to do here."""
    organisation = own_organisation()
    if organisation.state not in (*OPEN, "submitted"):
        return redirect(own_page(organisation))
    state = queries.get_onboarding(organisation)
    todo = next((row for row in state.progress if row.status == "missing"), state.of("review"))
    return render_template(
        "organisations/onboarding.html", organisation=organisation, state=state, todo=todo, endpoints=ENDPOINTS,
        reason=queries.find_last_reason(organisation.id) if organisation.state == "returned" else "", is_open=is_open(organisation),
    )  # fmt: skip


@bp.route("/organisation/onboarding/identity", methods=["GET", "POST"])
@roles("firm", "client")
def onboarding_identity() -> Any:
    organisation, actor = own_organisation(), current_actor()
    require(can_edit_organisation(actor, organisation))
    form = IdentityForm(obj=organisation)
    if organisation.is_firm:
        del form.industry, form.size

    def work(again: Organisation) -> None:
        facts: Any = {name: form[name].data for name in IDENTITY_FACTS if name in form}
        services.edit_identity(
            actor=actor,
            organisation=again,
            name=form.name.data,
            city_code=form.city_code.data,
            uscc=form.uscc.data,
            **facts,
        )

    return save_step(
        "identity", form, work, lambda o, status: render_step("onboarding_identity", "identity", o, status, form=form)
    )


@bp.get("/organisation/onboarding/licences")
@roles("firm", "client")
def onboarding_licences() -> Any:
    """What has been handed in and what is still asked for; the upload has a page of its own."""
    organisation = own_organisation()
    require(can_add_licence(current_actor(), organisation))
    checks = queries.list_checks(organisation.id)
    present = {x.kind for x in organisation.licences if x.state in (LicenceState.PENDING, LicenceState.VALID)}
    return render_step(
        "onboarding_licences", "licences", organisation, missing=missing_licences(organisation.kind, present),
        reasons={c.licence_id: c.reason for c in reversed(checks) if c.licence_id and c.result in ("returned", "revoked")},
    )  # fmt: skip


@bp.route("/organisation/onboarding/contacts", methods=["GET", "POST"])
@roles("firm", "client")
def onboarding_contacts() -> Any:
    organisation, actor = own_organisation(), current_actor()
    require(can_edit_organisation(actor, organisation))
    form = ContactsForm(obj=organisation)

    def work(again: Organisation) -> None:
        services.edit_contacts(
            actor=actor, organisation=again, contact_name=form.contact_name.data or "", contact_mobile=form.contact_mobile.data or ""
        )  # fmt: skip

    return save_step(
        "contacts", form, work, lambda o, status: render_step("onboarding_contacts", "contacts", o, status, form=form)
    )


def _review(organisation: Organisation, error: str = "", status: int = 200) -> Any:
    return render_step("onboarding_review", "review", organisation, status, error=error, invoice_kinds=INVOICE_KINDS)


@bp.get("/organisation/onboarding/review")
@roles("firm", "client")
def onboarding_review() -> Any:
    return _review(own_organisation())


@bp.post("/organisation/submit")
@roles("firm", "client")
def submit() -> Any:
    form = BaseForm()

    def work() -> str:
        services.submit_verification(actor=current_actor(), organisation=own_organisation())
        flash(_("已提交审核。审核结果会以消息和邮件通知您"), "success")
        return url_for("organisations.onboarding")

    try:
        return redirect(submit_once(form, work))
    except ServiceError as error:
        return _review(own_organisation(), error.text, error.status)
