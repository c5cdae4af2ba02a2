"""Scheduled work on organisations: the day's lapses, and the reminders before them and before verification."""

from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.organisations.services import expire_licences, remind_of_expiry, remind_of_verification


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


@periodic("organisations.remind_of_verification", minutes=60)
def remind_before_verification() -> int:
    """Remind organisations whose verification comes due or is over, and tell the operator of the new ones."""
    with transaction():
        return remind_of_verification(actor=SCHEDULER)
