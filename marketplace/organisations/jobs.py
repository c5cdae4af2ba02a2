"""Scheduled work on organisations: the day's lapses and the reminders before them."""

from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.organisations.services import expire_licences, lapse_join_requests, remind_of_expiry


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


@periodic("organisations.lapse_join_requests", minutes=60)
def lapse_old_join_requests() -> int:
    """End the requests to join that nobody decided in time."""
    with transaction():
        return lapse_join_requests(actor=SCHEDULER)
