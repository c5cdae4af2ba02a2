"""Scheduled work on files."""

from marketplace.core.queue import periodic
from marketplace.files import store
from marketplace.files.queries import list_known_hashes

DAY = 24 * 3600.0
BATCH = 500


@periodic("files.sweep_orphans", minutes=60)
def sweep_orphans() -> int:
    """Delete bytes that no row has named for a day: uploads whose form was refused afterwards. Returns how many."""
    old = list(store.list_older_than(DAY))
    removed = 0
    for start in range(0, len(old), BATCH):
        part = old[start : start + BATCH]
        known = list_known_hashes([path.name for path in part])
        removed += sum(store.remove_if_older(path, DAY) for path in part if path.name not in known)
    return removed
