"""The payment: what one organisation is asked to pay for another, by bank transfer, under its own reference."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.ids import new_number
from marketplace.core.lifecycle import Lifecycle
from marketplace.payments.states import PAYMENT_PROCESS, PaymentState


class Payment(Lifecycle, db.Model):
    """An amount (分) that a client owes for a firm's services. `reference` is what the payer writes in the 附言."""

    __tablename__ = "payment"
    __process__ = PAYMENT_PROCESS
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("payer_organisation_id <> payee_organisation_id", name="two_parties"),
        CheckConstraint("settled_fen IS NULL OR settled_fen = amount_fen", name="settled_exactly"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_has_moment"),
        Index("ix_payment_settled", "settled_at", "id"),
        Index("ix_payment_state_amount", "state", "amount_fen"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    payer_organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    payee_organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BIG)
    reference: Mapped[str] = mapped_column(String(11), unique=True)
    purpose: Mapped[str] = mapped_column(String(120), default="")
    rail: Mapped[str] = mapped_column(String(12), default="bank")
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_fen: Mapped[int | None] = mapped_column(BIG)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_settled(self) -> bool:
        return self.state == PaymentState.SETTLED

    @property
    def account_code(self) -> str:
        """The ledger account on which this payment's money stands until it is released."""
        return f"escrow:{self.id}"
