"""Finding rows of the trail: by what, whom and when, newest first, paged by the last row seen so that a million rows stay quick."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, tuple_

from marketplace.core import clock
from marketplace.core.audit.trail import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy

BATCH = 2000
_ORDER = (AuditEvent.created_at.desc(), AuditEvent.id.desc())


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What a reader asks for; None means anything. Days are those of Asia/Shanghai, both included."""

    events: Collection[str] | None = None
    noun: str = ""
    ref_id: int | None = None
    actor: str = ""
    user_ids: Collection[int] | None = None
    organisation_ids: Collection[int] | None = None
    since: date | None = None
    until: date | None = None


def _select(filters: AuditFilters) -> Select[Any]:
    query = select(AuditEvent)
    for column, wanted in (
        (AuditEvent.event, filters.events),
        (AuditEvent.user_id, filters.user_ids),
        (AuditEvent.organisation_id, filters.organisation_ids),
    ):
        if wanted is not None:
            query = query.where(column == next(iter(wanted)) if len(wanted) == 1 else column.in_(list(wanted)))
    if filters.noun:
        query = query.where(AuditEvent.noun == filters.noun)
    if filters.ref_id is not None:
        query = query.where(AuditEvent.ref_id == filters.ref_id)
    if filters.actor:
        query = query.where(AuditEvent.actor == filters.actor)
    if filters.since:
        query = query.where(AuditEvent.created_at >= clock.start_of_day(filters.since))
    if filters.until:
        query = query.where(AuditEvent.created_at < clock.start_of_day(filters.until + timedelta(days=1)))
    return query


@dataclass(frozen=True)
class EventPage:
    """Rows newest first, with the cursors of the newer and the older page; None where there is none."""

    items: Sequence[AuditEvent]
    newer: str | None
    older: str | None


def cursor_of(row: AuditEvent) -> str:
    """A row's place in the order, as an address can carry it."""
    return f"{row.created_at.isoformat()}_{row.id}"


def _parse_cursor(text: str) -> tuple[datetime, int] | None:
    moment, _, number = text.rpartition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None and 0 <= int(number) < 2**62 else None
    except ValueError:
        return None


def page_of_events(filters: AuditFilters, *, before: str = "", after: str = "", size: int = 50) -> EventPage:
    """One page without counting: the rows older than `before` or newer than `after` (cursors), else the newest.

    A cursor that is none gives the newest page. One statement, whatever the table's size.
    """
    query, place = _select(filters), _parse_cursor(before or after)
    key = tuple_(AuditEvent.created_at, AuditEvent.id)
    forward = bool(place and after and not before)
    if place and not forward:
        query = query.where(key < _bound(place)).order_by(*_ORDER)
    elif place:
        query = query.where(key > _bound(place)).order_by(AuditEvent.created_at, AuditEvent.id)
    else:
        query = query.order_by(*_ORDER)
    rows = list(db.session.scalars(query.limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if forward:
        rows.reverse()
    has_newer, has_older = (more, True) if forward else (place is not None, more)
    if not rows:
        return EventPage(rows, None, None)
    return EventPage(
        rows, cursor_of(rows[0]) if has_newer else None, cursor_of(rows[-1]) if has_older else None
    )  # fmt: skip


def _bound(place: tuple[datetime, int]) -> Any:
    return tuple_(*place, types=[AuditEvent.created_at.type, AuditEvent.id.type])


def count_events(filters: AuditFilters, at_most: int = 10_000) -> int:
    """How many rows match; counting stops at `at_most + 1`, which means more than that."""
    few = _select(filters).with_only_columns(AuditEvent.id).limit(at_most + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(few)) or 0


def iterate_events(filters: AuditFilters, limit: int) -> Iterator[AuditEvent]:
    """The newest `limit` rows that match, a batch in memory at a time."""
    key, place = tuple_(AuditEvent.created_at, AuditEvent.id), None
    while limit > 0:
        query = _select(filters).order_by(*_ORDER).limit(min(BATCH, limit))
        if place:
            query = query.where(key < _bound(place))
        rows = db.session.scalars(query.execution_options(populate_existing=False)).all()
        yield from rows
        limit -= len(rows)
        if len(rows) < BATCH:
            return
        place = (rows[-1].created_at, rows[-1].id)


def get_event(event_id: int) -> AuditEvent:
    """The row of this id."""
    row = db.session.get(AuditEvent, event_id)
    if row is None:
        raise NotFound("audit.missing", lazy("没有这条审计记录"))
    return row
