"""Reads of people, of what guards their accounts, and of the park's own people."""

from marketplace.accounts.queries.people import (
    SignedInUser,
    actor_of,
    find_user_by_login,
    get_user,
    has_confirmed_contact,
    has_demo_users,
    has_staff_role,
    list_demo_users,
    list_staff_ids,
    list_users,
    load_actor,
    register_memberships,
)
from marketplace.accounts.queries.security import (
    address_rests_for,
    count_recovery_codes,
    export_sign_ins,
    find_token,
    get_session,
    has_second_factor,
    list_issues,
    list_sessions,
    list_sign_ins,
)
from marketplace.accounts.queries.staff import (
    STAFF_STATES,
    StaffMember,
    count_active,
    export_staff,
    get_staff,
    is_park_staff,
    last_seen,
    list_roles,
    list_staff,
    waits_for_password,
)

__all__ = [
    "STAFF_STATES", "SignedInUser", "StaffMember", "actor_of", "address_rests_for", "count_active", "count_recovery_codes",
    "export_sign_ins", "export_staff", "find_token", "find_user_by_login", "get_session", "get_staff", "get_user",
    "has_confirmed_contact", "has_demo_users", "has_second_factor", "has_staff_role", "is_park_staff", "last_seen", "list_demo_users", "list_issues",
    "list_roles", "list_sessions", "list_sign_ins", "list_staff", "list_staff_ids", "list_users", "load_actor", "register_memberships",
    "waits_for_password",
]  # fmt: skip
