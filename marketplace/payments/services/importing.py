"""Importing a bank's file: each row counts once, exact credits settle their payments, the rest waits for two finance people."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from marketplace.core import audit
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db, is_sqlite
from marketplace.core.i18n import _
from marketplace.core.lifecycle import advance
from marketplace.core.queue import enqueue
from marketplace.core.tabular import BadTable, CellError, read_table
from marketplace.notifications.services import notify
from marketplace.organisations.queries import list_organisations
from marketplace.payments import ledger
from marketplace.payments.access import can_import_statement
from marketplace.payments.ledger import Transfer
from marketplace.payments.models import BankEntry, Payment, StatementImport
from marketplace.payments.rules.references import find_references
from marketplace.payments.rules.statements import (
    BANK_COLUMNS,
    MAX_BYTES,
    MAX_ROWS,
    StatementRow,
    check_rows,
    plain_name,
)
from marketplace.payments.services.paying import settle_payment
from marketplace.payments.states import PaymentState, QueueReason

BANK_RAIL = 7_201_401
CHUNK = 400


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row is: the payment that it settles, or the reason why it settles none."""

    row: StatementRow
    reference: str | None
    payment: Payment | None
    reason: QueueReason | None

    @property
    def settles(self) -> bool:
        return self.payment is not None and self.reason is None


@step
def hold_bank_rail() -> None:
    """Let imports and matches follow one another: the first statement of each. SQLite has one writer in any case."""
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(BANK_RAIL)))


def import_statement(*, actor: Actor, content: bytes, filename: str) -> StatementImport:
    """Bring in a bank's file (columns of `BANK_COLUMNS`), whole or not at all.

    Every new credit arrives in suspense; one with exactly one known reference, the exact amount (分) and the payer's registered name
    settles its payment at once, any other is queued with its reason. Debits are written down. The same file again is the first
    import; rows that an earlier file held add nothing. Refused (BadTable, every error with row and column): a file that cannot be
    read, balances that do not continue from row to row, a known serial with other content.
    """
    require(can_import_statement(actor))
    hold_bank_rail()
    digest = hashlib.sha256(content).hexdigest()
    known = db.session.scalar(select(StatementImport).where(StatementImport.sha256 == digest))
    if known is not None:
        return known
    rows = check_rows(read_table(content, filename, BANK_COLUMNS, max_bytes=MAX_BYTES, max_rows=MAX_ROWS))
    fresh = _fresh_rows(rows)
    verdicts = _judge(fresh)
    imported = _write_import(rows, verdicts, digest=digest, filename=filename, actor=actor)
    for verdict in verdicts:
        _write_entry(imported, verdict, actor=actor)
    _tell(imported)
    return imported


def _fresh_rows(rows: Sequence[StatementRow]) -> list[StatementRow]:
    """The rows no earlier file held; BadTable where a known serial now says something else."""
    known = {}
    for part in _chunks([row.key for row in rows]):
        for entry in db.session.scalars(select(BankEntry).where(BankEntry.row_key.in_(part))):
            known[entry.row_key] = (entry.booked_on, entry.credit_fen, entry.debit_fen, entry.balance_fen)
    errors = [
        CellError(row.number, _("流水号"), _("该流水号此前已导入，但日期、金额或余额与本文件不同"))
        for row in rows
        if row.key in known and known[row.key] != (row.booked_on, row.credit_fen, row.debit_fen, row.balance_fen)
    ]
    if errors:
        raise BadTable(errors)
    return [row for row in rows if row.key not in known]


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[place : place + CHUNK] for place in range(0, len(items), CHUNK))


def _judge(rows: Sequence[StatementRow]) -> list[Verdict]:
    """A verdict on each row, in order; the payments concerned are locked, so that it holds until the end of the transaction."""
    found = {row.key: find_references(row.memo) for row in rows if row.credit_fen}
    payments = _lock_payments(sorted({reference for references in found.values() for reference in references}))
    names = {
        o.id: plain_name(o.name)
        for o in list_organisations({p.payer_organisation_id for p in payments.values()}).values()
    }
    settled: set[int] = set()
    verdicts = []
    for row in rows:
        verdict = _judge_credit(row, found[row.key], payments, names, settled) if row.credit_fen else _judge_debit(row)
        if verdict.settles and verdict.payment:
            settled.add(verdict.payment.id)
        verdicts.append(verdict)
    return verdicts


def _lock_payments(references: Sequence[str]) -> dict[str, Payment]:
    locked: dict[str, Payment] = {}
    for part in _chunks(references):
        query = select(Payment).where(Payment.reference.in_(part)).order_by(Payment.id).with_for_update()
        locked.update({p.reference: p for p in db.session.scalars(query.execution_options(populate_existing=True))})
    return locked


