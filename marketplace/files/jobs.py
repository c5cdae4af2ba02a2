"""Scheduled work on files."""

import logging

from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.files import scanning, store
from marketplace.files.queries import list_known_hashes, list_unscanned
from marketplace.files.services import mark_scanned

log = logging.getLogger(__name__)
DAY = 24 * 3600.0
BATCH = 500
SCAN_BATCH = 100
SCANS_PER_RUN = 2000


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


@periodic("files.scan_unscanned", minutes=10)
def scan_unscanned() -> int:
    """Have the virus scanner look at files from before it was switched on; returns how many went into quarantine.

    Without a scanner there is nothing to do; one that stops answering ends the run, the next run goes on.
    """
    if not scanning.is_wanted():
        return 0
    quarantined = seen = last = 0
    while seen < SCANS_PER_RUN and (files := list_unscanned(last, SCAN_BATCH)):
        last, seen = files[-1].id, seen + len(files)
        for sha256 in dict.fromkeys(file.sha256 for file in files):
            path = store.path_of(sha256)
            if not path.is_file():
                log.error("the bytes of %s are missing: flask files check lists what is lost", sha256)
                continue
            try:
                answer = scanning.scan(path)
            except scanning.ScannerUnavailable:
                log.exception("stored files could not be scanned")
                return quarantined
            if answer is not None:
                with transaction():
                    found = "" if answer[1].clean else answer[1].name or "infected"
                    quarantined += mark_scanned(actor=SCHEDULER, sha256=sha256, scanner=answer[0], found=found)
    return quarantined
