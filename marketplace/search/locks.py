"""One indexer per index folder: a lock that the system releases when its holder dies."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderBusy(Exception):
    """Another process is writing this index folder and did not finish in time."""


class FolderLock:
    """`with FolderLock(root, timeout=…)`: waits that many seconds for the folder, then raises FolderBusy."""

    def __init__(self, root: Path, timeout: float) -> None:
        self._path = root / "indexer.lock"
        self._timeout = timeout
        self._handle: int | None = None

    def __enter__(self) -> "FolderLock":
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + self._timeout
        while True:
            try:
                _try(handle)
            except OSError:
                if time.monotonic() >= until:
                    os.close(handle)
                    raise FolderBusy(str(self._path.parent)) from None
                time.sleep(0.02)
            else:
                self._handle = handle
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
