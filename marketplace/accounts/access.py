"""Who may change accounts."""

from marketplace.core.actor import Actor


def can_change_account(actor: Actor, user_id: int) -> bool:
    """A person's own account."""
    return actor.user_id is not None and actor.user_id == user_id


def can_read_staff(actor: Actor) -> bool:
    """The two administrators, and the auditor who watches them."""
    return actor.is_staff("admin", "security", "auditor")


def can_create_staff_account(actor: Actor) -> bool:
    """The system administrator opens accounts, the security administrator too; the account has no role yet."""
    return actor.is_staff("admin", "security") or actor.system == "cli"


def can_grant_staff_role(actor: Actor) -> bool:
    """The security administrator, and the shell; a system administrator makes no staff (三员分立)."""
    return actor.is_staff("security") or actor.system == "cli"


def can_secure_account(actor: Actor) -> bool:
    """Unlocking, disabling and resetting a lost second factor are the security administrator's, and the shell's."""
    return actor.is_staff("security") or actor.system == "cli"


def can_reveal_message(actor: Actor, to_staff: bool) -> bool:
    """A code or link that could not be sent is read out to a member by an operator, to one of the park's own by the security
    administrator alone: else an operator could take over an administrator's account."""
    return actor.is_staff("security") if to_staff else actor.is_staff("operator")
