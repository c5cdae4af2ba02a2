"""From delivery to money: the firm delivers a milestone, the client accepts it or asks for changes, the operator decides disputes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.core.money import format_yuan
from marketplace.files.services import attach
from marketplace.orders import rules
from marketplace.orders.access import (
    can_accept_milestone,
    can_deliver_milestone,
    can_dispute_milestone,
    can_request_changes,
    can_resolve_dispute,
)  # fmt: skip
from marketplace.orders.models import Milestone, MilestoneFile, Order
from marketplace.orders.queries import lock_order
from marketplace.orders.services.telling import MAX_TEXT, checked_reason, remark, tell
from marketplace.orders.states import MilestoneState
from marketplace.payments.services import release_milestone_money

MAX_FILES = 10


def deliver_milestone(
    *,
    actor: Actor,
    milestone: Milestone,
    people_served: int,
    period_from: date,
    period_to: date,
    note: str = "",
    files: Sequence[Any] = (),
) -> Milestone:
    """The firm hands over a milestone: people served (人), the service period (电子商务法 51), a note, and files already prepared.

    From now on the client's silence counts as acceptance after orders.auto_accept_days. Refused: a milestone that is not
    funded or not sent back for changes; a period in the future; more than ten files.
    """
    require(can_deliver_milestone(actor, milestone.order))
    order, milestone = _locked(milestone)
    text = note.strip()
    rules.check_delivery(people_served, period_from, period_to, clock.today())
    if len(text) > MAX_TEXT:
        raise Invalid("milestone.note", lazy("文字过长，最多 %(n)s 字"), field="note", n=MAX_TEXT)
    if len(files) > MAX_FILES:
        raise Invalid("milestone.files", lazy("一次最多上传 %(n)s 个文件"), field="files", n=MAX_FILES)
    note_id = remark(order, text, actor=actor, milestone=milestone) if text else None
    advance(
        milestone, "deliver", actor=actor, organisation_id=order.firm_id, remark=note_id, people=people_served,
        files=len(files) or None,
    )  # fmt: skip
    milestone.delivery_count += 1
    milestone.people_served, milestone.delivery_note = people_served, text
    milestone.period_from, milestone.period_to = period_from, period_to
    milestone.due_at = clock.now() + timedelta(days=settings.get("orders.auto_accept_days"))
    for prepared in files:
        stored = attach(actor=actor, prepared=prepared, organisation_id=order.firm_id)
        db.session.add(
            MilestoneFile(milestone_id=milestone.id, file_id=stored.id, delivery_no=milestone.delivery_count)
        )
    tell(
        "milestone.delivered", order, order.client_id, milestone=milestone.title, people=people_served,
        accept_by=clock.local(milestone.due_at).date().isoformat(),
    )  # fmt: skip
    return milestone


def accept_milestone(*, actor: Actor, milestone: Milestone) -> Milestone:
    """The client accepts a delivery: the firm's share and the commission are released at once, to the 分, exactly once.

    The last acceptance completes the order. The scheduler accepts after the days of silence. Refused: a milestone that is
    not delivered, or that somebody else has just decided on.
    """
    require(can_accept_milestone(actor, milestone.order))
    order, milestone = _locked(milestone)
    _accept(order, milestone, "accept", actor=actor)
    return milestone


def request_changes(*, actor: Actor, milestone: Milestone, reason: str) -> Milestone:
    """The client sends a delivery back with a reason; the firm delivers again. Refused: without a reason, or when not delivered."""
    require(can_request_changes(actor, milestone.order))
    text = checked_reason(reason)
    order, milestone = _locked(milestone)
    note_id = remark(order, text, actor=actor, milestone=milestone)
    advance(milestone, "request_changes", actor=actor, organisation_id=order.client_id, remark=note_id)
    milestone.due_at = None
    tell("milestone.changes_requested", order, order.firm_id, milestone=milestone.title, reason=text)
    return milestone


def dispute_milestone(*, actor: Actor, milestone: Milestone, reason: str) -> Milestone:
    """Either side asks the park's operator to decide on a delivery; the clock of silence stops. Refused: without a reason."""
    require(can_dispute_milestone(actor, milestone.order))
    text = checked_reason(reason)
    order, milestone = _locked(milestone)
    note_id = remark(order, text, actor=actor, milestone=milestone)
    advance(milestone, "dispute", actor=actor, organisation_id=actor.organisation_id, remark=note_id)
    milestone.due_at = None
    other = order.firm_id if actor.is_member(order.client_id) else order.client_id
    tell("milestone.disputed", order, other, staff="operator", milestone=milestone.title, reason=text)
    return milestone


def resolve_dispute(*, actor: Actor, milestone: Milestone, accept: bool, reason: str) -> Milestone:
    """The operator decides: the delivery counts as accepted and is paid out, or the firm delivers again. Both sides get the reason.

    Refused: anybody but operating staff who belong to neither side; without a reason; a milestone not in dispute.
    """
    require(can_resolve_dispute(actor, milestone.order))
    text = checked_reason(reason)
    order, milestone = _locked(milestone)
    note_id = remark(order, text, actor=actor, milestone=milestone)
    tell(
        "milestone.resolved",
        order,
        order.client_id,
        order.firm_id,
        milestone=milestone.title,
        reason=text,
        accepted=accept,
    )
    if accept:
        _accept(order, milestone, "resolve_accept", actor=actor, remark=note_id)
    else:
        advance(milestone, "resolve_redeliver", actor=actor, remark=note_id)
    return milestone


def _locked(milestone: Milestone) -> tuple[Order, Milestone]:
    """The order, held against everybody else until commit, and the milestone as it stands now."""
    order = lock_order(milestone.order_id)
    return order, next(m for m in order.milestones if m.id == milestone.id)


def _accept(order: Order, milestone: Milestone, action: str, *, actor: Actor, **codes: Any) -> None:
    advance(milestone, action, actor=actor, organisation_id=order.client_id, **codes)
    assert milestone.accepted_at is not None and order.payment_id is not None
    milestone.due_at, milestone.accepted_period = None, clock.month_of(milestone.accepted_at)
    release_milestone_money(
        actor=actor, key=f"milestone:{milestone.id}:release", payment_id=order.payment_id, firm_id=order.firm_id,
        amount_fen=milestone.amount_fen, commission_fen=milestone.commission_fen, ref=f"order:{order.number}",
    )  # fmt: skip
    advance(milestone, "release", actor=actor, fen=milestone.amount_fen, commission_fen=milestone.commission_fen)
    tell(
        "milestone.accepted", order, order.firm_id, milestone=milestone.title, share=format_yuan(milestone.firm_fen),
        commission=format_yuan(milestone.commission_fen),
    )  # fmt: skip
    if all(m.state == MilestoneState.RELEASED for m in order.milestones):
        advance(order, "complete", actor=actor)
        tell("order.completed", order, order.client_id, order.firm_id)
