"""What the bank says: imported files, their rows, and what two finance people decided about a row."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.core.ids import new_number
from marketplace.core.lifecycle import Lifecycle
from marketplace.payments.models.payment import Payment
from marketplace.payments.states import (
    ENTRY_PROCESS,
    PROPOSAL_PROCESS,
    Decision,
    EntryState,
    ProposalState,
    QueueReason,
)


class StatementImport(db.Model):
    """One file of the bank, imported once: what it held and what came of it."""

    __tablename__ = "statement_import"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    row_count: Mapped[int] = mapped_column(Integer)
    known_count: Mapped[int] = mapped_column(Integer)  # rows an earlier file had already brought
    settled_count: Mapped[int] = mapped_column(Integer)
    queued_count: Mapped[int] = mapped_column(Integer)
    outgoing_count: Mapped[int] = mapped_column(Integer)
    credit_fen: Mapped[int] = mapped_column(BIG)  # of the new rows
    debit_fen: Mapped[int] = mapped_column(BIG)
    opening_fen: Mapped[int] = mapped_column(BIG)
    closing_fen: Mapped[int] = mapped_column(BIG)
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    imported_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


append_only("statement_import")


class BankEntry(Lifecycle, db.Model):
    """One row of a statement, counted once whatever files hold it. A credit stands in suspense until it is matched or decided."""

    __tablename__ = "bank_entry"
    __process__ = ENTRY_PROCESS
    __table_args__ = (
        CheckConstraint("credit_fen >= 0 AND debit_fen >= 0 AND (credit_fen = 0) <> (debit_fen = 0)", name="one_side"),
        Index("ix_bank_entry_state_booked", "state", "booked_on", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    import_id: Mapped[int] = mapped_column(BIG, ForeignKey("statement_import.id"), index=True)
    row_key: Mapped[str] = mapped_column(String(160), unique=True)
    row_number: Mapped[int] = mapped_column(Integer)
    serial: Mapped[str] = mapped_column(String(100), default="")
    booked_on: Mapped[date] = mapped_column(Date)
    credit_fen: Mapped[int] = mapped_column(BIG)
    debit_fen: Mapped[int] = mapped_column(BIG)
    balance_fen: Mapped[int] = mapped_column(BIG)
    counterparty_name: Mapped[str] = mapped_column(String(200), default="")
    counterparty_account: Mapped[str] = mapped_column(String(60), default="")
    memo: Mapped[str] = mapped_column(String(500), default="")
    reference: Mapped[str | None] = mapped_column(
        String(11), index=True
    )  # found in the memo, whether or not it is known
    reason: Mapped[str | None] = mapped_column(String(20), index=True)  # why it did not match; what kind of debit it is
    payment_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("payment.id"), index=True)
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    payment: Mapped[Payment | None] = relationship(lazy="raise_on_sql")

    @property
    def amount_fen(self) -> int:
        """What came in or went out (分), without sign."""
        return self.credit_fen or self.debit_fen

    @property
    def is_credit(self) -> bool:
        return self.credit_fen > 0

    @property
    def is_open(self) -> bool:
        return self.state in (EntryState.QUEUED, EntryState.PROPOSED)

    @property
    def reason_label(self) -> Any:
        return QueueReason(self.reason).label if self.reason else ""


class MatchProposal(Lifecycle, db.Model):
    """What one finance person proposes to do with a credit, and what another one decided. The maker is never the checker."""

    __tablename__ = "match_proposal"
    __process__ = PROPOSAL_PROCESS
    __table_args__ = (
        CheckConstraint("decision IN ('match', 'credit', 'return')", name="decision_known"),
        CheckConstraint("(decision = 'match') = (payment_id IS NOT NULL)", name="match_has_payment"),
        CheckConstraint("(decision = 'credit') = (organisation_id IS NOT NULL)", name="credit_has_organisation"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="maker_is_not_checker"),
        CheckConstraint("state = 'proposed' OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        Index(
            "uq_match_proposal_open",
            "entry_id",
            unique=True,
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    entry_id: Mapped[int] = mapped_column(BIG, ForeignKey("bank_entry.id"), index=True)
    decision: Mapped[str] = mapped_column(String(10))
    payment_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("payment.id"))
    organisation_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(String(300))
    proposed_by_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    decided_by_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    decision_note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    entry: Mapped[BankEntry] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment | None] = relationship(lazy="raise_on_sql")

    @property
    def decision_label(self) -> Any:
        return Decision(self.decision).label

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.PROPOSED
