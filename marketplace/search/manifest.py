"""The pointer file of an index folder: which build folder, which segment files, which of their documents are gone.

It is replaced atomically for every published generation, so a reader sees a whole generation or the one before it, also when a rebuilt
index takes over from the old one. One `stat` tells whether anything is new.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from marketplace.search.durable import replace_durably
from marketplace.search.segment import CorruptSegment

FORMAT = 2
"""Raise on any change of schema, tokens or segment layout: an index of another format is rebuilt."""

POINTER = "current.json"

Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Manifest:
    """One published generation. `generation` is whoosh's number of the commit it shows; `words` the readings' file."""

    build: str
    generation: int
    segments: tuple[tuple[str, tuple[int, ...]], ...]
    words: str


def signature(root: Path) -> Signature | None:
    """What changes whenever the pointer file is replaced; None when there is none."""
    try:
        seen = os.stat(root / POINTER)
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Publish a generation, atomically; when this returns it is on the disk."""
    told = json.dumps({"format": FORMAT} | manifest.__dict__).encode()
    replace_durably(root / POINTER, lambda file: file.write(told))


def read_manifest(root: Path) -> Manifest | None:
    """The published generation; None when there is none; raises CorruptSegment when the file cannot be understood."""
    try:
        raw = (root / POINTER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        told = json.loads(raw)
        if told["format"] != FORMAT:
            raise CorruptSegment(f"{POINTER}: format {told['format']}")
        segments = tuple((str(name), tuple(int(one) for one in gone)) for name, gone in told["segments"])
        return Manifest(str(told["build"]), int(told["generation"]), segments, str(told["words"]))
    except (ValueError, KeyError, TypeError) as broken:
        raise CorruptSegment(f"{POINTER}: {broken!r}") from broken
