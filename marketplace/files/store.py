"""Where the bytes lie: `UPLOADS_DIR/<two characters>/<sha256>`, shared between machines, written whole or not at all.

What is still being received lies in `UPLOADS_DIR/incoming/`, on the same disk, so that it moves to its place in one step.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """An upload in its temporary file, with what was counted and hashed while it came in."""

    path: Path
    sha256: str
    size: int


def root() -> Path:
    return Path(current_app.config["UPLOADS_DIR"])


def path_of(sha256: str) -> Path:
    return root() / sha256[:2] / sha256


@contextmanager
def receiving(stream: IO[bytes], limit: int) -> Iterator[Received]:
    """Write a stream into a temporary file, hashing it on the way, and delete that file at the end unless `keep` has moved it.

    Stops one byte beyond `limit`: whoever asks compares the size. Nothing larger than a piece is ever in memory.
    """
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path, digest, size = folder / secrets.token_hex(16), hashlib.sha256(), 0
    try:
        with path.open("xb") as target:
            while size <= limit and (piece := stream.read(min(PIECE, limit + 1 - size))):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        yield Received(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def keep(received: Received) -> None:
    """Move a received file under its hash; bytes that are there already only become young again, so that no sweep takes them."""
    path = path_of(received.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.stat().st_size == received.size:
            os.utime(path)
            return
    except FileNotFoundError:
        pass
    received.path.chmod(0o640)
    received.path.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the new name itself safe against a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def hash_of(path: Path) -> str:
    """The SHA-256 of a stored file as it is now."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def list_older_than(seconds: float) -> Iterator[Path]:
    """Files untouched for so long, unfinished ones included."""
    before = time.time() - seconds
    for folder in ("??", "incoming"):
        for path in sorted(root().glob(f"{folder}/*")):
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before:
                    yield path


def remove_if_older(path: Path, seconds: float) -> bool:
    """Delete the file unless somebody has uploaded the same bytes meanwhile."""
    try:
        if path.stat().st_mtime >= time.time() - seconds:
            return False
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    return True
