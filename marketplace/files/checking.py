"""Proving the store: every row's bytes are there, as long as the row says, and still have their hash."""

from marketplace.core.progress import Progress, silent
from marketplace.files import store
from marketplace.files.queries import count_stored, list_stored

BATCH = 500


def check(progress: Progress = silent) -> list[str]:
    """Read every stored file once: what is missing, has another length than its row says or another hash; empty when all hold."""
    wrong: list[str] = []
    total, done, last = count_stored(), 0, ""
    while rows := list_stored(last, BATCH):
        for sha256, size in rows:
            done += sha256 != last
            last = sha256
            if problem := _problem(sha256, size):
                wrong.append(f"{sha256}: {problem}")
            progress(min(done, total), total)
    progress(total, total)
    return wrong


def _problem(sha256: str, size: int) -> str:
    path = store.path_of(sha256)
    if not path.is_file():
        return "missing"
    if path.stat().st_size != size:
        return f"{path.stat().st_size} bytes, its row says {size}"
    return "" if store.hash_of(path) == sha256 else "the content does not match its hash"
