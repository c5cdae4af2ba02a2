"""Where an organisation's money goes and what stands on its invoices; account numbers are sealed, only their last digits lie open."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.organisations.rules.money import masked_account


class BankAccount(db.Model):
    """One bank account of an organisation, in its own name. A change adds a row and closes the one before: the highest position is the
    present account, and of two people who change it at once one is refused by the unique position. Append-only."""

    __tablename__ = "organisation_bank_account"
    __table_args__ = (
        UniqueConstraint("organisation_id", "position"),
        CheckConstraint("length(account_last4) = 4", name="last4_is_four"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    position: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str] = mapped_column(String(100))
    bank_name: Mapped[str] = mapped_column(String(60))
    branch: Mapped[str] = mapped_column(String(80), default="")
    account_sealed: Mapped[str] = mapped_column(Text)
    account_last4: Mapped[str] = mapped_column(String(4))
    created_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]

    @property
    def masked(self) -> str:
        return masked_account(self.account_last4)


append_only("organisation_bank_account")


class InvoiceData(db.Model):
    """What an organisation's invoices say (dossier 3.5). Title and taxpayer number are not here: they are its name and its USCC."""

    __tablename__ = "organisation_invoice_data"
    __table_args__ = (CheckConstraint("invoice_kind IN ('ordinary', 'special')", name="kind_known"),)

    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), primary_key=True)
    invoice_kind: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    bank_name: Mapped[str] = mapped_column(String(100), default="")
    account_sealed: Mapped[str] = mapped_column(Text, default="")
    account_last4: Mapped[str] = mapped_column(String(4), default="")
    updated_by_id: Mapped[int | None] = mapped_column(BIG)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def masked(self) -> str:
        return masked_account(self.account_last4) if self.account_last4 else ""
