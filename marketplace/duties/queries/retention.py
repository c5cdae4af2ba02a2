"""Reads of legal holds, of what is due by a retention rule, and of past runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select, true

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.retention import Rule
from marketplace.duties.models import LegalHold, RetentionRun


@dataclass(frozen=True, slots=True)
class Held:
    """What is held right now: rule codes, organisations, people."""

    nouns: frozenset[str]
    organisations: frozenset[int]
    users: frozenset[int]


def active_holds() -> list[LegalHold]:
    return list(db.session.scalars(select(LegalHold).where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.id)))


def held_subjects() -> Held:
    holds = active_holds()
    return Held(
        frozenset(h.noun for h in holds if h.noun), frozenset(h.organisation_id for h in holds if h.organisation_id),
        frozenset(h.user_id for h in holds if h.user_id),
    )  # fmt: skip


def list_holds(state: str = "active", page: int | None = 1, per_page: int | None = 20) -> Page[LegalHold]:
    """Holds, newest first; `state` is active, lifted or all."""
    query = select(LegalHold).order_by(LegalHold.id.desc())
    if state == "active":
        query = query.where(LegalHold.lifted_at.is_(None))
    elif state == "lifted":
        query = query.where(LegalHold.lifted_at.is_not(None))
    return paginate(query, page, per_page)


def get_hold(hold_id: int) -> LegalHold:
    found = db.session.get(LegalHold, hold_id)
    if found is None:
        raise NotFound("hold.missing", lazy("没有这项保全"))
    return found


def list_runs(page: int | None = 1, per_page: int | None = 20) -> Page[RetentionRun]:
    return paginate(select(RetentionRun).order_by(RetentionRun.id.desc()), page, per_page)


def find_last_run() -> RetentionRun | None:
    """The last run that was no dry one."""
    query = select(RetentionRun).where(RetentionRun.is_dry.is_(False)).order_by(RetentionRun.id.desc()).limit(1)
    return db.session.scalar(query)


def _free(due: Subquery, held: Held) -> ColumnElement[bool]:
    """The rows that no hold concerns."""
    free: list[ColumnElement[bool]] = [true()]
    if held.users:
        free.append(or_(due.c.user_id.is_(None), due.c.user_id.not_in(held.users)))
    if held.organisations:
        free.append(or_(due.c.organisation_id.is_(None), due.c.organisation_id.not_in(held.organisations)))
    return and_(*free)


def count_rule(rule: Rule, cutoff: datetime, held: Held) -> tuple[int, int]:
    """How many rows are due by a rule, and how many of them are held."""
    assert rule.due is not None
    due = rule.due(cutoff).subquery()
    total = db.session.scalar(select(func.count()).select_from(due)) or 0
    if rule.code in held.nouns:
        return total, total
    free = db.session.scalar(select(func.count()).select_from(due).where(_free(due, held))) or 0
    return total, total - free


def list_due(rule: Rule, cutoff: datetime, held: Held, after: Any, limit: int) -> Sequence[Any]:
    """Keys of the next rows that are due and free, behind the key `after`; nothing while the rule itself is held."""
    assert rule.due is not None
    if rule.code in held.nouns:
        return []
    due = rule.due(cutoff).subquery()
    query = select(due.c.id).where(_free(due, held)).order_by(due.c.id).limit(limit)
    return db.session.scalars(query if after is None else query.where(due.c.id > after)).all()