def _judge_credit(
    row: StatementRow, references: list[str], payments: dict[str, Payment], names: dict[int, str], settled: set[int]
) -> Verdict:
    known = [payments[reference] for reference in references if reference in payments]
    if len(known) != 1:
        reason = (
            QueueReason.AMBIGUOUS
            if known
            else QueueReason.UNKNOWN_REFERENCE
            if references
            else QueueReason.NO_REFERENCE
        )
        return Verdict(row, references[0] if references else None, None, reason)
    payment, found = known[0], None
    if payment.state == PaymentState.SETTLED or payment.id in settled:
        found = QueueReason.DUPLICATE
    elif payment.state == PaymentState.CANCELLED:
        found = QueueReason.CLOSED
    elif plain_name(row.counterparty_name) != names[payment.payer_organisation_id]:
        found = QueueReason.THIRD_PARTY
    elif row.credit_fen != payment.amount_fen:
        found = QueueReason.UNDERPAID if row.credit_fen < payment.amount_fen else QueueReason.OVERPAID
    return Verdict(row, payment.reference, payment, found)


def _judge_debit(row: StatementRow) -> Verdict:
    return Verdict(row, None, None, QueueReason.REVERSAL if row.is_reversal else QueueReason.OUTGOING)


def _write_import(
    rows: Sequence[StatementRow], verdicts: Sequence[Verdict], *, digest: str, filename: str, actor: Actor
) -> StatementImport:
    credits = [v for v in verdicts if v.row.credit_fen]
    first = rows[0]
    imported = StatementImport(
        filename=filename[-200:], sha256=digest, row_count=len(rows), known_count=len(rows) - len(verdicts),
        settled_count=sum(v.settles for v in credits), queued_count=sum(not v.settles for v in credits),
        outgoing_count=len(verdicts) - len(credits), credit_fen=sum(v.row.credit_fen for v in verdicts),
        debit_fen=sum(v.row.debit_fen for v in verdicts), opening_fen=first.balance_fen - first.credit_fen + first.debit_fen,
        closing_fen=rows[-1].balance_fen, first_on=min(r.booked_on for r in rows), last_on=max(r.booked_on for r in rows),
        imported_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(imported)
    db.session.flush()
    audit.record(
        "statement.imported", "statement_import", imported.id, actor=actor, rows=len(rows), new=len(verdicts),
        settled=imported.settled_count, queued=imported.queued_count, credit_fen=imported.credit_fen,
    )  # fmt: skip
    return imported


def _write_entry(imported: StatementImport, verdict: Verdict, *, actor: Actor) -> None:
    """The row becomes an entry, its money moves, and the entry leaves its first state."""
    row, payment = verdict.row, verdict.payment
    entry = BankEntry(
        import_id=imported.id, row_key=row.key, row_number=row.number, serial=row.serial, booked_on=row.booked_on,
        credit_fen=row.credit_fen, debit_fen=row.debit_fen, balance_fen=row.balance_fen,
        counterparty_name=row.counterparty_name, counterparty_account=row.counterparty_account, memo=row.memo,
        reference=verdict.reference, reason=verdict.reason, payment_id=payment.id if payment else None,
    )  # fmt: skip
    db.session.add(entry)
    db.session.flush()
    ref = f"entry:{entry.number}"
    if not row.credit_fen:
        ledger.post(
            key=f"out:{entry.id}", kind="departure", transfers=[Transfer("outgoing", "bank", row.debit_fen)], ref=ref
        )
        advance(entry, "record", actor=actor, reason=verdict.reason)
        return
    ledger.post(key=f"in:{entry.id}", kind="arrival", transfers=[Transfer("bank", "suspense", row.credit_fen)], ref=ref)
    if verdict.settles and payment:
        settle_payment(actor=actor, payment=payment, key=f"settle:{payment.id}", credit_fen=row.credit_fen, ref=ref)
        advance(entry, "settle", actor=actor, payment_id=payment.id)
    else:
        advance(entry, "queue", actor=actor, reason=verdict.reason)


def _tell(imported: StatementImport) -> None:
    """Orders pull what has settled; finance hears of what did not match."""
    if imported.settled_count:
        enqueue("orders.fund_settled_orders")
    if imported.queued_count:
        params = {"count": imported.queued_count, "filename": imported.filename}
        notify(event="credits.queued", params=params, url="/operator/finance/credits", staff_role="finance")
