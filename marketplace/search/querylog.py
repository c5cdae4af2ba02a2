"""What people search for, counted per day without naming anybody: kept in memory while pages are answered, written every few seconds.

The one throttled writer behind search pages (decision 16). Several processes count into the same rows (one upsert per text), so sums
are exact; what a process holds in its last seconds is lost when it is killed.
"""

import logging
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from flask import Flask, current_app
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.core import clock
from marketplace.core.access import step
from marketplace.core.db import db, is_sqlite, transaction
from marketplace.search.models import SearchQuery
from marketplace.search.wordlists import clean

log = logging.getLogger(__name__)

WRITE_EVERY = 2.0
KEPT_CHARACTERS = 100
_MOST_WAITING = 500
_MOST_REMEMBERED = 2000
_COUNTS = ("count", "zero_count", "corrected_count", "relaxed_count", "blocked_count")
_PERSONAL = re.compile(
    r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)|(?<!\d)\d{15}(?!\d)|(?<!\d)\d{17}[\dx](?![\dx])|[^\s@]+@[^\s@]+\.[a-z]{2,}"
    r"|(?<!\d)\d{3,4}-\d{7,8}(?!\d)|(?<!\d)\d{16,19}(?!\d)"
)


class Outcome(NamedTuple):
    """How a search went."""

    is_empty: bool = False
    is_corrected: bool = False
    is_relaxed: bool = False
    is_blocked: bool = False


def is_personal(text: str) -> bool:
    """Whether a text in normal form holds a mobile or telephone number, an identity or card number, or an e-mail address."""
    return bool(_PERSONAL.search(text))


def kept_text(text: str) -> str:
    """A query as the log keeps it: in normal form, shortened; empty for what may not be kept. What is cut off is looked at as far as a
    number or address could reach into what is kept, and no further: looking takes the square of the length."""
    whole = clean(text[: 2 * KEPT_CHARACTERS])
    kept = whole[:KEPT_CHARACTERS].strip().replace("\x00", "")
    return "" if is_personal(whole) else kept


@dataclass
class _Waiting:
    counts: dict[str, list[int]] = field(default_factory=dict)
    last: dict[str, Outcome] = field(default_factory=OrderedDict)
    written: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _waiting(app: Flask) -> _Waiting:
    return app.extensions.setdefault("query_log", _Waiting())  # type: ignore[no-any-return]


def note(text: str, outcome: Outcome | None) -> None:
    """Count a search. Without an outcome (the page came from the shared cache) it went as the same text went last time."""
    kept = kept_text(text)
    if not kept:
        return
    waiting = _waiting(current_app._get_current_object())  # type: ignore[attr-defined]
    with waiting.lock:
        went = waiting.last.get(kept, Outcome()) if outcome is None else outcome
        waiting.last[kept] = went
        if len(waiting.last) > _MOST_REMEMBERED:
            waiting.last.pop(next(iter(waiting.last)))
        sums = waiting.counts.setdefault(kept, [0] * len(_COUNTS))
        for at, more in enumerate((True, *went)):
            sums[at] += more


def write_if_due() -> None:
    """Write what waits if the last writing was some seconds ago. It must never break a page, so a failure is only logged."""
    waiting = _waiting(current_app._get_current_object())  # type: ignore[attr-defined]
    if waiting.counts and (time.monotonic() - waiting.written >= WRITE_EVERY or len(waiting.counts) >= _MOST_WAITING):
        write()


def write() -> None:
    """Write what waits now."""
    waiting = _waiting(current_app._get_current_object())  # type: ignore[attr-defined]
    with waiting.lock:
        taken, waiting.counts, waiting.written = waiting.counts, {}, time.monotonic()
    if not taken:
        return
    try:
        with transaction():
            add_counts(taken)
    except Exception:
        log.exception("%s queries were not counted", len(taken))


@step
def add_counts(counts: dict[str, list[int]]) -> None:
    """Add counts per text (in the order of the columns) to today's rows. Texts in one order, so that two writers never deadlock."""
    now = clock.now()
    rows = [
        {"day": clock.today(), "text": text, "last_at": now, **dict(zip(_COUNTS, sums, strict=True))}
        for text, sums in sorted(counts.items())
    ]
    insert = (sqlite.insert if is_sqlite() else postgresql.insert)(SearchQuery)
    added = {name: getattr(SearchQuery, name) + getattr(insert.excluded, name) for name in _COUNTS}
    upsert = insert.on_conflict_do_update(
        index_elements=["day", "text"], set_={**added, "last_at": insert.excluded.last_at}
    )
    for start in range(0, len(rows), 100):
        db.session.execute(upsert.values(rows[start : start + 100]), execution_options={"synchronize_session": False})
