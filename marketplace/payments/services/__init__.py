"""The use cases of money: opening and releasing payments, importing statements, matching by two people."""

from marketplace.payments.services.paying import (
    cancel_payment,
    open_payment,
    release_milestone_money,
    return_to_buyer,
    settle_payment,
)  # fmt: skip

__all__ = ["cancel_payment", "open_payment", "release_milestone_money", "return_to_buyer", "settle_payment"]
