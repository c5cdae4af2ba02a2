"""Where an organisation's money goes: its bank account, its invoice data, and from which amount its purchases need a second person."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.core.access import require, require_confirmed
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_change_approval_limit, can_change_bank_account, can_change_invoice_data
from marketplace.organisations.forms.onboarding import ApprovalLimitForm, BankAccountForm, InvoiceDataForm
from marketplace.organisations.models import InvoiceData, Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.onboarding import render_step, save_step
from marketplace.organisations.routes.own import own_organisation
from marketplace.organisations.rules.money import INVOICE_KINDS, same_holder


def _bank_page(organisation: Organisation, revealed: str = "") -> str:
    accounts = queries.list_bank_accounts(organisation.id)
    data = queries.find_invoice_data(organisation.id)
    return render_template(
        "organisations/bank_account.html", organisation=organisation, accounts=accounts, data=data, kinds=INVOICE_KINDS,
        revealed=revealed, matches=not accounts or same_holder(accounts[0].holder, organisation.name),
    )  # fmt: skip


def _money_organisation() -> Organisation:
    organisation = own_organisation()
    require(can_change_bank_account(current_actor(), organisation))
    return organisation


@bp.get("/organisation/bank-account")
@roles("firm", "client")
def bank_account() -> Any:
    """The present account, masked, with those before it, and what stands on invoices."""
    return _bank_page(_money_organisation())


def _bank_form(organisation: Organisation) -> BankAccountForm:
    form = BankAccountForm()
    if not form.is_submitted():
        present = queries.find_bank_account(organisation.id)
        form.seen.data = str(present.position if present else 0)
    return form


def _change_bank_account(organisation: Organisation, form: BankAccountForm) -> None:
    seen = form.seen.data or ""
    services.change_bank_account(
        actor=current_actor(), organisation=organisation, holder=organisation.name, bank_name=form.bank_name.data or "",
        branch=form.branch.data or "", account=form.account.data or "", seen_position=int(seen) if seen.isdecimal() else -1,
    )  # fmt: skip


@bp.route("/organisation/bank-account/change", methods=["GET", "POST"])
@roles("firm", "client")
def change_bank_account() -> Any:
    organisation = _money_organisation()
    require_confirmed(current_actor())
    form = _bank_form(organisation)
    if form.validate_on_submit():

        def work() -> str:
            _change_bank_account(own_organisation(), form)
            flash(_("银行账户已登记，即时生效，并已通知全体管理员"), "success")
            return url_for("organisations.bank_account")

        try:
            return redirect(submit_once(form, work))
        except Invalid as error:
            form.add_service_error(error)
            organisation = own_organisation()
    page = render_template(
        "organisations/change_bank_account.html", form=form, organisation=organisation,
        present=queries.find_bank_account(organisation.id),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


@bp.post("/organisation/bank-account/reveal")
@roles("firm", "client")
def reveal_bank_account() -> Any:
    """The whole number, once, on the page that answers; that it was looked at is on record."""
    with transaction():
        number = services.reveal_bank_account(actor=current_actor(), organisation=own_organisation())
    return _bank_page(own_organisation(), number)


@bp.route("/organisation/onboarding/bank-account", methods=["GET", "POST"])
@roles("firm", "client")
def onboarding_bank_account() -> Any:
    """The same form as a step of the wizard. Shown to who has just confirmed who they are; others are asked to, or go on without it."""
    form = _bank_form(_money_organisation())
    return save_step(
        "bank-account", form, lambda again: _change_bank_account(again, form),
        lambda o, status: render_step("onboarding_bank_account", "bank-account", o, status, form=form),
    )  # fmt: skip


def _invoice_form(organisation: Organisation) -> tuple[InvoiceDataForm, InvoiceData | None]:
    data = queries.find_invoice_data(organisation.id)
    form = InvoiceDataForm(obj=data)
    return form, data


def _change_invoice_data(organisation: Organisation, form: InvoiceDataForm) -> None:
    bank, typed = (form.bank_name.data or "").strip(), (form.account.data or "").strip()
    known = queries.find_invoice_data(organisation.id)
    keep = bool(bank and not typed and known and known.account_last4)
    services.change_invoice_data(
        actor=current_actor(), organisation=organisation, invoice_kind=form.invoice_kind.data or "", email=form.email.data or "",
        address=form.address.data or "", phone=form.phone.data or "", bank_name=bank, account=None if keep else typed,
    )  # fmt: skip


@bp.route("/organisation/invoice-data", methods=["GET", "POST"])
@roles("firm", "client")
def change_invoice_data() -> Any:
    organisation = own_organisation()
    require(can_change_invoice_data(current_actor(), organisation))
    form, data = _invoice_form(organisation)
    if form.validate_on_submit():

        def work() -> str:
            _change_invoice_data(own_organisation(), form)
            flash(_("开票资料已保存"), "success")
            return url_for("organisations.bank_account")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
            data = queries.find_invoice_data(organisation.id)
    page = render_template("organisations/change_invoice_data.html", form=form, organisation=organisation, data=data)
    return page, 422 if form.is_submitted() else 200


@bp.post("/organisation/invoice-data/reveal")
@roles("firm", "client")
def reveal_invoice_account() -> Any:
    with transaction():
        number = services.reveal_invoice_account(actor=current_actor(), organisation=own_organisation())
    return _bank_page(own_organisation(), number)


@bp.route("/organisation/onboarding/invoice", methods=["GET", "POST"])
@roles("firm", "client")
def onboarding_invoice() -> Any:
    organisation = own_organisation()
    require(can_change_invoice_data(current_actor(), organisation))
    form, _data = _invoice_form(organisation)
    return save_step(
        "invoice", form, lambda again: _change_invoice_data(again, form),
        lambda o, status: render_step("onboarding_invoice", "invoice", o, status, form=form),
    )  # fmt: skip


@bp.route("/client/purchase-approval", methods=["GET", "POST"])
@roles("client")
def change_approval_limit() -> Any:
    """From which amount on a purchaser's order waits for a second person."""
    organisation, actor = own_organisation("client"), current_actor()
    require(can_change_approval_limit(actor, organisation))
    require_confirmed(actor)
    present = organisation.approval_above_fen
    form = ApprovalLimitForm(mode="off" if present is None else "on", limit=present)
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _change_approval_limit(form)))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation("client")
    page = render_template("organisations/change_approval_limit.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200


def _change_approval_limit(form: ApprovalLimitForm) -> str:
    if form.mode.data == "on" and form.limit.data is None:
        raise Invalid("organisation.approval_limit_missing", lazy("请填写审批额度"), field="limit")
    limit = form.limit.data if form.mode.data == "on" else None
    services.change_approval_limit(actor=current_actor(), organisation=own_organisation("client"), limit_fen=limit)
    flash(_("采购审批设置已保存"), "success")
    return url_for("organisations.client_profile")
