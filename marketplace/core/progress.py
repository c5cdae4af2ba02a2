"""How far a long command has come: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """For callers that show nothing."""


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Yield `report(done, total)`; draws at most ten times a second on a terminal, one line every tenth otherwise."""
    state = {"last": 0.0, "tenth": -1}
    terminal = sys.stderr.isatty()

    def report(done: int, total: int) -> None:
        share = done / total if total else 1.0
        if terminal:
            if time.monotonic() - state["last"] > 0.1 or done >= total:
                state["last"] = time.monotonic()
                filled = int(share * 30)
                sys.stderr.write(f"\r{label} [{'█' * filled}{'·' * (30 - filled)}] {share:4.0%} {done}/{total} ")
                sys.stderr.flush()
        elif int(share * 10) != state["tenth"]:
            state["tenth"] = int(share * 10)
            sys.stderr.write(f"{label} {share:.0%} ({done}/{total})\n")
            sys.stderr.flush()

    try:
        yield report
    finally:
        if terminal and state["last"]:
            sys.stderr.write("\n")
