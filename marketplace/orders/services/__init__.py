"""The use cases of orders, one file per stretch of an order's life."""

from marketplace.orders.queries import list_order_blockers
from marketplace.orders.services.approving import approve_order, lapse_approval, reject_order, withdraw_order
from marketplace.orders.services.closing import (
    cancel_order,
    decline_order,
    expire_order,
    lapse_order,
    terminate_order,
)  # fmt: skip
from marketplace.orders.services.confirming import confirm_order
from marketplace.orders.services.delivering import (
    accept_milestone,
    deliver_milestone,
    dispute_milestone,
    request_changes,
    resolve_dispute,
)  # fmt: skip
from marketplace.orders.services.funding import fund_order, fund_settled_orders
from marketplace.orders.services.placing import check_order, place_order, price_limits
from marketplace.organisations.services import register_closing_blocker

register_closing_blocker(list_order_blockers)

__all__ = [
    "accept_milestone", "approve_order", "cancel_order", "check_order", "confirm_order", "decline_order", "deliver_milestone",
    "dispute_milestone", "expire_order", "fund_order", "fund_settled_orders", "lapse_approval", "lapse_order", "place_order",
    "price_limits", "reject_order", "request_changes", "resolve_dispute", "terminate_order", "withdraw_order",
]  # fmt: skip
