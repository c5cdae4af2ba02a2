"""Where the bytes lie: `UPLOADS_DIR/<two characters>/<sha256>`, shared between machines, written whole or not at all."""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from flask import current_app


def path_of(sha256: str) -> Path:
    return Path(current_app.config["UPLOADS_DIR"]) / sha256[:2] / sha256


def write(sha256: str, content: bytes) -> None:
    """Put the bytes under their hash; bytes that are there already only become young again, so that no sweep takes them."""
    path = path_of(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.utime(path)
        return
    except FileNotFoundError:
        part = path.with_name(f".{sha256}.{secrets.token_hex(6)}")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.chmod(0o640)
    part.replace(path)


def list_older_than(seconds: float) -> Iterator[Path]:
    """Files untouched for so long, unfinished ones included."""
    root, before = Path(current_app.config["UPLOADS_DIR"]), time.time() - seconds
    for path in sorted(root.glob("??/*")):
        if path.is_file() and path.stat().st_mtime < before:
            yield path


def remove_if_older(path: Path, seconds: float) -> bool:
    """Delete the file unless somebody has uploaded the same bytes meanwhile."""
    if path.stat().st_mtime >= time.time() - seconds:
        return False
    path.unlink(missing_ok=True)
    return True
