"""Tables of organisations: the body itself, its people, accounts and licences, and what was decided, asked and kept about them."""

from marketplace.organisations.models.account import BankAccount, InvoiceData
from marketplace.organisations.models.change import ChangeRequest
from marketplace.organisations.models.check import VerificationCheck
from marketplace.organisations.models.claim import ReviewClaim
from marketplace.organisations.models.closing import ClosingNotice
from marketplace.organisations.models.figure import FirmFigure, FirmOffer
from marketplace.organisations.models.identity_export import IdentityArchive, IdentityExport
from marketplace.organisations.models.joining import Invitation, JoinRequest
from marketplace.organisations.models.licence import Licence, LicencePage
from marketplace.organisations.models.organisation import Organisation, OrganisationMember
from marketplace.organisations.models.override import UsccOverride
from marketplace.organisations.models.snapshot import OrganisationSnapshot
from marketplace.organisations.models.standard import FirmStandard

__all__ = [
    "BankAccount", "ChangeRequest", "ClosingNotice", "FirmFigure", "FirmOffer", "FirmStandard", "IdentityArchive",
    "IdentityExport", "Invitation", "InvoiceData", "JoinRequest", "Licence", "LicencePage", "Organisation", "OrganisationMember",
    "OrganisationSnapshot", "ReviewClaim", "UsccOverride",
    "VerificationCheck",
]  # fmt: skip
