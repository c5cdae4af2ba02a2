"""The desk's work queues as data: each domain says what of its own waits for a decision; one statement counts them all.

A queue is a select of the moments since which its cases wait. Pages, badges and the desk read the same figures, remembered a few
seconds per process, since they stand in the menu of every page a reviewer opens.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g, has_request_context
from sqlalchemy import ColumnElement, DateTime, Select, case, cast, func, literal, select, type_coerce, union_all

from marketplace.core import clock, settings
from marketplace.core.actor import Actor
from marketplace.core.db import UTCDateTime, db, is_sqlite
from marketplace.core.i18n import lazy

settings.define(
    "desk.review_workdays", "days", 3, lazy("审核承诺时限（工作日）"), "平台服务承诺：企业认证 1–3 个工作日", minimum=1, maximum=30
)  # fmt: skip
settings.define(
    "desk.dispute_workdays", "days", 7, lazy("争议裁定承诺时限（工作日）"), "电子商务法第六十三条", minimum=1, maximum=60
)  # fmt: skip
settings.define(
    "desk.report_workdays", "days", 10, lazy("月报核验承诺时限（工作日）"), "平台服务承诺", minimum=1, maximum=60
)  # fmt: skip
MEMORY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: who works on it, who reads it, where it is, and after how many working days a case is late (a setting's key;
    None: whatever waits is late already).

    `waiting` gives a select with one column `since`, a row per case.
    """

    key: str
    label: Any
    icon: str
    place: int
    workers: tuple[str, ...]
    readers: tuple[str, ...]
    endpoint: str
    waiting: Callable[[], Select[Any]]
    args: dict[str, str] = field(default_factory=dict)
    promise: str | None = "desk.review_workdays"

    def is_worked_by(self, actor: Actor) -> bool:
        return actor.is_staff(*self.workers)

    def is_seen_by(self, actor: Actor) -> bool:
        return actor.is_staff(*self.workers, *self.readers)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many wait, since when the oldest, how many past the promised time."""

    count: int = 0
    oldest: datetime | None = None
    late: int = 0


_queues: dict[str, Queue] = {}


def register_queue(queue: Queue) -> None:
    """Make a queue known; called at import of the domain's queries."""
    _queues[queue.key] = queue


def queues_for(actor: Actor) -> list[Queue]:
    """The queues that this person may work on or read, in the order of the desk."""
    return sorted((q for q in _queues.values() if q.is_seen_by(actor)), key=lambda q: q.place)


def workdays_before(moment: datetime, days: int) -> datetime:
    """The moment so many working days earlier (Saturday and Sunday do not count; statutory holidays are not known here)."""
    local = clock.local(moment)
    while days > 0:
        local -= timedelta(days=1)
        days -= local.weekday() < 5
    return local.astimezone(moment.tzinfo)


def late_before(queue_key: str) -> datetime:
    """A case of this queue that waits since before this moment is past the promised time."""
    promise = _queues[queue_key].promise
    return workdays_before(clock.now(), settings.get(promise)) if promise else clock.now()


def start_of(day: Any) -> ColumnElement[datetime]:
    """A date column as the moment at which that day begins in Asia/Shanghai, on both engines."""
    if is_sqlite():
        return type_coerce(func.datetime(day, "-8 hours"), UTCDateTime)
    return type_coerce(func.timezone("Asia/Shanghai", cast(day, DateTime())), UTCDateTime)


def count_queues() -> dict[str, Figures]:
    """The figures of every queue, by key: one statement, remembered for some seconds; not while testing, where only the request remembers."""
    if has_request_context() and "queue_figures" in g:
        known: dict[str, Figures] = g.queue_figures
        return known
    memory: dict[str, Any] = current_app.extensions.setdefault("queue_figures", {})
    if memory.get("until", 0.0) < time.monotonic() or current_app.testing:
        memory["figures"] = _count(_queues.values())
        memory["until"] = time.monotonic() + MEMORY_SECONDS
    if has_request_context():
        g.queue_figures = memory["figures"]
    found: dict[str, Figures] = memory["figures"]
    return found


def _count(queues: Iterable[Queue]) -> dict[str, Figures]:
    parts = []
    for queue in queues:
        waiting = queue.waiting().subquery()
        since = waiting.c.since
        late = func.coalesce(func.sum(case((since < late_before(queue.key), 1), else_=0)), 0)
        parts.append(select(literal(queue.key), func.count(), func.min(since, type_=UTCDateTime), late))
    if not parts:
        return {}
    return {row[0]: Figures(row[1], row[2], row[3]) for row in db.session.execute(union_all(*parts))}
