"""Reads of a person's inbox."""

from sqlalchemy import func, select

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.notifications.models import Notification


def count_unread(actor: Actor) -> int:
    """How many messages this person has not opened yet."""
    if actor.user_id is None:
        return 0
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(Notification.user_id == actor.user_id, Notification.read_at.is_(None))
        )
        or 0
    )


def list_notifications(
    *, actor: Actor, unread: bool = False, page: int | None = 1, per_page: int | None = 20
) -> Page[Notification]:
    """A person's messages, newest first."""
    query = select(Notification).where(Notification.user_id == actor.user_id).order_by(Notification.id.desc())
    if unread:
        query = query.where(Notification.read_at.is_(None))
    return paginate(query, page, per_page)


def get_notification(notification_id: int, *, actor: Actor) -> Notification:
    """One of the person's own messages."""
    found = db.session.get(Notification, notification_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFound("notification.missing", lazy("没有这条消息"))
    return found
