"""Tables of organisations: the body itself, its members, its licences, and the operator's decisions on them."""

from marketplace.organisations.models.check import VerificationCheck
from marketplace.organisations.models.identity_export import IdentityArchive, IdentityExport
from marketplace.organisations.models.licence import Licence
from marketplace.organisations.models.organisation import Organisation, OrganisationMember

__all__ = ["IdentityArchive", "IdentityExport", "Licence", "Organisation", "OrganisationMember", "VerificationCheck"]
