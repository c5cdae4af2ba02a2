"""The use cases of money: opening and releasing payments, importing statements, matching by two people."""

from marketplace.organisations.services import register_closing_blocker
from marketplace.payments.queries.payments import list_money_blockers
from marketplace.payments.services.importing import hold_bank_rail, import_statement
from marketplace.payments.services.matching import confirm_match, propose_match, reject_match
from marketplace.payments.services.paying import (
    cancel_payment,
    open_payment,
    release_milestone_money,
    return_to_buyer,
    settle_payment,
)

register_closing_blocker(list_money_blockers)

__all__ = [
    "cancel_payment", "confirm_match", "hold_bank_rail", "import_statement", "open_payment", "propose_match", "reject_match",
    "release_milestone_money", "return_to_buyer", "settle_payment",
]  # fmt: skip
