"""Who may do what with an organisation: its members by role, the park's operators, nobody else."""

from marketplace.core.actor import BUSINESS_STAFF, Actor
from marketplace.organisations.models import FirmStandard, JoinRequest, Licence, Organisation, UsccOverride


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


def can_confirm_facts(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators say that nothing has changed since the last verification."""
    return actor.has_role(organisation.id, "admin")


def can_remind_overdue(actor: Actor) -> bool:
    return actor.is_staff("operator", "reviewer")


def can_propose_uscc_override(actor: Actor) -> bool:
    """Reviewers and operators; a second one of them decides."""
    return actor.is_staff("operator", "reviewer")


def can_decide_uscc_override(actor: Actor, override: UsccOverride) -> bool:
    """Never whoever proposed it."""
    return actor.is_staff("operator", "reviewer") and override.proposed_by_id != actor.user_id


def can_withdraw_uscc_override(actor: Actor, override: UsccOverride) -> bool:
    return actor.is_staff("operator", "reviewer") and override.proposed_by_id == actor.user_id


def can_request_change(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators ask for a change of the identity that was verified."""
    return actor.has_role(organisation.id, "admin") or actor.system == "cli"


def can_withdraw_change(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators take a request back; an operator ends one that lies about; so does the organisation's own end."""
    return can_request_change(actor, organisation) or actor.is_staff("operator") or actor.system == "scheduler"


def can_decide_change(actor: Actor) -> bool:
    return actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_view_change(actor: Actor, organisation: Organisation) -> bool:
    """Members of the organisation see their own requests, the desk and those who watch over it see all."""
    return actor.is_member(organisation.id) or can_read_verifications(actor) or actor.system == "cli"


def can_read_change_file(actor: Actor, organisation: Organisation) -> bool:
    """The evidence of a change, like the scan of a licence: its members and the staff who review or watch over reviews."""
    return actor.is_member(organisation.id) or actor.is_staff("operator", "reviewer", "bureau", "auditor")


def can_announce_closing(actor: Actor, organisation: Organisation) -> bool:
    """Its administrators leave of their own will; an operator lets it leave for a reason."""
    return actor.has_role(organisation.id, "admin") or actor.is_staff("operator") or actor.system == "cli"


def can_close_organisation(actor: Actor) -> bool:
    """Only the calendar closes, once the notice has run and nothing blocks it."""
    return actor.system in ("scheduler", "cli")


def can_claim_case(actor: Actor) -> bool:
    """Those who decide take a case off the desk."""
    return actor.is_staff("operator", "reviewer")


def can_reveal_contact(actor: Actor) -> bool:
    """Who must call people may see a number, on record; those who only watch over the desk never do."""
    return actor.is_staff("operator", "reviewer", "service")


def can_see_own_contacts(actor: Actor, organisation: Organisation) -> bool:
    """On the organisation's own pages its administrators see numbers in full, others masked."""
    return actor.has_role(organisation.id, "admin")


def can_edit_public_profile(actor: Actor, organisation: Organisation) -> bool:
    """What the organisation says about itself in public, at any time: its administrators and business people."""
    return actor.has_role(organisation.id, "business")


def can_change_bank_account(actor: Actor, organisation: Organisation) -> bool:
    """Administrators and finance people see and change where the money goes; nobody of the park does it for them."""
    return actor.has_role(organisation.id, "finance")


def can_change_invoice_data(actor: Actor, organisation: Organisation) -> bool:
    return actor.has_role(organisation.id, "finance")


def can_view_members(actor: Actor, organisation: Organisation) -> bool:
    return actor.is_member(organisation.id)


def can_manage_members(actor: Actor, organisation: Organisation) -> bool:
    """Who comes in, in which role, and who leaves: the organisation's administrators."""
    return actor.has_role(organisation.id, "admin")


def can_leave_organisation(actor: Actor, organisation: Organisation) -> bool:
    return actor.is_member(organisation.id)


def can_join_organisation(actor: Actor) -> bool:
    """Any person who acts for nobody yet may ask to join or accept an invitation; the park's own people may not."""
    return actor.is_signed_in and not actor.memberships and not actor.is_staff()


def can_withdraw_join_request(actor: Actor, request: JoinRequest) -> bool:
    return actor.user_id is not None and actor.user_id == request.user_id


def can_lapse_join_requests(actor: Actor) -> bool:
    return actor.system == "scheduler"


def can_change_approval_limit(actor: Actor, organisation: Organisation) -> bool:
    """A client's administrators say from which amount on a purchase needs a second person."""
    return organisation.kind == "client" and actor.has_role(organisation.id, "admin")


def can_report_identities(actor: Actor) -> bool:
    """Who makes the half-year report to the market regulator: the park's operator, the bureau, the shell."""
    return actor.is_staff("operator", "bureau") or actor.system == "cli"


def can_read_identity_reports(actor: Actor) -> bool:
    """The log of reports is for those who make them and for the auditor."""
    return actor.is_staff("operator", "bureau", "auditor")


def can_keep_standards(actor: Actor, organisation: Organisation) -> bool:
    """A firm's administrators and business people say which standards it meets, renew and withdraw them."""
    return organisation.is_firm and actor.has_role(organisation.id, "business")


def can_review_standard(actor: Actor) -> bool:
    return actor.is_staff("operator", "reviewer")


def can_read_standard(actor: Actor, standard: FirmStandard) -> bool:
    """A standard in any state with its evidence: members of its firm, and the desk with those who watch over it."""
    return actor.is_member(standard.organisation_id) or can_read_verifications(actor)


def can_expire_standard(actor: Actor) -> bool:
    """The day's end is the scheduler's to notice."""
    return actor.system == "scheduler"
