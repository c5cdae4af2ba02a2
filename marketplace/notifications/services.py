"""Telling people: rows for their inbox and mail for their mailbox, all within the change that caused them."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import update

from marketplace.accounts.queries import list_staff_ids, list_users
from marketplace.core import clock, outbox
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.notifications.access import can_read_notification
from marketplace.notifications.models import Notification

_recipients: dict[str, Callable[[int], Iterable[int]]] = {}


def register_recipients(kind: str, provider: Callable[[int], Iterable[int]]) -> None:
    """Let a domain above say which users stand behind one of its things: `register_recipients("organisation", member_user_ids)`."""
    _recipients[kind] = provider


@step
def notify(
    *, event: str, params: dict[str, Any] | None = None, url: str = "", organisation_id: int | None = None,
    user_id: int | None = None, staff_role: str | None = None,
) -> int:  # fmt: skip
    """Tell a person, all members of an organisation, or all staff of a role; returns how many people.

    `params` are plain JSON values for `templates/notifications/<event>.txt`; `url` is the path of the page it is about. Whoever has an
    e-mail address gets a mail, others an SMS.
    """
    ids: set[int] = set()
    if user_id is not None:
        ids.add(user_id)
    if organisation_id is not None:
        ids.update(_recipients["organisation"](organisation_id))
    if staff_role is not None:
        ids.update(list_staff_ids(staff_role))
    values = dict(params or {})
    people = list_users(sorted(ids))
    for person in people:
        db.session.add(Notification(user_id=person.id, event=event, params=values, url=url))
        channel, address = ("mail", person.email) if person.email else ("sms", person.mobile or "")
        outbox.send(channel, address, event, {**values, "url": url}, user_id=person.id)
    return len(people)


def read_notification(*, actor: Actor, notification: Notification) -> Notification:
    """Mark one of one's own messages as read."""
    require(can_read_notification(actor, notification))
    if notification.read_at is None:
        notification.read_at = clock.now()
    return notification


def read_all_notifications(*, actor: Actor) -> None:
    """Mark all of one's own messages as read."""
    require(actor.is_signed_in)
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == actor.user_id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
