"""What moves by itself: settled payments fund orders, deadlines close them, silence accepts deliveries. All safe to run twice."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from marketplace.core.actor import SCHEDULER
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict
from marketplace.core.queue import periodic
from marketplace.orders import queries, services
from marketplace.orders.states import OrderState

log = logging.getLogger(__name__)


def _each(ids: Sequence[int], work: Callable[[int], Any]) -> int:
    """One transaction per entity, so that one that cannot move does not hold up the others; returns how many moved."""
    moved = 0
    for entity_id in ids:
        try:
            with transaction():
                work(entity_id)
            moved += 1
        except Conflict as refused:
            log.info("entity %s has moved meanwhile: %s", entity_id, refused.code)
    return moved


@periodic("orders.fund_settled_orders", minutes=1)
def fund_settled_orders() -> int:
    """Fund the orders whose payment has settled; enqueued after each rail's work and swept every minute."""
    settled = queries.find_settled_ids()
    return _each(settled, lambda i: services.fund_order(actor=SCHEDULER, order=queries.lock_order(i)))


@periodic("orders.close_overdue_orders", minutes=10)
def close_overdue_orders() -> int:
    """Close the orders that nobody approved, confirmed or paid in time."""
    fund_settled_orders()  # money that has arrived comes before the clock
    unapproved = queries.find_overdue_ids(OrderState.AWAITING_APPROVAL)
    unconfirmed = queries.find_overdue_ids(OrderState.PLACED)
    unpaid = queries.find_overdue_ids(OrderState.AWAITING_PAYMENT)
    moved = _each(unapproved, lambda i: services.lapse_approval(actor=SCHEDULER, order=queries.lock_order(i)))
    moved += _each(unconfirmed, lambda i: services.lapse_order(actor=SCHEDULER, order=queries.lock_order(i)))
    return moved + _each(unpaid, lambda i: services.expire_order(actor=SCHEDULER, order=queries.lock_order(i)))


@periodic("orders.accept_silent_deliveries", minutes=10)
def accept_silent_deliveries() -> int:
    """Accept the deliveries on which the client kept silent for orders.auto_accept_days."""
    return _each(
        queries.find_silently_accepted_ids(),
        lambda i: services.accept_milestone(actor=SCHEDULER, milestone=queries.milestone_by_id(i)),
    )
