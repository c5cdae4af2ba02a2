"""The ways an order ends without completion: declined, cancelled, timed out, terminated."""

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import advance
from marketplace.core.money import format_yuan
from marketplace.orders.access import (
    can_cancel_order,
    can_decline_order,
    can_expire_order,
    can_terminate_order,
)  # fmt: skip
from marketplace.orders.models import Order
from marketplace.orders.queries import lock_order, payment_of
from marketplace.orders.services.telling import checked_reason, remark, tell
from marketplace.orders.states import OrderState
from marketplace.payments.services import cancel_payment, return_to_buyer


def decline_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """The firm does not take the order and says why. Refused: without a reason; once it was confirmed or has ended."""
    require(can_decline_order(actor, order))
    text = checked_reason(reason)
    order = lock_order(order.id)
    note_id = remark(order, text, actor=actor)
    advance(order, "decline", actor=actor, organisation_id=order.firm_id, remark=note_id)
    _close(order, actor=actor)
    tell("order.declined", order, order.client_id, reason=text)
    return order


def cancel_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """The client (or the operator for either side) calls the order off before the money has arrived.

    Refused: without a reason; once the payment has settled, since then the money is the order's and only the operator ends it.
    """
    require(can_cancel_order(actor, order))
    text = checked_reason(reason)
    order = lock_order(order.id)
    note_id = remark(order, text, actor=actor)
    advance(order, "cancel", actor=actor, organisation_id=order.client_id, remark=note_id)
    _close(order, actor=actor)
    told = (order.firm_id,) if actor.is_member(order.client_id) else (order.client_id, order.firm_id)
    tell("order.cancelled", order, *told, reason=text)
    return order


def lapse_order(*, actor: Actor, order: Order) -> Order:
    """The firm did not confirm in time (setting orders.confirm_days): the order closes by itself and both sides are told."""
    require(can_expire_order(actor, order))
    order = lock_order(order.id)
    advance(order, "lapse", actor=actor)
    _close(order, actor=actor)
    tell("order.lapsed", order, order.client_id, order.firm_id)
    return order


def expire_order(*, actor: Actor, order: Order) -> Order:
    """The client did not pay in time (setting orders.pay_days). Refused when the payment has settled meanwhile: it is funded then.

    Money that arrives after this finds its payment closed and waits for two finance people, who credit or return it.
    """
    require(can_expire_order(actor, order))
    order = lock_order(order.id)
    advance(order, "expire", actor=actor)
    _close(order, actor=actor)
    tell("order.expired", order, order.client_id, order.firm_id)
    return order


def terminate_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """The operator ends a funded order: what was not released (分) goes back to the client's credit, milestone by milestone.

    Refused: without a reason; for an order that is not under way. Accepted milestones stay as they are.
    """
    require(can_terminate_order(actor, order))
    text = checked_reason(reason)
    order = lock_order(order.id)
    note_id = remark(order, text, actor=actor)
    advance(order, "terminate", actor=actor, remark=note_id)
    open_fen = _close(order, actor=actor)
    _return(order, open_fen, actor=actor)
    tell("order.terminated", order, order.client_id, order.firm_id, reason=text, returned=format_yuan(open_fen))
    return order


def _close(order: Order, *, actor: Actor) -> int:
    """Cancel the milestones that were not accepted and the payment that has not arrived; returns the open milestones' sum (分)."""
    order.due_at = None
    open_fen = 0
    for milestone in order.milestones:
        if milestone.state in ("accepted", "released"):
            continue
        open_fen += milestone.amount_fen
        advance(milestone, "cancel", actor=actor)
        milestone.due_at = None
    if order.payment_id is not None and order.state != OrderState.TERMINATED:
        cancel_payment(actor=actor, payment=payment_of(order))
    return open_fen


def _return(order: Order, amount_fen: int, *, actor: Actor) -> None:
    return_to_buyer(
        actor=actor, key=f"order:{order.id}:return", payment=payment_of(order), amount_fen=amount_fen,
        ref=f"order:{order.number}",
    )  # fmt: skip
    order.returned_fen = amount_fen
    audit.record("order.money_returned", "order", order.id, actor=actor, fen=amount_fen)
