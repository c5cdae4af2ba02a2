"""Payments and bank statements for tests. `Bank` keeps a running balance, so that its files are ones a bank could have written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, Actor
from marketplace.core.db import db
from marketplace.core.tabular import table_bytes
from marketplace.organisations.models import Organisation
from marketplace.payments.models import BankEntry, Payment, StatementImport
from marketplace.payments.rules.statements import BANK_COLUMNS
from marketplace.payments.services import import_statement, open_payment
from tests.factories.accounts import make_staff, writing
from tests.factories.organisations import make_client, make_firm

numbers = count(1)
DAY = date(2026, 11, 20)


@dataclass
class Bank:
    """A bank account: `bank.credit(…)` and `bank.debit(…)` make rows, `bank.file()` all of them as CSV."""

    balance_fen: int = 1_000_000
    rows: list[dict[str, Any]] = field(default_factory=list)

    def credit(self, fen: int, *, name: str = "", memo: str = "", **values: Any) -> dict[str, Any]:
        self.balance_fen += fen
        return self._row(credit_yuan=fen, debit_yuan=None, counterparty_name=name, memo=memo, **values)

    def debit(self, fen: int, *, name: str = "", memo: str = "", **values: Any) -> dict[str, Any]:
        self.balance_fen -= fen
        return self._row(credit_yuan=None, debit_yuan=fen, counterparty_name=name, memo=memo, **values)

    def pay(self, payment: Payment, **values: Any) -> dict[str, Any]:
        """The row of a payer who does everything right, unless told otherwise."""
        payer = db.session.get_one(Organisation, payment.payer_organisation_id)
        values = {"name": payer.name, "memo": f"服务费 {payment.reference}", "fen": payment.amount_fen, **values}
        return self.credit(values.pop("fen"), **values)

    def _row(self, **values: Any) -> dict[str, Any]:
        row = {
            "serial": f"T{next(numbers):08d}", "booked_on": DAY, "balance_yuan": self.balance_fen,
            "counterparty_account": "6222 0000 1111", **values,
        }  # fmt: skip
        self.rows.append(row)
        return row

    def file(self, rows: Sequence[dict[str, Any]] | None = None, kind: str = "csv") -> bytes:
        return table_bytes(kind, BANK_COLUMNS, self.rows if rows is None else rows)


def make_payment(
    *, amount_fen: int = 1_000_000, payer: Organisation | None = None, payee: Organisation | None = None
) -> Payment:
    """A payment that is awaited, between a new client and a new firm unless given."""
    with writing():
        payer, payee = payer or make_client(), payee or make_firm()
        return open_payment(actor=CLI, payer_id=payer.id, payee_id=payee.id, amount_fen=amount_fen)


def import_rows(bank: Bank, *, actor: Actor = CLI, filename: str = "流水.csv") -> StatementImport:
    """Import everything this bank has written so far."""
    with writing():
        return import_statement(actor=actor, content=bank.file(), filename=filename)


def make_settled_payment(bank: Bank | None = None, **values: Any) -> Payment:
    """A payment whose money has arrived through a statement."""
    with writing():
        payment = make_payment(**values)
        bank = bank or Bank()
        bank.pay(payment)
        import_rows(bank)
        return payment


def make_credit(fen: int = 500_000, *, bank: Bank | None = None, **values: Any) -> BankEntry:
    """A credit that matched nothing and waits in the queue."""
    with writing():
        bank = bank or Bank()
        row = bank.credit(fen, **{"name": "某付款单位", "memo": "货款", **values})
        import_rows(bank)
        return db.session.query(BankEntry).filter_by(serial=row["serial"]).one()


def finance_actor() -> Actor:
    """One finance person; call again for another."""
    with writing():
        return actor_of(make_staff("finance"))
