"""Tables of organisations: the body itself, its members, its licences, and the operator's decisions on them."""

from marketplace.organisations.models.check import VerificationCheck
from marketplace.organisations.models.licence import Licence, LicencePage
from marketplace.organisations.models.organisation import Organisation, OrganisationMember
from marketplace.organisations.models.override import UsccOverride

__all__ = ["Licence", "LicencePage", "Organisation", "OrganisationMember", "UsccOverride", "VerificationCheck"]
