"""Where the money goes: an organisation's bank account, its invoice data, and the amount above which its purchases are approved."""

from marketplace.core import audit, clock, vault
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_change_approval_limit, can_change_bank_account, can_change_invoice_data
from marketplace.organisations.models import BankAccount, InvoiceData, Organisation
from marketplace.organisations.queries import find_bank_account, find_invoice_data, lock_organisation, member_user_ids
from marketplace.organisations.rules.money import INVOICE_KINDS, account_digits, check_bank, check_limit, same_holder
from marketplace.organisations.services.deciding import profile_path
from marketplace.organisations.states import OrganisationState


def change_bank_account(
    *, actor: Actor, organisation: Organisation, holder: str, bank_name: str, branch: str, account: str, seen_position: int
) -> BankAccount:  # fmt: skip
    """Register the account the organisation is paid to, or another in its place; it holds from this moment and the one before is closed.

    All administrators are told. Refused: who has not just confirmed who they are (ASVS 7.5.1); a holder that is not the organisation
    itself; a number that is not 8 to 32 digits; when somebody else has changed the account since the page was opened
    (`seen_position`: the position of the account shown there, 0 for none).
    """
    require(can_change_bank_account(actor, organisation))
    require_confirmed(actor)
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("organisation.closed", lazy("单位已退出，不能再变更账户"))
    if not same_holder(holder, organisation.name):
        raise Invalid("bank_account.holder", lazy("账户户名必须与单位名称一致"), field="holder")
    check_bank(bank_name, branch)
    number = account_digits(account)
    lock_organisation(organisation.id)
    present = find_bank_account(organisation.id)
    if (present.position if present else 0) != seen_position:
        raise Conflict("bank_account.changed", lazy("账户刚刚被他人变更，请刷新页面核对后再操作"))
    row = BankAccount(
        organisation_id=organisation.id, position=seen_position + 1, holder=organisation.name, bank_name=bank_name.strip(),
        branch=branch.strip(), account_sealed=vault.seal(number), account_last4=number[-4:], created_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record(
        "organisation.bank_account_changed", "bank_account", row.id, actor=actor, organisation_id=organisation.id,
        before=present.id if present else None,
    )  # fmt: skip
    _tell_admins(organisation, "bank_account.changed", last4=row.account_last4, bank=row.bank_name, by=actor.name)
    return row


def reveal_bank_account(*, actor: Actor, organisation: Organisation) -> str:
    """The whole number of the present account, on record. Refused: who may not change it; where there is none."""
    require(can_change_bank_account(actor, organisation))
    account = find_bank_account(organisation.id)
    if account is None:
        raise NotFound("bank_account.missing", lazy("尚未登记银行账户"))
    audit.record(
        "organisation.bank_account_revealed", "bank_account", account.id, actor=actor, organisation_id=organisation.id
    )
    return vault.unseal(account.account_sealed)


def change_invoice_data(
    *, actor: Actor, organisation: Organisation, invoice_kind: str, email: str, address: str = "", phone: str = "",
    bank_name: str = "", account: str | None = "",
) -> InvoiceData:  # fmt: skip
    """Say what invoices to this organisation show; title and taxpayer number are its name and USCC and not to be chosen (发票管理办法 19).

    `account` None keeps the number that stands. Refused: an unknown kind, no e-mail, a bank without a number or a number without a bank.
    """
    require(can_change_invoice_data(actor, organisation))
    if invoice_kind not in INVOICE_KINDS:
        raise Invalid("invoice.kind", lazy("请选择发票类型"), field="invoice_kind")
    if not email.strip():
        raise Invalid("invoice.email", lazy("请填写接收发票的邮箱"), field="email")
    row = find_invoice_data(organisation.id)
    if row is None:
        row = InvoiceData(organisation_id=organisation.id, account_sealed="", account_last4="")
        db.session.add(row)
    if account is not None:
        number = account_digits(account) if account.strip() else ""
        row.account_sealed, row.account_last4 = (vault.seal(number), number[-4:]) if number else ("", "")
    if bool(bank_name.strip()) != bool(row.account_last4):
        missing = "account" if bank_name.strip() else "bank_name"
        raise Invalid("invoice.bank", lazy("开户银行与账号须同时填写，或都留空"), field=missing)
    row.invoice_kind, row.email = invoice_kind, email.strip().lower()
    row.address, row.phone, row.bank_name = address.strip(), phone.strip(), bank_name.strip()
    row.updated_by_id, row.updated_at = actor.user_id, clock.now()
    db.session.flush()
    audit.record(
        "organisation.invoice_data_changed",
        "organisation",
        organisation.id,
        actor=actor,
        organisation_id=organisation.id,
    )
    return row


def reveal_invoice_account(*, actor: Actor, organisation: Organisation) -> str:
    """The whole account number on the invoice data, on record."""
    require(can_change_invoice_data(actor, organisation))
    data = find_invoice_data(organisation.id)
    if data is None or not data.account_sealed:
        raise NotFound("invoice.no_account", lazy("开票资料中没有银行账号"))
    audit.record(
        "organisation.invoice_account_revealed",
        "organisation",
        organisation.id,
        actor=actor,
        organisation_id=organisation.id,
    )
    return vault.unseal(data.account_sealed)


def change_approval_limit(*, actor: Actor, organisation: Organisation, limit_fen: int | None) -> Organisation:
    """Say above which amount (分) a purchaser's order waits for an administrator or finance person; None asks for no approval.

    Orders already placed stay as they are. Refused: anybody but a client's administrators, who confirm who they are first; a
    negative or absurd amount.
    """
    require(can_change_approval_limit(actor, organisation))
    require_confirmed(actor)
    check_limit(limit_fen)
    before, organisation.approval_above_fen = organisation.approval_above_fen, limit_fen
    audit.record(
        "organisation.approval_limit_changed", "organisation", organisation.id, actor=actor, organisation_id=organisation.id,
        before=before, after=limit_fen,
    )  # fmt: skip
    notify(
        organisation_id=organisation.id, event="organisation.approval_limit_changed", url="/client/orders",
        params={"limit_fen": limit_fen, "by": actor.name},
    )  # fmt: skip
    return organisation


def _tell_admins(organisation: Organisation, event: str, **params: str) -> None:
    for user_id in member_user_ids(organisation.id, "admin"):
        notify(
            user_id=user_id, event=event, url=profile_path(organisation), params={"name": organisation.name, **params}
        )
