"""How far an organisation's file is."""

from dataclasses import dataclass

from marketplace.accounts.queries import has_confirmed_one
from marketplace.core import settings
from marketplace.organisations.models import BankAccount, InvoiceData, Licence, Organisation
from marketplace.organisations.queries.accounts import find_bank_account, find_invoice_data
from marketplace.organisations.queries.licences import list_licences
from marketplace.organisations.queries.members import member_user_ids
from marketplace.organisations.rules.money import same_holder
from marketplace.organisations.rules.onboarding import (
    CONTACTS,
    IDENTITY,
    Filled,
    Progress,
    can_be_submitted,
    list_progress,
)
from marketplace.organisations.states import LicenceState


@dataclass(frozen=True, slots=True)
class Onboarding:
    """An organisation's file step by step, with what the pages of the steps show."""

    progress: list[Progress]
    licences: list[Licence]
    bank_account: BankAccount | None
    invoice_data: InvoiceData | None
    holder_matches: bool

    @property
    def is_complete(self) -> bool:
        return can_be_submitted(self.progress)

    def of(self, name: str) -> Progress:
        """The progress of one step."""
        return next(row for row in self.progress if row.step.name == name)


def is_reachable(organisation_id: int) -> bool:
    """Has an administrator confirmed an address or number, where the park asks for it before anything is published (网络安全法 24)?"""
    if not settings.get("organisations.confirm_before_submit"):
        return True
    return has_confirmed_one(member_user_ids(organisation_id, "admin"))


def get_onboarding(organisation: Organisation) -> Onboarding:
    """Every step of an organisation's file with what is done and what is missing: three statements."""
    licences = list_licences(organisation.id, *LicenceState)
    account, invoice = find_bank_account(organisation.id), find_invoice_data(organisation.id)
    matches = account is None or same_holder(account.holder, organisation.name)
    filled = Filled(
        kind=organisation.kind,
        values={name: getattr(organisation, name) for name in (*IDENTITY, *CONTACTS)},
        licences={x.kind for x in licences if x.state in (LicenceState.PENDING, LicenceState.VALID)},
        has_bank_account=account is not None, holder_matches=matches, has_invoice_data=invoice is not None,
        is_reachable=is_reachable(organisation.id),
    )  # fmt: skip
    return Onboarding(list_progress(filled), licences, account, invoice, matches)
