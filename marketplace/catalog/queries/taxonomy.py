"""Keeping this process's category tree in step with the database, and reading older versions of a category.

Each process looks at the newest version's id, at most once a second; several web processes follow a publication within that second, the
one that published at once. Nothing here is written to the database.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from marketplace.catalog.models import CategoryVersion
from marketplace.catalog.rules.definition import Category
from marketplace.catalog.rules.seed import seed
from marketplace.catalog.rules.taxonomy import current, find_category, use, with_versions
from marketplace.core import sharing
from marketplace.core.db import db

SECONDS = 1.0
_NEWEST = select(func.max(CategoryVersion.id))


@dataclass
class _Loaded:
    """What the module-level tree was made from: which database, up to which row, and until when that counts."""

    source: Any = None
    newest: int = 0
    until: float = 0.0
    older: dict[tuple[str, int], Category] = field(default_factory=dict)


_loaded = _Loaded()
_lock = threading.Lock()


def refresh(*, at_once: bool = False) -> None:
    """Read the tree anew if a version was published since. One cheap statement, at most once a second unless `at_once`."""
    global _loaded
    source = db.engine
    if _loaded.source is source and not at_once and time.monotonic() < _loaded.until:
        return
    with _lock:
        newest = db.session.scalar(_NEWEST) or 0
        if _loaded.source is not source or newest != _loaded.newest:
            use(with_versions(_newest_versions() if newest else {}))
            _loaded = _Loaded(source, newest)
        _loaded.until = time.monotonic() + SECONDS


def forget() -> None:
    """Go back to the files, as a process begins (tests, which change databases in one process)."""
    global _loaded
    with _lock:
        use(with_versions({}))
        _loaded = _Loaded()


def _newest_versions() -> dict[str, Category]:
    last = (
        select(CategoryVersion.code, func.max(CategoryVersion.number).label("number"))
        .group_by(CategoryVersion.code)
        .subquery()
    )
    rows = db.session.execute(
        select(CategoryVersion.code, CategoryVersion.number, CategoryVersion.definition).join(
            last, (last.c.code == CategoryVersion.code) & (last.c.number == CategoryVersion.number)
        )
    )
    return {row.code: Category.from_json(row.code, row.number, row.definition) for row in rows}


def definition_of(code: str, number: int) -> Category:
    """The category as that version defines it; the present one where that version is not known.

    A statement only the first time that this process meets an older version.
    """
    now = find_category(code)
    if now is not None and now.number == number:
        return now
    first = seed().get(code)
    if number == 1 and first is not None:
        return first
    kept = _loaded.older.get((code, number))
    if kept is None:
        kept = _stored(code, number)
        if kept is None:
            return current().categories[code]
        _loaded.older[code, number] = kept
    return kept


def _stored(code: str, number: int) -> Category | None:
    definition = db.session.scalar(
        select(CategoryVersion.definition).where(CategoryVersion.code == code, CategoryVersion.number == number)
    )
    return Category.from_json(code, number, definition) if definition else None


sharing.depends_on(current)
