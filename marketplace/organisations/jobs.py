"""Scheduled work on organisations: the day's lapses and the reminders before them."""

from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.organisations.services import expire_licences, remind_of_expiry
from marketplace.organisations.services.reporting import drop_identity_archives


@periodic("organisations.expire_licences", minutes=10)
def expire_lapsed_licences() -> int:
    """Mark what has lapsed since the last run; soon after midnight that is the day's lapses."""
    with transaction():
        return expire_licences(actor=SCHEDULER)


@periodic("organisations.remind_of_expiry", minutes=360)
def remind_before_expiry() -> int:
    """Remind organisations of licences that end soon."""
    with transaction():
        return remind_of_expiry(actor=SCHEDULER)


@periodic("organisations.drop_identity_archives", minutes=30)
def drop_old_identity_archives() -> int:
    """Forget encrypted identity reports that nobody fetched within a day."""
    with transaction():
        return drop_identity_archives()
