"""Who may do what with an organisation: its members by role, the park's operators, nobody else."""

from marketplace.core.actor import BUSINESS_STAFF, Actor
from marketplace.organisations.models import Licence, Organisation


def can_view_organisation(actor: Actor, organisation: Organisation) -> bool:
    """The whole file: its members, the park's staff for business, and the system's own actors; not those who only run the system."""
    return actor.is_member(organisation.id) or actor.is_staff(*BUSINESS_STAFF) or actor.system is not None


def can_register_organisation(actor: Actor) -> bool:
    """Any person who does not act for an organisation yet; the shell."""
    return (actor.is_signed_in and not actor.memberships and not actor.is_staff()) or actor.system == "cli"


def can_edit_organisation(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators keep its facts."""
    return actor.has_role(organisation.id, "admin") or actor.system == "cli"


def can_submit_verification(actor: Actor, organisation: Organisation) -> bool:
    return actor.has_role(organisation.id, "admin") or actor.system == "cli"


def can_add_licence(actor: Actor, organisation: Organisation) -> bool:
    return actor.has_role(organisation.id, "admin") or actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_verify_organisation(actor: Actor) -> bool:
    """The park's reviewers and operators decide on organisations and licences."""
    return actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_suspend_organisation(actor: Actor) -> bool:
    return actor.is_staff("operator") or actor.system == "cli"


def can_read_verifications(actor: Actor) -> bool:
    """The queue is worked on by operators and read by the bureau and the auditor."""
    return actor.is_staff("operator", "reviewer", "service", "bureau", "auditor")


def can_import_organisations(actor: Actor) -> bool:
    return actor.is_staff("operator") or actor.system == "cli"


def can_expire_licence(actor: Actor) -> bool:
    """The day's end is the scheduler's to notice."""
    return actor.system == "scheduler"


def can_read_licence_file(actor: Actor, licence: Licence) -> bool:
    """The scan of a licence: members of its organisation and the park's staff."""
    return actor.is_member(licence.organisation_id) or actor.is_staff("operator", "reviewer", "bureau", "auditor")


def can_place_orders_for(actor: Actor, organisation: Organisation) -> bool:
    """A purchaser of an approved client enterprise (decision 25: others may browse, not order)."""
    return organisation.kind == "client" and organisation.is_approved and actor.has_role(organisation.id, "purchasing")


def can_report_identities(actor: Actor) -> bool:
    """Who makes the half-year report to the market regulator: the park's operator, the bureau, the shell."""
    return actor.is_staff("operator", "bureau") or actor.system == "cli"


def can_read_identity_reports(actor: Actor) -> bool:
    """The log of reports is for those who make them and for the auditor."""
    return actor.is_staff("operator", "bureau", "auditor")
