"""A settled payment makes an order funded. Rails never learn about orders: this step pulls what they settled (decision 23)."""

from marketplace.catalog.services import record_sale
from marketplace.core.access import require, step
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.orders.access import can_fund_order
from marketplace.orders.models import Order
from marketplace.orders.queries import find_settled_ids, lock_order, payment_of
from marketplace.orders.services.telling import tell


@step
def fund_settled_orders(*, actor: Actor = SCHEDULER, limit: int = 500) -> int:
    """Fund every order whose payment has settled, all in the caller's transaction; safe to repeat. Returns how many."""
    ids = find_settled_ids(limit)
    for order_id in ids:
        fund_order(actor=actor, order=lock_order(order_id))
    return len(ids)


def fund_order(*, actor: Actor, order: Order) -> Order:
    """The order's payment has settled in full: the order and all its milestones are funded, both sides are told.

    Refused: for people (only a rail's money funds an order), while the payment has not settled, when already funded.
    """
    require(can_fund_order(actor, order))
    order = lock_order(order.id)
    if order.payment_id is None or payment_of(order).state != "settled":
        raise Conflict("order.not_paid", lazy("款项尚未到账"))
    advance(order, "fund", actor=actor, payment_id=order.payment_id, fen=order.total_fen)
    order.due_at = None
    for milestone in order.milestones:
        advance(milestone, "fund", actor=actor)
    record_sale(listing_id=order.listing_id)
    tell("order.funded", order, order.client_id, order.firm_id)
    return order
