"""The scheduled work of core itself: sealing the audit trail. What is too old is removed by `duties`, rule by rule."""

from marketplace.core import audit, outbox
from marketplace.core.db import transaction
from marketplace.core.queue import periodic

__all__ = ["outbox", "seal_audit"]


@periodic("core.seal_audit", seconds=3)
def seal_audit() -> int:
    """Seal what was recorded since the last run into the chain; returns how many rows."""
    with transaction():
        return audit.seal_pending()
