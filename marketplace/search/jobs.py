"""Housekeeping of the change log."""

from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.search import personal  # noqa: F401  (registers how long the query log is kept)
from marketplace.search.changes import trim_changes


@periodic("search.trim", minutes=60)
def trim() -> None:
    """Forget changes that every index folder has long read; a folder that was away longer rebuilds."""
    with transaction():
        trim_changes()
