"""Scheduled work on accounts."""

from marketplace.accounts.services import forget_ended_sessions
from marketplace.core.db import transaction
from marketplace.core.queue import periodic


@periodic("accounts.forget_sessions", minutes=720)
def forget_sessions() -> int:
    """Delete sessions that ended long ago."""
    with transaction():
        return forget_ended_sessions()
