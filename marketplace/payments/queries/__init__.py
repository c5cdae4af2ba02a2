"""Reads of money: payments, statements and their entries, the ledger."""

from marketplace.payments.queries.ledger import balance, get_account, list_accounts, statement, sum_groups
from marketplace.payments.queries.payments import (
    PayInstructions,
    find_awaiting,
    find_payment,
    get_payment,
    list_payments,
    list_settled_since,
    pay_instructions,
)
from marketplace.payments.queries.statements import (
    Candidate,
    count_entries,
    count_open_credits,
    export_entries,
    find_open_proposal,
    get_entry,
    get_import,
    list_candidates,
    list_entries,
    list_imports,
    list_named_organisations,
    list_proposals,
    names_of_users,
)

__all__ = [
    "Candidate", "PayInstructions", "balance", "count_entries", "count_open_credits", "export_entries", "find_awaiting",
    "find_open_proposal", "find_payment", "get_account", "get_entry", "get_import", "get_payment", "list_accounts",
    "list_candidates", "list_entries", "list_imports", "list_named_organisations", "list_payments", "list_proposals",
    "list_settled_since", "names_of_users", "pay_instructions", "statement", "sum_groups",
]  # fmt: skip
