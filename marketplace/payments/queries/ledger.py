"""Reads of the ledger: balances, statements, and the proof that the books hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, or_, select

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, clamp
from marketplace.payments.models import BankEntry, LedgerAccount, LedgerTransfer, LedgerTxn, Payment
from marketplace.payments.states import OPEN_ENTRIES

ACCOUNT = LedgerAccount.__table__
TXN = LedgerTxn.__table__
TRANSFER = LedgerTransfer.__table__


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account as of now; the balance (分) is on the side natural to its kind."""

    code: str
    kind: str
    debits_fen: int
    credits_fen: int
    credit_floor: bool

    @property
    def balance_fen(self) -> int:
        net = self.debits_fen - self.credits_fen
        return net if self.kind in ("asset", "expense") else -net


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One transfer as an account sees it: what came, what went, the balance after it (分)."""

    id: int
    at: datetime
    txn_id: int
    key: str
    kind: str
    ref: str | None
    counterpart: str
    debit_fen: int
    credit_fen: int
    balance_fen: int


def get_account(code: str) -> AccountBalance:
    row = db.session.execute(_accounts().where(ACCOUNT.c.code == code)).first()
    if row is None:
        raise NotFound("ledger.account_missing", lazy("没有这个台账账户"))
    return AccountBalance(*row)


def _accounts() -> Select[Any]:
    c = ACCOUNT.c
    return select(c.code, c.kind, c.debits_fen, c.credits_fen, c.credit_floor)


def balance(code: str) -> int:
    """The balance (分) of an account on the side natural to its kind; 0 for one that nothing was ever posted to."""
    row = db.session.execute(_accounts().where(ACCOUNT.c.code == code)).first()
    return AccountBalance(*row).balance_fen if row else 0


def list_accounts(*, q: str = "", group: str = "", page: int = 1, per_page: int = 50) -> Page[AccountBalance]:
    """The accounts by code; `group` is the code's first word (escrow, firm, buyer …)."""
    number, size = clamp(page, per_page)
    query = _accounts()
    if q:
        query = query.where(ACCOUNT.c.code.contains(q, autoescape=True))
    if group:
        query = query.where(or_(ACCOUNT.c.code == group, ACCOUNT.c.code.startswith(f"{group}:", autoescape=True)))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = db.session.execute(query.order_by(ACCOUNT.c.id).limit(size).offset((number - 1) * size))
    return Page([AccountBalance(*row) for row in rows], total, number, size)


def sum_groups() -> dict[str, int]:
    """The balance (分) of each group of accounts, natural side, for the overview."""
    sums: dict[str, int] = {}
    debits, credits = ACCOUNT.c.debits_fen, ACCOUNT.c.credits_fen
    net = case((ACCOUNT.c.kind.in_(("asset", "expense")), debits - credits), else_=credits - debits)
    for group in ("bank", "suspense", "escrow", "firm", "buyer", "commission", "outgoing"):
        sums[group] = 0
    cut = func.instr(ACCOUNT.c.code, ":") if db.engine.dialect.name == "sqlite" else func.strpos(ACCOUNT.c.code, ":")
    name = case((cut > 0, func.substr(ACCOUNT.c.code, 1, cut - 1)), else_=ACCOUNT.c.code)
    for group, total in db.session.execute(select(name, func.sum(net)).group_by(name)):
        sums[group] = int(total)
    return sums


