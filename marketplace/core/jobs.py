"""The scheduled work of core itself: sealing and proving the audit trail. What is too old is removed by `duties`, rule by rule."""

import logging
from datetime import timedelta

from marketplace.core import audit, clock, outbox, queue
from marketplace.core.db import transaction
from marketplace.core.queue import job, periodic

__all__ = ["check_audit", "note_audit_head", "outbox", "seal_audit", "sweep_audit_checks"]
log = logging.getLogger(__name__)
SEAL_BATCH = 2000
MAX_BATCHES = 50


@periodic("core.seal_audit", seconds=3)
def seal_audit() -> int:
    """Seal what was recorded since the last run into the chain, batch by batch; returns how many rows."""
    total = 0
    for _ in range(MAX_BATCHES):
        with transaction():
            count = audit.seal_pending(SEAL_BATCH)
        total += count
        if count < SEAL_BATCH:
            break
    return total


@periodic("core.note_audit_head", minutes=60)
def note_audit_head() -> None:
    """Put the chain's head into the log, which is kept elsewhere than the database: a head that nobody can rewrite there."""
    log.info("audit head %s", audit.find_head())


@job("core.check_audit")
def check_audit(run_id: int) -> int:
    """Prove the whole chain for a check that somebody asked for, and fill in what was found; returns how many things are wrong.

    Running it twice changes nothing: what has been filled in stays.
    """
    started = clock.now()
    proof = audit.prove()
    with transaction():
        audit.finish_run(run_id=run_id, started_at=started, proof=proof)
    return proof.wrong_count


@periodic("core.sweep_audit_checks", minutes=10)
def sweep_audit_checks() -> int:
    """Queue again what a lost queue has forgotten; returns how many."""
    waiting = audit.list_waiting(timedelta(minutes=10))
    for run_id in waiting:
        queue.enqueue("core.check_audit", run_id=run_id)
    return len(waiting)
