"""Who may do what about people's data."""

from marketplace.core.actor import Actor
from marketplace.duties.models import DataExport, DataRequest


def can_give_consent(actor: Actor, user_id: int) -> bool:
    """Nobody consents for another person."""
    return actor.user_id is not None and actor.user_id == user_id


def can_export_own_data(actor: Actor, user_id: int) -> bool:
    return actor.user_id is not None and actor.user_id == user_id


def can_fetch_export(actor: Actor, export: DataExport) -> bool:
    """Only the person whose data it is; no staff role opens it."""
    return actor.user_id is not None and actor.user_id == export.user_id


def can_close_account(actor: Actor, user_id: int) -> bool:
    """Only the person: staff suspend or disable accounts, they do not close them."""
    return actor.user_id is not None and actor.user_id == user_id


def can_make_data_request(actor: Actor) -> bool:
    return actor.user_id is not None


def can_withdraw_data_request(actor: Actor, request: DataRequest) -> bool:
    return actor.user_id is not None and actor.user_id == request.user_id


def can_answer_data_request(actor: Actor) -> bool:
    """Customer service and operators answer; others only read."""
    return actor.is_staff("service", "operator")


def can_read_data_requests(actor: Actor) -> bool:
    return actor.is_staff("service", "operator", "auditor")


def can_read_retention(actor: Actor) -> bool:
    """The matrix, its runs and the holds: those who decide about holds, and the auditor who watches."""
    return actor.is_staff("operator", "security", "auditor")


def can_place_hold(actor: Actor) -> bool:
    return actor.is_staff("operator", "security")


def can_run_retention(actor: Actor) -> bool:
    """The scheduler and the shell delete; a person may only ask for a dry run."""
    return actor.system in ("scheduler", "cli")


def can_rehearse_retention(actor: Actor) -> bool:
    return actor.is_staff("operator", "security")
