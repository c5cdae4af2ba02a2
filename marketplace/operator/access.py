"""Who may use the operator's own pages (queues of other domains have their rules in those domains)."""

from marketplace.core.actor import Actor


def can_read_outbox(actor: Actor) -> bool:
    """Mail and SMS texts hold people's addresses: operators and administrators only; the security administrator sees what is about
    accounts (`can_read_business_outbox` says no)."""
    return actor.is_staff("operator", "admin", "security")


def can_read_business_outbox(actor: Actor) -> bool:
    """Messages about the park's business, beside those about accounts."""
    return actor.is_staff("operator", "admin")


def can_read_audit(actor: Actor) -> bool:
    """The trail is read by the auditor and the bureau: whoever runs the system does not also watch over it (三员分立)."""
    return actor.is_staff("auditor", "bureau")


def can_check_audit(actor: Actor) -> bool:
    """Only the auditor has the chain proved: it reads the whole trail."""
    return actor.is_staff("auditor")


def can_read_settings(actor: Actor) -> bool:
    return actor.is_staff()
