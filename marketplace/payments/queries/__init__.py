"""Reads of money: payments, statements and their entries, the ledger."""

from marketplace.payments.queries.ledger import get_account, list_accounts, sum_groups
from marketplace.payments.queries.payments import (
    PayInstructions,
    find_awaiting,
    find_payment,
    get_payment,
    list_payments,
    list_settled_since,
    pay_instructions,
)  # fmt: skip

__all__ = [
    "PayInstructions", "find_awaiting", "find_payment", "get_account", "get_payment", "list_accounts", "list_payments",
    "list_settled_since", "pay_instructions", "sum_groups",
]  # fmt: skip
