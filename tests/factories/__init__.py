"""Valid objects for tests, one file per domain. Each factory takes part in the transaction that is open, or opens its own."""

from tests.factories.accounts import PASSWORD, confirm_contacts, enrol, make_staff, make_user, writing
from tests.factories.organisations import (
    actor_for,
    admin_of,
    make_client,
    make_firm,
    make_member,
    make_uscc,
)

__all__ = [
    "PASSWORD",
    "actor_for",
    "admin_of",
    "confirm_contacts",
    "enrol",
    "make_client",
    "make_firm",
    "make_member",
    "make_staff",
    "make_uscc",
    "make_user",
    "writing",
]  # fmt: skip
