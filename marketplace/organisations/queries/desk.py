"""Reads that the desk's pages share: earlier states of a file, who holds a case, public measures, announced closings."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, union_all
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import StaffRole, User
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, clamp
from marketplace.organisations.models import (
    ChangeRequest,
    ClosingNotice,
    Organisation,
    OrganisationSnapshot,
    ReviewClaim,
    VerificationCheck,
)
from marketplace.organisations.rules import CLAIM_FOR
from marketplace.organisations.states import ClosingState


def list_snapshots(organisation_id: int, limit: int = 50) -> Sequence[OrganisationSnapshot]:
    """What the file said at earlier moments, newest first."""
    query = select(OrganisationSnapshot).where(OrganisationSnapshot.organisation_id == organisation_id)
    return db.session.scalars(query.order_by(OrganisationSnapshot.id.desc()).limit(limit)).all()


def baseline_of(snapshots: Sequence[OrganisationSnapshot], state: str) -> OrganisationSnapshot | None:
    """Beside which earlier state the present file is shown: what was approved last, else what was sent in before this time.

    `snapshots` newest first. While a file waits, its newest snapshot is the file itself.
    """
    earlier = snapshots[1:] if state == "submitted" and snapshots else snapshots
    approved = next((s for s in earlier if s.occasion in ("approved", "changed")), None)
    return approved or (earlier[0] if earlier else None)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a case since when."""

    user_id: int
    name: str
    claimed_at: datetime

    def is_mine(self, actor: Actor) -> bool:
        return self.user_id == actor.user_id


def claims_of(noun: str, ref_ids: Collection[int]) -> dict[int, Claim]:
    """The claims that have not lapsed on these cases, with the holders' names: one query."""
    if not ref_ids:
        return {}
    rows = db.session.execute(
        select(ReviewClaim.ref_id, ReviewClaim.user_id, User.name, ReviewClaim.claimed_at)
        .join(User, User.id == ReviewClaim.user_id)
        .where(
            ReviewClaim.noun == noun, ReviewClaim.ref_id.in_(ref_ids), ReviewClaim.claimed_at > clock.now() - CLAIM_FOR
        )
    )
    return {row.ref_id: Claim(row.user_id, row.name, row.claimed_at) for row in rows}


def held_by_others(noun: str, actor: Actor) -> Select[Any]:
    """The cases that somebody else holds, as a condition of a query."""
    return select(ReviewClaim.ref_id).where(
        ReviewClaim.noun == noun, ReviewClaim.user_id != actor.user_id, ReviewClaim.claimed_at > clock.now() - CLAIM_FOR
    )


@dataclass(frozen=True, slots=True)
class Person:
    """Who decided, and in which staff roles."""

    name: str
    roles: tuple[str, ...]


def people_of(ids: Collection[int | None]) -> dict[int, Person]:
    """Names and staff roles by id, for who decided what: one query."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(User.id, User.name, StaffRole.role)
        .outerjoin(StaffRole, StaffRole.user_id == User.id)
        .where(User.id.in_(wanted))
        .order_by(User.id, StaffRole.role)
    )
    found: dict[int, Person] = {}
    for row in rows:
        earlier = found[row.id].roles if row.id in found else ()
        found[row.id] = Person(row.name, (*earlier, row.role) if row.role else earlier)
    return found


def get_closing(notice_id: int) -> ClosingNotice:
    found = db.session.scalar(
        select(ClosingNotice).where(ClosingNotice.id == notice_id).options(joinedload(ClosingNotice.organisation))
    )
    if found is None:
        raise NotFound("closing.missing", lazy("没有这份退出公告"))
    return found


def find_closing(organisation_id: int) -> ClosingNotice | None:
    """The announcement that stands, if any."""
    return db.session.scalar(
        select(ClosingNotice)
        .where(ClosingNotice.organisation_id == organisation_id, ClosingNotice.state == ClosingState.ANNOUNCED)
        .options(joinedload(ClosingNotice.organisation))
    )


def list_closings(organisation_id: int) -> Sequence[ClosingNotice]:
    """Every announcement of an organisation, newest first."""
    query = select(ClosingNotice).where(ClosingNotice.organisation_id == organisation_id)
    return db.session.scalars(query.order_by(ClosingNotice.id.desc()).limit(20)).all()


def list_due_closings(day: date) -> list[int]:
    """The announcements whose day has come."""
    query = select(ClosingNotice.id).where(
        ClosingNotice.state == ClosingState.ANNOUNCED, ClosingNotice.closes_on <= day
    )
    return list(db.session.scalars(query.order_by(ClosingNotice.closes_on, ClosingNotice.id)))


def closing_days(ids: Collection[int]) -> dict[int, date]:
    """When those of these organisations leave that have announced it."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.closes_on).where(
            Organisation.id.in_(ids), Organisation.closes_on.is_not(None)
        )
    )
    return {row.id: row.closes_on for row in rows}


