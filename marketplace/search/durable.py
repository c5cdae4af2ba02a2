"""Files that outlive a loss of power: what a pointer names is on the disk before the pointer is.

The order of a published batch: whoosh's files → segment files → pointer → cursor, each on the disk before the next is begun. So whatever
a crash of the machine cuts off is done again from the change log, or found to be damaged and rebuilt; never are answers wrong.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO


def sync(paths: Iterable[Path], folder: Path) -> None:
    """Wait until these files and the names in their folder are on the disk. A file that is gone meanwhile is passed over."""
    for path in paths:
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync_names(folder)


def sync_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk (where the system can tell; Windows does it by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_durably(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that appears complete or not at all, also after a loss of power."""
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_names(path.parent)
