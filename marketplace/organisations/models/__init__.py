"""Tables of organisations: the body itself, its members and how they come, its licences, its bank account and
invoice data, and the operator's decisions."""

from marketplace.organisations.models.account import BankAccount, InvoiceData
from marketplace.organisations.models.check import VerificationCheck
from marketplace.organisations.models.joining import Invitation, JoinRequest
from marketplace.organisations.models.licence import Licence
from marketplace.organisations.models.organisation import Organisation, OrganisationMember

__all__ = [
    "BankAccount", "Invitation", "InvoiceData", "JoinRequest", "Licence", "Organisation", "OrganisationMember", "VerificationCheck",
]  # fmt: skip