@dataclass(frozen=True, slots=True)
class Sanction:
    """A measure against a firm as the public reads it: no reason in the operator's words, which may name people."""

    id: int
    firm: str
    uscc: str
    measure: str
    rule: str
    imposed_at: datetime
    lifted_at: datetime | None


def _sanctions(state: str, q: str) -> Select[Any]:
    later = VerificationCheck.__table__.alias("later")
    lifted = (
        select(func.min(later.c.created_at))
        .where(
            later.c.organisation_id == VerificationCheck.organisation_id, later.c.id > VerificationCheck.id,
            later.c.result == "restored", VerificationCheck.result == "suspended",
        )
        .scalar_subquery()
    )  # fmt: skip
    query = (
        select(
            VerificationCheck.id, Organisation.name, Organisation.uscc, VerificationCheck.result, VerificationCheck.rule,
            VerificationCheck.created_at, lifted.label("lifted_at"),
        )
        .join(Organisation, Organisation.id == VerificationCheck.organisation_id)
        .where(
            VerificationCheck.is_public, Organisation.kind == "firm", VerificationCheck.result.in_(("suspended", "revoked"))
        )
    )  # fmt: skip
    if q:
        query = query.where(or_(Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper()))
    if state == "current":
        query = query.where(and_(VerificationCheck.result == "suspended", lifted.is_(None)))
    elif state == "lifted":
        query = query.where(lifted.is_not(None))
    return query.order_by(VerificationCheck.id.desc())


def list_sanctions(*, state: str = "", q: str = "", page: int | None = 1, per_page: int | None = 20) -> Page[Sanction]:
    """Published measures against firms, newest first (电子商务法 36); `state`: current, lifted or all."""
    number, size = clamp(page, per_page)
    query = _sanctions(state, q)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(size).offset((number - 1) * size))
    return Page([Sanction(*row) for row in rows], total, number, size)


def each_sanction(*, state: str = "", q: str = "") -> Iterator[Sanction]:
    """All of them under these filters, for a file."""
    return (Sanction(*row) for row in db.session.execute(_sanctions(state, q).execution_options(yield_per=500)))


def list_firm_sanctions(uscc: str, limit: int = 5) -> list[Sanction]:
    """The newest published measures against one firm: one query."""
    return [Sanction(*row) for row in db.session.execute(_sanctions("", uscc).limit(limit))]


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case that a person holds, for their own list."""

    noun: str
    ref_id: int
    name: str
    claimed_at: datetime


def list_held(user_id: int | None) -> list[HeldCase]:
    """What a person has taken off the desk and not decided yet, latest first: one query."""
    recent = (ReviewClaim.user_id == user_id, ReviewClaim.claimed_at > clock.now() - CLAIM_FOR)
    columns = (ReviewClaim.noun, ReviewClaim.ref_id, Organisation.name, ReviewClaim.claimed_at)
    files = (
        select(*columns)
        .join(Organisation, Organisation.id == ReviewClaim.ref_id)
        .where(*recent, ReviewClaim.noun == "organisation")
    )
    changes = (
        select(*columns)
        .join(ChangeRequest, ChangeRequest.id == ReviewClaim.ref_id)
        .join(Organisation, Organisation.id == ChangeRequest.organisation_id)
        .where(*recent, ReviewClaim.noun == "change_request")
    )
    rows = db.session.execute(union_all(files, changes))
    return sorted((HeldCase(*row) for row in rows), key=lambda one: one.claimed_at, reverse=True)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the desk in a line."""

    organisation_id: int
    name: str
    result: str
    who: str
    at: datetime


def list_recent_decisions(limit: int = 8) -> list[Decision]:
    """What the desk decided on organisations last: one query. Licences are told on their own pages."""
    rows = db.session.execute(
        select(
            VerificationCheck.organisation_id, Organisation.name, VerificationCheck.result,
            User.name.label("who"), VerificationCheck.created_at,
        )
        .join(Organisation, Organisation.id == VerificationCheck.organisation_id)
        .outerjoin(User, User.id == VerificationCheck.user_id)
        .where(VerificationCheck.licence_id.is_(None))
        .order_by(VerificationCheck.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Decision(r.organisation_id, r.name, r.result, r.who or "", r.created_at) for r in rows]


def list_leaving(limit: int = 5) -> Sequence[ClosingNotice]:
    """The announced closings that come next."""
    return db.session.scalars(
        select(ClosingNotice)
        .where(ClosingNotice.state == ClosingState.ANNOUNCED)
        .options(joinedload(ClosingNotice.organisation))
        .order_by(ClosingNotice.closes_on, ClosingNotice.id)
        .limit(limit)
    ).all()
