"""The ledger's single door. Every movement of money is one `post` under the key of its business fact; a repeat moves nothing.

Accounts come into being at their first posting:
`bank` (asset) and `suspense` (arrived, not yet attributed), `escrow:<payment>` (a settled payment, not yet released),
`firm:<organisation>:payable`, `buyer:<organisation>:credit`, `commission` (revenue), `outgoing` (promised to leave or has left).
"""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.payments.models import LedgerAccount, LedgerTransfer, LedgerTxn
from marketplace.payments.queries.ledger import balance, check, statement

ACCOUNT = LedgerAccount.__table__
TXN = LedgerTxn.__table__
TRANSFER = LedgerTransfer.__table__
# code pattern, kind, may its debits never exceed its credits
CHART: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    (re.compile(r"bank"), "asset", False),
    (re.compile(r"suspense"), "liability", True),
    (re.compile(r"escrow:\d+"), "liability", True),
    (re.compile(r"firm:\d+:payable"), "liability", True),
    (re.compile(r"buyer:\d+:credit"), "liability", True),
    (re.compile(r"commission"), "revenue", True),
    (re.compile(r"outgoing"), "liability", False),
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement: from the account debited to the account credited, a whole number of 分 above zero."""

    debit: str
    credit: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What `post` did: the transaction's id, and whether it was written just now or had been before."""

    id: int
    is_new: bool


def post(
    *, key: str, kind: str, transfers: Sequence[Transfer], ref: str | None = None, reverses: int | None = None
) -> Posting:
    """Move money once under a key (`release:milestone:17`), all transfers or none, within the caller's transaction.

    The same key with the same content again is the first posting; with other content it is refused, as are amounts that are not
    whole 分 above zero, accounts outside the chart, an overdraft of an account with a floor, and a reversal that is not the exact
    mirror of what it reverses.
    """
    _check_shape(transfers)
    content = [kind, [[t.debit, t.credit, t.amount_fen] for t in transfers], ref, reverses]
    fingerprint = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
    known = _known(key, fingerprint)
    if known:
        return known
    accounts = _locked_accounts({code for t in transfers for code in (t.debit, t.credit)})
    known = _known(key, fingerprint)  # written by somebody else while we waited for the accounts
    if known:
        return known
    if reverses is not None:
        _check_mirror(reverses, transfers)
    _check_floors(accounts, transfers)
    values = {"key": key, "fingerprint": fingerprint, "kind": kind, "ref": ref, "reverses_id": reverses}
    txn_id = db.session.scalar(
        _insert(TXN).values(**values).on_conflict_do_nothing(index_elements=["key"]).returning(TXN.c.id)
    )
    if txn_id is None:
        known = _known(key, fingerprint)
        assert known is not None
        return known
    db.session.execute(
        insert(TRANSFER),
        [
            {
                "txn_id": txn_id, "seq": place, "debit_id": accounts[t.debit].id, "credit_id": accounts[t.credit].id,
                "amount_fen": t.amount_fen,
            }
            for place, t in enumerate(transfers)
        ],
    )  # fmt: skip
    return Posting(txn_id, True)


def reverse(*, key: str, of: int, ref: str | None = None) -> Posting:
    """Undo a transaction by its exact mirror, once: the only correction there is. Refused where the money has moved on (overdraft)."""
    debit, credit = ACCOUNT.alias("debit"), ACCOUNT.alias("credit")
    rows = db.session.execute(
        select(debit.c.code.label("debit"), credit.c.code.label("credit"), TRANSFER.c.amount_fen)
        .join(debit, debit.c.id == TRANSFER.c.debit_id)
        .join(credit, credit.c.id == TRANSFER.c.credit_id)
        .where(TRANSFER.c.txn_id == of)
        .order_by(TRANSFER.c.seq)
    ).all()
    mirrored = [Transfer(row.credit, row.debit, row.amount_fen) for row in reversed(rows)]
    return post(key=key, kind="reversal", transfers=mirrored, ref=ref, reverses=of)


def _insert(table: Any) -> Any:
    return (sqlite if is_sqlite() else postgresql).insert(table)


def _check_shape(transfers: Sequence[Transfer]) -> None:
    """A programming error, not a user's: raises ValueError or TypeError."""
    if not transfers:
        raise ValueError("a transaction needs at least one transfer")
    for t in transfers:
        if type(t.amount_fen) is not int:
            raise TypeError("an amount is whole fen as int: PostgreSQL would round anything else silently")
        if t.amount_fen <= 0 or t.debit == t.credit:
            raise ValueError("a transfer moves more than nothing between two accounts")


def _known(key: str, fingerprint: str) -> Posting | None:
    row = db.session.execute(select(TXN.c.id, TXN.c.fingerprint).where(TXN.c.key == key)).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Conflict("ledger.key_reused", lazy("该笔资金已按不同内容入账，请刷新后核对"))
    return Posting(row.id, False)


def _locked_accounts(codes: Collection[str]) -> dict[str, Row[Any]]:
    """The accounts, made where they are new, locked in the order of their ids so that two postings never wait for each other."""
    found = set(db.session.scalars(select(ACCOUNT.c.code).where(ACCOUNT.c.code.in_(codes))))
    for code in sorted(set(codes) - found):
        kind, floor = _chart(code)
        db.session.execute(_insert(ACCOUNT).values(code=code, kind=kind, credit_floor=floor).on_conflict_do_nothing())
    query = select(ACCOUNT).where(ACCOUNT.c.code.in_(codes)).order_by(ACCOUNT.c.id)
    return {row.code: row for row in db.session.execute(query.with_for_update(key_share=True))}


def _chart(code: str) -> tuple[str, bool]:
    for pattern, kind, floor in CHART:
        if pattern.fullmatch(code):
            return kind, floor
    raise ValueError(f"no such account in the chart: {code}")


def _check_floors(accounts: dict[str, Row[Any]], transfers: Sequence[Transfer]) -> None:
    """Say an overdraft in words; the table's CHECK holds it in any case."""
    left = {code: row.credits_fen - row.debits_fen for code, row in accounts.items() if row.credit_floor}
    for t in transfers:
        if t.debit in left:
            left[t.debit] -= t.amount_fen
        if t.credit in left:
            left[t.credit] += t.amount_fen
    if any(value < 0 for value in left.values()):
        raise Conflict("ledger.overdraft", lazy("可用金额不足，未进行任何资金变动"))


def _check_mirror(reverses: int, transfers: Sequence[Transfer]) -> None:
    debit, credit = ACCOUNT.alias("debit"), ACCOUNT.alias("credit")
    rows = db.session.execute(
        select(credit.c.code, debit.c.code, TRANSFER.c.amount_fen)
        .join(debit, debit.c.id == TRANSFER.c.debit_id)
        .join(credit, credit.c.id == TRANSFER.c.credit_id)
        .where(TRANSFER.c.txn_id == reverses)
    )
    if sorted(tuple(row) for row in rows) != sorted((t.debit, t.credit, t.amount_fen) for t in transfers):
        raise ValueError("a reversal is the exact mirror of what it reverses")
    if db.session.scalar(select(func.count()).select_from(TXN).where(TXN.c.reverses_id == reverses)):
        raise Conflict("ledger.reversed", lazy("该笔资金已冲销，不能重复冲销"))


__all__ = ["Posting", "Transfer", "balance", "check", "post", "reverse", "statement"]
