"""The ledger's tables: accounts with cached turnovers, transactions under a unique key, transfers from one account to another."""

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, append_only, db


class LedgerAccount(db.Model):
    """One account. Turnovers are written by the transfers' trigger only; `credit_floor` means debits never exceed credits."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("kind IN ('asset', 'liability', 'revenue', 'expense')", name="kind_known"),
        CheckConstraint("debits_fen >= 0 AND credits_fen >= 0", name="turnovers_positive"),
        CheckConstraint("NOT credit_floor OR credits_fen >= debits_fen", name="no_overdraft"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    debits_fen: Mapped[int] = mapped_column(BIG, default=0, server_default=text("0"))
    credits_fen: Mapped[int] = mapped_column(BIG, default=0, server_default=text("0"))
    credit_floor: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))
    created_at: Mapped[CreatedAt]


class LedgerTxn(db.Model):
    """One business fact that moved money, written once under its key."""

    __tablename__ = "ledger_txn"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(120), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40), index=True)
    ref: Mapped[str | None] = mapped_column(String(80), index=True)
    reverses_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("ledger_txn.id"), unique=True)
    created_at: Mapped[CreatedAt]


class LedgerTransfer(db.Model):
    """An amount (分) debited to one account and credited to another: balanced by construction."""

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        UniqueConstraint("txn_id", "seq"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
    )

    id: Mapped[Id]
    txn_id: Mapped[int] = mapped_column(BIG, ForeignKey("ledger_txn.id"), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    debit_id: Mapped[int] = mapped_column(BIG, ForeignKey("ledger_account.id"), index=True)
    credit_id: Mapped[int] = mapped_column(BIG, ForeignKey("ledger_account.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BIG)


append_only("ledger_txn")
append_only("ledger_transfer")
