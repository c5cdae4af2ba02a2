"""The firm's yes: the terms confirmed by both sides are the contract, and only now payment is due."""

from datetime import timedelta

from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import advance
from marketplace.orders.access import can_confirm_order
from marketplace.orders.models import Order
from marketplace.orders.services.telling import tell
from marketplace.payments.services import open_payment


def confirm_order(*, actor: Actor, order: Order) -> Order:
    """The firm confirms the terms as placed: the contract stands (decision 21) and a payment with its own reference is opened.

    Refused: anybody but the firm's administrators and business people; an order that is no longer waiting for the firm.
    """
    require(can_confirm_order(actor, order))
    advance(order, "confirm", actor=actor, organisation_id=order.firm_id)
    payment = open_payment(
        actor=actor, payer_id=order.client_id, payee_id=order.firm_id, amount_fen=order.total_fen, purpose=order.number
    )
    order.payment_id = payment.id
    order.due_at = clock.now() + timedelta(days=settings.get("orders.pay_days"))
    tell("order.confirmed", order, order.client_id, due_on=clock.local(order.due_at).date().isoformat())
    return order
