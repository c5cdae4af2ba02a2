"""Reads of organisations, licences and members."""

from marketplace.organisations.queries.licences import (
    count_licences,
    get_licence,
    licence_kinds_of,
    list_ending_licences,
    list_lapsed_licences,
    list_licences,
    list_licences_of,
    valid_licence_kinds,
)
from marketplace.organisations.queries.members import (
    Member,
    list_members,
    list_memberships,
    member_user_ids,
)
from marketplace.organisations.queries.organisations import (
    count_by_letter,
    find_by_uscc,
    firm_is_active,
    get_organisation,
    get_public_firm,
    list_by_uscc,
    list_firm_cities,
    list_organisations,
    list_public_firms,
    select_public_firms,
)
from marketplace.organisations.queries.verification import (
    find_last_reason,
    find_verification_problem,
    list_checks,
    list_verifications,
)

__all__ = [
    "Member",
    "count_by_letter",
    "count_licences",
    "find_by_uscc",
    "find_last_reason",
    "find_verification_problem",
    "firm_is_active",
    "get_licence",
    "get_organisation",
    "get_public_firm",
    "licence_kinds_of",
    "list_by_uscc",
    "list_checks",
    "list_ending_licences",
    "list_firm_cities",
    "list_lapsed_licences",
    "list_licences",
    "list_licences_of",
    "list_members",
    "list_memberships",
    "list_organisations",
    "list_public_firms",
    "list_verifications",
    "member_user_ids",
    "select_public_firms",
    "valid_licence_kinds",
]
