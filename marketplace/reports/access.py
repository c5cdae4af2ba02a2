"""Who may declare, verify and see reports."""

from marketplace.core.actor import BUSINESS_STAFF, Actor


def can_declare_report(actor: Actor, firm_id: int | None) -> bool:
    """The firm's own administrator, business and finance people."""
    return firm_id is not None and actor.has_role(firm_id, "business", "finance")


def can_import_reports(actor: Actor) -> bool:
    """The park's operators and the shell bring in lines of any firm."""
    return actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_verify_report(actor: Actor) -> bool:
    """Grade B means that an operator has looked at the evidence."""
    return actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_list_reports(actor: Actor) -> bool:
    return actor.is_staff(*BUSINESS_STAFF)
