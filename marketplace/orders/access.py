"""Who may do what with an order: the firm confirms and delivers, the client orders and accepts, the operator decides."""

from typing import Any

from marketplace.core.actor import Actor, Membership
from marketplace.orders.models import Order

_SYSTEM = ("scheduler", "cli", "stripe")


def buying_membership(actor: Actor) -> Membership | None:
    """The verified client enterprise this person may order for, if any (admin or purchasing; decision 25)."""
    verified = (m for m in actor.memberships if m.kind == "client" and m.state == "approved")
    return next((m for m in verified if m.role in ("admin", "purchasing")), None)


def can_place_order(actor: Actor, listing: Any = None) -> bool:
    """A purchaser or administrator of a verified client enterprise; `listing` is what would be ordered."""
    member = buying_membership(actor)
    return member is not None and (listing is None or listing.firm_id != member.organisation_id)


def can_view_order(actor: Actor, order: Order) -> bool:
    """Members of both sides, whatever their role, and the park's operating, finance and auditing staff."""
    return is_client_side(actor, order) or is_firm_side(actor, order) or can_list_all_orders(actor)


def is_client_side(actor: Actor, order: Order) -> bool:
    return actor.is_member(order.client_id)


def is_firm_side(actor: Actor, order: Order) -> bool:
    return actor.is_member(order.firm_id)


def can_approve_order(actor: Actor, order: Order) -> bool:
    """A purchase above the client's limit: its administrators and finance people, never who submitted it."""
    return actor.has_role(order.client_id, "finance") and actor.user_id != order.placed_by_id


def can_withdraw_order(actor: Actor, order: Order) -> bool:
    """Before it is approved, the client's purchasers take a purchase back."""
    return actor.has_role(order.client_id, "purchasing")


def can_confirm_order(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.firm_id, "business")


def can_decline_order(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.firm_id, "business")


def can_cancel_order(actor: Actor, order: Order) -> bool:
    """The client's purchasers before the money has arrived; the operator for either side."""
    return actor.has_role(order.client_id, "purchasing") or actor.is_staff("operator")


def can_terminate_order(actor: Actor, order: Order) -> bool:
    return actor.is_staff("operator")


def can_expire_order(actor: Actor, order: Order) -> bool:
    return actor.system in _SYSTEM


def can_fund_order(actor: Actor, order: Order) -> bool:
    """Only a payment settled by its rail funds an order, never a person."""
    return actor.system in _SYSTEM


def can_see_order_payment(actor: Actor, order: Order) -> bool:
    """The account, amount and reference to pay: for every member of the client, and for staff who match transfers."""
    return is_client_side(actor, order) or actor.is_staff("operator", "service", "finance")


def can_deliver_milestone(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.firm_id, "business")


def can_accept_milestone(actor: Actor, order: Order) -> bool:
    """The client's purchasers and business people; the scheduler once the days of silence have passed."""
    return actor.has_role(order.client_id, "purchasing", "business") or actor.system == "scheduler"


def can_request_changes(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.client_id, "purchasing", "business")


def can_dispute_milestone(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.client_id, "purchasing", "business") or actor.has_role(order.firm_id, "business")


def can_resolve_dispute(actor: Actor, order: Order) -> bool:
    """The park operator decides; never a person who belongs to one of the two sides."""
    return actor.is_staff("operator") and not (is_client_side(actor, order) or is_firm_side(actor, order))


def can_list_all_orders(actor: Actor) -> bool:
    return actor.is_staff("operator", "service", "finance", "auditor")
