"""Tables of organisations: the body itself, its members, its licences, and the operator's decisions on them."""

from marketplace.organisations.models.check import VerificationCheck
from marketplace.organisations.models.licence import Licence
from marketplace.organisations.models.organisation import Organisation, OrganisationMember

__all__ = ["Licence", "Organisation", "OrganisationMember", "VerificationCheck"]
