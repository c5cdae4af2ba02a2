"""What every use case of an order shares: keeping what a person wrote, and telling the two sides."""

from collections.abc import Iterable
from typing import Any

from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.money import format_yuan
from marketplace.notifications.services import notify
from marketplace.orders.models import Milestone, Order, OrderRemark

MAX_TEXT = 2000


def checked_reason(text: str, field: str = "reason") -> str:
    """What the other side is told; refused when empty or longer than 2,000 characters."""
    reason = text.strip()
    if not reason:
        raise Invalid("order.reason", lazy("请填写原因，对方会看到"), field=field)
    if len(reason) > MAX_TEXT:
        raise Invalid("order.reason_long", lazy("文字过长，最多 %(n)s 字"), field=field, n=MAX_TEXT)
    return reason


@step
def remark(order: Order, text: str, *, actor: Actor, milestone: Milestone | None = None) -> int:
    """Keep what a person wrote with a step; returns its id, which the audit row carries in place of the words."""
    row = OrderRemark(
        order_id=order.id, milestone_id=milestone.id if milestone else None, text=text, user_id=actor.user_id
    )
    db.session.add(row)
    db.session.flush()
    return row.id


@step
def tell(event: str, order: Order, *organisation_ids: int, staff: str | None = None, **params: Any) -> None:
    """Tell the sides named (and a staff role) what happened to an order, with a link to its page."""
    facts, url = _facts(order, params), f"/orders/{order.number}"
    for organisation_id in organisation_ids:
        notify(event=event, params=facts, url=url, organisation_id=organisation_id)
    if staff:
        notify(event=event, params=facts, url=url, staff_role=staff)


@step
def tell_people(event: str, order: Order, user_ids: Iterable[int | None], **params: Any) -> None:
    """Tell single persons of the client what happened to an order inside it."""
    for user_id in user_ids:
        if user_id is not None:
            notify(event=event, params=_facts(order, params), url=f"/orders/{order.number}", user_id=user_id)


def _facts(order: Order, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": order.number, "title": order.title, "total": format_yuan(order.total_fen),
        "client_name": order.client_name, "firm_name": order.firm_name, **params,
    }  # fmt: skip