def statement(code: str, page: int = 1, per_page: int = 50) -> Page[StatementLine]:
    """One page of an account's transfers, newest first, each with the balance after it."""
    number, size = clamp(page, per_page)
    account = db.session.execute(select(ACCOUNT.c.id, ACCOUNT.c.kind).where(ACCOUNT.c.code == code)).first()
    if account is None:
        raise NotFound("ledger.account_missing", lazy("没有这个台账账户"))
    is_debit = TRANSFER.c.debit_id == account.id
    touches = or_(is_debit, TRANSFER.c.credit_id == account.id)
    sign = 1 if account.kind in ("asset", "expense") else -1
    signed = case((is_debit, TRANSFER.c.amount_fen), else_=-TRANSFER.c.amount_fen) * sign
    running = func.sum(signed).over(order_by=TRANSFER.c.id)
    other = case((is_debit, TRANSFER.c.credit_id), else_=TRANSFER.c.debit_id)
    lines = (
        select(
            TRANSFER.c.id, TRANSFER.c.txn_id, case((is_debit, TRANSFER.c.amount_fen), else_=0).label("debit"),
            case((is_debit, 0), else_=TRANSFER.c.amount_fen).label("credit"), running.label("balance"), other.label("other"),
        ).where(touches).subquery()
    )  # fmt: skip
    total = db.session.scalar(select(func.count()).select_from(TRANSFER).where(touches)) or 0
    rows = db.session.execute(
        select(
            lines.c.id, TXN.c.created_at, TXN.c.id, TXN.c.key, TXN.c.kind, TXN.c.ref, ACCOUNT.c.code, lines.c.debit,
            lines.c.credit, lines.c.balance,
        )
        .join(TXN, TXN.c.id == lines.c.txn_id)
        .join(ACCOUNT, ACCOUNT.c.id == lines.c.other)
        .order_by(lines.c.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    ).all()  # fmt: skip
    items = [StatementLine(*row[:7], int(row[7]), int(row[8]), int(row[9])) for row in rows]
    return Page(items, total, number, size)


def check() -> list[str]:
    """Prove the books: everything that does not hold, in words; empty when all does.

    Debits equal credits; each cached turnover is the sum of its transfers; no transaction is empty; floors hold; each settled
    payment brought exactly its amount and no other brought any; suspense holds exactly the credits that are not decided yet; the
    bank's turnover is the sum of its entries.
    """
    return [*_broken_turnovers(), *_broken_transactions(), *_broken_payments(), *_broken_entries()]


def _broken_turnovers() -> list[str]:
    wrong = []
    total = db.session.execute(select(func.sum(ACCOUNT.c.debits_fen), func.sum(ACCOUNT.c.credits_fen))).one()
    if (total[0] or 0) != (total[1] or 0):
        wrong.append(f"trial balance: debits {total[0]} differ from credits {total[1]}")
    sums = {}
    for side in (TRANSFER.c.debit_id, TRANSFER.c.credit_id):
        grouped = db.session.execute(select(side, func.sum(TRANSFER.c.amount_fen)).group_by(side))
        sums[side.name] = {account: int(amount) for account, amount in grouped}
    for row in db.session.execute(select(ACCOUNT)):
        made = sums["debit_id"].get(row.id, 0), sums["credit_id"].get(row.id, 0)
        if (row.debits_fen, row.credits_fen) != made:
            wrong.append(f"account {row.code}: turnover {(row.debits_fen, row.credits_fen)} but transfers make {made}")
        if row.credit_floor and row.debits_fen > row.credits_fen:
            wrong.append(f"account {row.code} is overdrawn by {row.debits_fen - row.credits_fen}")
    return wrong


def _broken_transactions() -> list[str]:
    empty = db.session.scalars(
        select(TXN.c.key).where(~select(TRANSFER.c.id).where(TRANSFER.c.txn_id == TXN.c.id).exists()).limit(50)
    )
    return [f"transaction {key} has no transfer" for key in empty]


def _broken_payments() -> list[str]:
    code = literal("escrow:") + cast(Payment.id, String)
    rows = db.session.execute(
        select(Payment.id, Payment.state, Payment.amount_fen, ACCOUNT.c.credits_fen)
        .outerjoin(ACCOUNT, ACCOUNT.c.code == code)
        .where(
            or_(
                (Payment.state == "settled") & (func.coalesce(ACCOUNT.c.credits_fen, 0) != Payment.amount_fen),
                (Payment.state != "settled") & (func.coalesce(ACCOUNT.c.credits_fen, 0) != 0),
            )
        )
        .limit(50)
    )
    return [f"payment {id_} is {state} over {amount} but received {got or 0}" for id_, state, amount, got in rows]


def _broken_entries() -> list[str]:
    wrong = []
    came, went, undecided = db.session.execute(
        select(
            func.coalesce(func.sum(BankEntry.credit_fen), 0),
            func.coalesce(func.sum(BankEntry.debit_fen), 0),
            func.coalesce(func.sum(case((BankEntry.state.in_(OPEN_ENTRIES), BankEntry.credit_fen), else_=0)), 0),
        )
    ).one()
    bank = db.session.execute(_accounts().where(ACCOUNT.c.code == "bank")).first()
    if (int(came), int(went)) != ((bank.debits_fen, bank.credits_fen) if bank else (0, 0)):
        wrong.append(f"bank: entries make {(int(came), int(went))} but the account has {tuple(bank or ())}")
    if int(undecided) != balance("suspense"):
        wrong.append(f"suspense holds {balance('suspense')} but undecided credits make {int(undecided)}")
    return wrong
