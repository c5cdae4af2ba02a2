"""Who may read messages."""

from marketplace.core.actor import Actor
from marketplace.notifications.models import Notification


def can_read_notification(actor: Actor, notification: Notification) -> bool:
    """Only the person it was sent to."""
    return actor.user_id is not None and actor.user_id == notification.user_id
