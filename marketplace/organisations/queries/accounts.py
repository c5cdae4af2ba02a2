"""Reads of bank accounts and invoice data; numbers stay sealed here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from marketplace.core.db import db
from marketplace.organisations.models import BankAccount, InvoiceData


def find_bank_account(organisation_id: int) -> BankAccount | None:
    """The account in force: the newest row."""
    return db.session.scalar(_of(organisation_id).limit(1))


def list_bank_accounts(organisation_id: int, limit: int = 50) -> Sequence[BankAccount]:
    """The account in force and those before it, newest first; each was in force until the one above it began."""
    return db.session.scalars(_of(organisation_id).limit(limit)).all()


def _of(organisation_id: int) -> Select[Any]:
    query = select(BankAccount).where(BankAccount.organisation_id == organisation_id)
    return query.order_by(BankAccount.position.desc())


def find_invoice_data(organisation_id: int) -> InvoiceData | None:
    return db.session.scalar(select(InvoiceData).where(InvoiceData.organisation_id == organisation_id))
