"""Reads of what the bank says: imports, entries and the queue, proposals, and the payments an entry may belong to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import User
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import list_organisations
from marketplace.payments.access import can_view_finance
from marketplace.payments.models import BankEntry, MatchProposal, Payment, StatementImport
from marketplace.payments.rules.statements import plain_name
from marketplace.payments.states import OPEN_ENTRIES, PaymentState

NEAR = 82.0
EXPORT_LIMIT = 50_000
SCANNED = 1000


def list_imports(page: int = 1, per_page: int = 20) -> Page[StatementImport]:
    return paginate(select(StatementImport).order_by(StatementImport.id.desc()), page, per_page)


def get_import(number: str, actor: Actor) -> StatementImport:
    found = db.session.scalar(select(StatementImport).where(StatementImport.number == number))
    if found is None or not can_view_finance(actor):
        raise NotFound("statement.missing", lazy("没有这份流水"))
    return found


def select_entries(
    *, states: Collection[str] = (), reason: str = "", q: str = "", since: date | None = None, until: date | None = None,
    import_id: int | None = None, side: str = "",
) -> Select[tuple[BankEntry]]:  # fmt: skip
    """The entries that match, the latest first; `side` is `credit` or `debit`, `q` is looked for in payer, memo, serial and reference."""
    query = select(BankEntry).order_by(BankEntry.booked_on.desc(), BankEntry.id.desc())
    if states:
        query = query.where(BankEntry.state.in_(states))
    if reason:
        query = query.where(BankEntry.reason == reason)
    if side:
        query = query.where(BankEntry.credit_fen > 0 if side == "credit" else BankEntry.debit_fen > 0)
    if q:
        columns = (BankEntry.counterparty_name, BankEntry.memo, BankEntry.serial, BankEntry.reference)
        query = query.where(or_(*(c.icontains(q, autoescape=True) for c in columns)))
    if since:
        query = query.where(BankEntry.booked_on >= since)
    if until:
        query = query.where(BankEntry.booked_on <= until)
    if import_id is not None:
        query = query.where(BankEntry.import_id == import_id)
    return query


def list_entries(page: int = 1, per_page: int = 20, **filters: Any) -> Page[BankEntry]:
    return paginate(select_entries(**filters), page, per_page)


def export_entries(**filters: Any) -> list[BankEntry]:
    """For a file: at most 50,000 entries."""
    return list(db.session.scalars(select_entries(**filters).limit(EXPORT_LIMIT)))


def count_entries() -> dict[str, int]:
    """How many entries are in each state."""
    rows = db.session.execute(select(BankEntry.state, func.count()).group_by(BankEntry.state))
    return {row[0]: row[1] for row in rows}


def count_open_credits() -> int:
    """How many credits wait for a finance person."""
    return db.session.scalar(select(func.count()).select_from(BankEntry).where(BankEntry.state.in_(OPEN_ENTRIES))) or 0


def get_entry(number: str, actor: Actor) -> BankEntry:
    """An entry of the bank, for the park's staff only."""
    query = select(BankEntry).options(joinedload(BankEntry.payment)).where(BankEntry.number == number)
    entry = db.session.scalar(query)
    if entry is None or not can_view_finance(actor):
        raise NotFound("entry.missing", lazy("没有这笔流水"))
    return entry


def list_proposals(entry_id: int) -> list[MatchProposal]:
    """What was proposed for an entry, the latest first."""
    query = select(MatchProposal).options(joinedload(MatchProposal.payment)).where(MatchProposal.entry_id == entry_id)
    return list(db.session.scalars(query.order_by(MatchProposal.id.desc())))


def find_open_proposal(entry_id: int) -> MatchProposal | None:
    """The proposal that waits for a second finance person, if any."""
    return db.session.scalar(
        select(MatchProposal).where(MatchProposal.entry_id == entry_id, MatchProposal.state == "proposed")
    )


def names_of_users(ids: Collection[int | None]) -> dict[int, str]:
    """The names behind user ids, for showing who imported, proposed and decided."""
    known = {i for i in ids if i is not None}
    return (
        {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(known)))}
        if known
        else {}
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A payment that a credit may belong to, and what speaks for it."""

    payment: Payment
    payer: Organisation
    payee: Organisation
    same_reference: bool
    same_amount: bool
    name_score: int  # 0–100: how alike the account name and the payer's registered name are

    @property
    def weight(self) -> tuple[bool, bool, int]:
        return self.same_reference, self.same_amount, self.name_score


def list_candidates(entry: BankEntry, limit: int = 12) -> list[Candidate]:
    """The awaited payments that fit a credit by reference, by amount or by the payer's name, the best first."""
    awaited = Payment.state == PaymentState.AWAITING
    fits = or_(Payment.amount_fen == entry.credit_fen, Payment.reference == (entry.reference or ""))
    found = {
        p.id: p for p in db.session.scalars(select(Payment).where(awaited, fits).order_by(Payment.id.desc()).limit(100))
    }
    name = plain_name(entry.counterparty_name)
    if name:
        recent = select(Payment).where(awaited).order_by(Payment.id.desc()).limit(SCANNED)
        pool = {p.id: p for p in db.session.scalars(recent)} | found
    else:
        pool = found
    parties = list_organisations({i for p in pool.values() for i in (p.payer_organisation_id, p.payee_organisation_id)})
    candidates = []
    for payment in pool.values():
        payer = parties[payment.payer_organisation_id]
        score = round(fuzz.ratio(name, plain_name(payer.name))) if name else 0
        if payment.id in found or score >= NEAR:
            same_reference, same_amount = payment.reference == entry.reference, payment.amount_fen == entry.credit_fen
            payee = parties[payment.payee_organisation_id]
            candidates.append(Candidate(payment, payer, payee, same_reference, same_amount, score))
    return sorted(candidates, key=lambda c: c.weight, reverse=True)[:limit]


def list_named_organisations(name: str, limit: int = 5) -> list[Organisation]:
    """The organisations whose registered name is the payer's account name, or nearly."""
    plain = plain_name(name)
    if len(plain) < 2:
        return []
    query = select(Organisation).where(Organisation.name.icontains(plain[:4], autoescape=True)).limit(SCANNED)
    scored = [(fuzz.ratio(plain, plain_name(o.name)), o) for o in db.session.scalars(query)]
    near = sorted((pair for pair in scored if pair[0] >= NEAR), key=lambda pair: -pair[0])
    return [organisation for _score, organisation in near[:limit]]
