"""Scheduled work on organisations: the day's lapses, reminders before them and before verification, and the leaving of those whose notice has run."""

import logging

from marketplace.core import clock
from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict
from marketplace.core.queue import periodic
from marketplace.organisations.queries import get_closing, list_due_closings
from marketplace.organisations.services import (
    close_organisation,
    expire_licences,
    lapse_join_requests,
    remind_of_expiry,
    remind_of_verification,
)
from marketplace.organisations.services.figures import spell_names
from marketplace.organisations.services.reporting import drop_identity_archives
from marketplace.organisations.services.standards import expire_standards, remind_of_standards

log = logging.getLogger(__name__)


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


@periodic("organisations.close_announced", minutes=30)
def close_announced() -> int:
    """Let those leave whose day has come and whom nothing blocks; one transaction each, so that one does not hold up the others."""
    left = 0
    for notice_id in list_due_closings(clock.today()):
        try:
            with transaction():
                left += close_organisation(actor=SCHEDULER, notice=get_closing(notice_id))
        except Conflict as refused:
            log.info("closing %s has moved meanwhile: %s", notice_id, refused.code)
    return left


@periodic("organisations.lapse_join_requests", minutes=60)
def lapse_old_join_requests() -> int:
    """End the requests to join that nobody decided in time."""
    with transaction():
        return lapse_join_requests(actor=SCHEDULER)


@periodic("organisations.drop_identity_archives", minutes=30)
def drop_old_identity_archives() -> int:
    """Forget encrypted identity reports that nobody fetched within a day."""
    with transaction():
        return drop_identity_archives()


@periodic("organisations.expire_standards", minutes=10)
def expire_lapsed_standards() -> int:
    """Mark the standards and grades whose last day has passed."""
    with transaction():
        return expire_standards(actor=SCHEDULER)


@periodic("organisations.remind_of_standards", minutes=360)
def remind_before_standards_end() -> int:
    """Remind firms of standards and grades that end soon, each once."""
    with transaction():
        return remind_of_standards(actor=SCHEDULER)


@periodic("organisations.spell_names", minutes=10)
def spell_names_once() -> int:
    """Give a place in the directory to firms from before it had an order, all of them batch by batch; nothing to do ever after."""
    spelled = 0
    while True:
        with transaction():
            done = spell_names()
        spelled += done
        if not done:
            return spelled
