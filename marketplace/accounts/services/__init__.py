"""Use cases of people: accounts, signing in, passwords, contacts, second factor, sessions, the park's own people."""

from marketplace.accounts.services.contacts import (
    change_contacts,
    confirm_email,
    confirm_mobile,
    edit_profile,
    request_email_link,
    request_mobile_code,
)
from marketplace.accounts.services.creating import create_user, prepare_no_password, prepare_password
from marketplace.accounts.services.passwords import (
    change_password,
    get_password_link,
    invite,
    issue_resets,
    request_reset,
    reset_password,
)
from marketplace.accounts.services.revealing import reveal_message
from marketplace.accounts.services.second_factor import (
    Ticket,
    begin_enrolment,
    disable_second_factor,
    enrol_second_factor,
    read_ticket,
    recovery_codes,
    regenerate_recovery_codes,
)
from marketplace.accounts.services.sessions import (
    end_sessions_of,
    note_seen,
    open_session,
    revoke_other_sessions,
    revoke_session,
    sign_out,
)
from marketplace.accounts.services.signing_in import (
    Credentials,
    Outcome,
    confirm_identity,
    count_wrong_password,
    lift_session,
    sign_in,
    sign_in_with_code,
    verify_credentials,
)
from marketplace.accounts.services.staff import (
    create_staff_account,
    disable_account,
    enable_account,
    grant_staff_role,
    invite_again,
    reset_second_factor,
    revoke_staff_role,
    unlock_account,
)
from marketplace.accounts.services.tokens import forget_old_tokens

__all__ = [
    "Credentials", "Outcome", "Ticket", "begin_enrolment", "change_contacts", "change_password", "confirm_email", "confirm_identity",
    "confirm_mobile", "count_wrong_password", "create_staff_account", "create_user", "disable_account", "disable_second_factor",
    "edit_profile", "enable_account", "end_sessions_of", "enrol_second_factor", "forget_old_tokens",
    "get_password_link", "grant_staff_role", "invite", "invite_again", "issue_resets", "lift_session", "note_seen", "open_session",
    "prepare_no_password", "prepare_password", "read_ticket", "recovery_codes", "regenerate_recovery_codes", "request_email_link",
    "request_mobile_code", "request_reset", "reset_password", "reset_second_factor", "reveal_message", "revoke_other_sessions",
    "revoke_session", "revoke_staff_role", "sign_in", "sign_in_with_code", "sign_out", "unlock_account", "verify_credentials",
]  # fmt: skip
