"""The calendar of the indicators: every month closes by itself on the 10th of the next."""

from datetime import date

from marketplace.core import clock
from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.queue import periodic
from marketplace.kpi.queries.facts import last_closed
from marketplace.kpi.services import close_months_until, last_due


@periodic("kpi.close_due_months", minutes=60)
def close_due_months() -> list[str]:
    """Close what is due; two machines at once: the unique period lets one win, the other finds nothing left to do."""
    if last_closed().period >= last_due(clock.today()):
        return []
    with transaction():
        return close_months_until(last_due(clock.today()), actor=SCHEDULER)


def snapshot_day(day: date) -> list[str]:
    """Close every month that is due on a day (not later than today); returns which closed. For the shell."""
    due = last_due(min(day, clock.today()))
    if last_closed().period >= due:
        return []
    with transaction():
        return close_months_until(due, actor=CLI)
