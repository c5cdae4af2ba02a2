"""What there is to know about an index folder without opening the index: for the shell, `/readyz` and `/metrics`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from marketplace.core import clock
from marketplace.search import changes
from marketplace.search.cursor import BadCursor, read_cursor
from marketplace.search.manifest import read_manifest
from marketplace.search.segment import CorruptSegment


@dataclass(frozen=True)
class Status:
    """One index folder beside the change log of its database.

    `waiting` counts the changes that are not in the index yet, `lag` the seconds since the oldest of them was written; `built_at` is when
    the last rebuild began.
    """

    generation: int
    segments: int
    deleted: int
    size: int
    cursor: int
    newest: int
    waiting: int
    lag: float
    built_at: datetime | None


def read_status(root: Path) -> Status | None:
    """The state of an index folder; None where there is no index that can be read. Three small statements at most."""
    try:
        manifest = read_manifest(root)
        if manifest is None:
            return None
        folder = root / manifest.build
        cursor = read_cursor(folder)
        size = sum((folder / file).stat().st_size for file, _gone in manifest.segments)
    except (CorruptSegment, BadCursor, OSError):
        return None
    waiting, oldest = changes.count_after(cursor.id)
    latest = changes.find_latest()
    return Status(
        manifest.generation, len(manifest.segments), sum(len(gone) for _file, gone in manifest.segments), size, cursor.id,
        latest.id if latest else 0, waiting, max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0,
        built_at(manifest.build),
    )  # fmt: skip


def built_at(build: str) -> datetime | None:
    """When the rebuild that made a build folder began; its name tells."""
    try:
        return datetime.strptime(build.split("-")[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None
