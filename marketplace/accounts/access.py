"""Who may change accounts."""

from marketplace.core.actor import Actor


def can_change_account(actor: Actor, user_id: int) -> bool:
    """A person's own account."""
    return actor.user_id is not None and actor.user_id == user_id


def can_grant_staff_role(actor: Actor) -> bool:
    """The security administrator, and the shell; a system administrator makes no staff (三员分立)."""
    return actor.is_staff("security") or actor.system == "cli"
