"""How far an index folder has read the change log."""

import json
import os
from pathlib import Path
from typing import NamedTuple


class Cursor(NamedTuple):
    """The last row's id, when that row was written, and when this folder was last in step."""

    id: int
    at: str
    seen: str


class BadCursor(Exception):
    """The folder does not say how far it has read; it must be rebuilt."""


def read_cursor(folder: Path) -> Cursor:
    """The cursor of a build folder; raises BadCursor."""
    try:
        told = json.loads((folder / "cursor.json").read_text(encoding="utf-8"))
        return Cursor(int(told[0]), str(told[1]), str(told[2]))
    except (OSError, ValueError, IndexError, TypeError, KeyError) as broken:
        raise BadCursor(f"its cursor cannot be read: {broken!r}") from broken


def write_cursor(folder: Path, cursor: Cursor) -> None:
    """Advance the cursor, after what it tells of is on the disk. It need not be there itself: an older one only repeats a batch."""
    part = folder / "cursor.json.part"
    part.write_text(json.dumps(cursor), encoding="utf-8")
    os.replace(part, folder / "cursor.json")
