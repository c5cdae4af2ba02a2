"""Writing and reading the change log. Each index folder keeps its own cursor, so nothing is marked and machines do not disturb each other."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from marketplace.core import clock
from marketplace.core.access import step
from marketplace.core.db import db, is_sqlite
from marketplace.search.models import SearchChange

KEPT = timedelta(days=7)
_LOCK = 0x5EA2C4


class Change(NamedTuple):
    """A row of the log; `at` is when it was written, as text."""

    id: int
    kind: str
    ref_id: int
    at: str


@step
def touch(kind: str, ids: Iterable[int]) -> None:
    """Note in the caller's transaction that these things may look different in the index (or be gone from it).

    On PostgreSQL the rows are written under a lock held to the commit: sequence numbers alone would commit out of order, and a reader
    that has passed a number would never see the one before it.
    """
    rows = [{"kind": kind, "ref_id": one} for one in dict.fromkeys(ids)]
    if not rows:
        return
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    db.session.execute(insert(SearchChange), rows)


def list_changes(start: int, limit: int) -> list[Change]:
    """Rows from this id on, this id included, oldest first."""
    columns = (SearchChange.id, SearchChange.kind, SearchChange.ref_id, SearchChange.created_at)
    rows = db.session.execute(
        select(*columns).where(SearchChange.id >= start).order_by(SearchChange.id).limit(limit)
    ).all()
    return [Change(row.id, row.kind, row.ref_id, row.created_at.isoformat()) for row in rows]


def count_after(cursor: int) -> tuple[int, datetime | None]:
    """How many rows come after this id, and when the first of them was written."""
    query = select(func.count(), func.min(SearchChange.created_at)).where(SearchChange.id > cursor)
    count, oldest = db.session.execute(query).one()
    return count, oldest


def find_latest() -> Change | None:
    """The newest row."""
    newest = db.session.scalar(select(func.max(SearchChange.id)))
    return list_changes(newest, 1)[0] if newest else None


@step
def trim_changes() -> int:
    """Delete rows older than seven days, except the newest row, by which a folder sees that its cursor belongs to this database."""
    newest = select(func.max(SearchChange.id)).scalar_subquery()
    gone: Any = db.session.execute(
        delete(SearchChange).where(SearchChange.created_at < clock.now() - KEPT, SearchChange.id < newest),
        execution_options={"synchronize_session": False},
    )
    return int(gone.rowcount)
