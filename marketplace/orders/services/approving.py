"""A purchase inside the client: above its limit a second person decides before any firm hears of it."""

from datetime import timedelta

from marketplace.catalog.queries import visible_ids
from marketplace.core import audit, clock, settings
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.orders.access import can_approve_order, can_expire_order, can_withdraw_order
from marketplace.orders.models import Order
from marketplace.orders.queries import lock_order
from marketplace.orders.services.telling import checked_reason, remark, tell, tell_people
from marketplace.organisations.queries import member_user_ids


@step
def request_approval(*, actor: Actor, order: Order) -> None:
    """A new order begins to wait for a second person of the client (setting orders.approval_days); those who may decide are told."""
    order.requested_at = clock.now()
    order.due_at = order.requested_at + timedelta(days=settings.get("orders.approval_days"))
    audit.record(
        "order.approval_requested",
        "order",
        order.id,
        actor=actor,
        organisation_id=order.client_id,
        total_fen=order.total_fen,
    )
    due = clock.local(order.due_at).strftime("%Y-%m-%d %H:%M")
    tell_people("order.approval_requested", order, _approvers(order), person=actor.name, due=due)


@step
def put_before_firm(*, actor: Actor, order: Order, action: str) -> None:
    """The order is placed: from this moment the firm sees it, is told, and its days to confirm run (setting orders.confirm_days)."""
    facts = {"listing_id": order.listing_id, "firm_id": order.firm_id, "total_fen": order.total_fen}
    advance(order, action, actor=actor, organisation_id=order.client_id, **facts)
    order.due_at = clock.now() + timedelta(days=settings.get("orders.confirm_days"))
    if action != "place":
        audit.record(
            "order.placed", "order", order.id, actor=actor, organisation_id=order.client_id, after=order.state, **facts
        )
    tell("order.placed", order, order.firm_id)


def approve_order(*, actor: Actor, order: Order) -> Order:
    """A second person of the client agrees to a purchase above its limit, and the order goes to the firm.

    Refused: who submitted it (also by the database); anybody but the client's administrators and finance people; once it is decided,
    taken back or lapsed; when the service is no longer offered or the client has been suspended meanwhile.
    """
    require(can_approve_order(actor, order))
    order = lock_order(order.id)
    if not visible_ids([order.listing_id]):
        raise Conflict("order.listing_gone", lazy("该服务已下架或暂停，暂不能下单"))
    member = actor.membership(order.client_id)
    if member is None or member.state != "approved":
        raise Conflict("order.client_not_approved", lazy("本单位当前不能下单，请联系园区运营人员"))
    order.approved_by_id, order.approved_at = actor.user_id, clock.now()
    put_before_firm(actor=actor, order=order, action="approve")
    tell_people("order.approved", order, [order.placed_by_id], by=actor.name)
    return order


def reject_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """A second person of the client does not agree and says why; the firm never hears of it. Refused: as for approving; no reason."""
    require(can_approve_order(actor, order))
    text = checked_reason(reason)
    order = lock_order(order.id)
    note_id = remark(order, text, actor=actor)
    advance(order, "reject", actor=actor, organisation_id=order.client_id, remark=note_id)
    end_unplaced(actor=actor, order=order)
    tell_people("order.rejected", order, [order.placed_by_id], by=actor.name, reason=text)
    return order


def withdraw_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """A purchaser takes a purchase back before it is decided. Refused: without a reason; once it is decided."""
    require(can_withdraw_order(actor, order))
    text = checked_reason(reason)
    order = lock_order(order.id)
    note_id = remark(order, text, actor=actor)
    advance(order, "withdraw", actor=actor, organisation_id=order.client_id, remark=note_id)
    end_unplaced(actor=actor, order=order)
    return order


def lapse_approval(*, actor: Actor, order: Order) -> Order:
    """Nobody decided in time (setting orders.approval_days): the purchase closes by itself, who submitted it and who could have decided
    are told."""
    require(can_expire_order(actor, order))
    order = lock_order(order.id)
    advance(order, "lapse_approval", actor=actor, organisation_id=order.client_id)
    end_unplaced(actor=actor, order=order)
    tell_people("order.approval_lapsed", order, sorted({order.placed_by_id or 0, *_approvers(order)} - {0}))
    return order


@step
def end_unplaced(*, actor: Actor, order: Order) -> None:
    """Nothing was paid or promised yet: its milestones fall away with it."""
    order.due_at = None
    for milestone in order.milestones:
        advance(milestone, "cancel", actor=actor)


def _approvers(order: Order) -> list[int]:
    ids = member_user_ids(order.client_id, "admin", "finance")
    return [user_id for user_id in ids if user_id != order.placed_by_id]
