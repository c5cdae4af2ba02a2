"""Messages about an account, to the person themselves: what happened, and the codes and links that only they should read."""

from datetime import datetime
from typing import Any

from marketplace.accounts.models import User
from marketplace.core import clock, outbox
from marketplace.core.access import step


@step
def tell(user: User, event: str, **params: Any) -> None:
    """Tell a person what has happened to their account, by mail or, who has no address, by SMS."""
    channel, address = ("mail", user.email) if user.email else ("sms", user.mobile or "")
    tell_at(channel, address, event, user_id=user.id, **params)


@step
def tell_at(channel: str, address: str, event: str, *, user_id: int, **params: Any) -> None:
    """The same to a given address or number, such as the one that is being replaced."""
    moment = clock.local(clock.now()).strftime("%Y-%m-%d %H:%M")
    outbox.send(channel, address, f"account.{event}", {"at": moment, **params}, user_id=user_id)


@step
def hand_over(
    channel: str, address: str, event: str, *, user_id: int, until: datetime, secret: dict[str, Any], **params: Any
) -> None:
    """Send a code or one-time link, which lies sealed until it has left or is worthless."""
    outbox.send(channel, address, f"account.{event}", params, user_id=user_id, secret=secret, secret_until=until)
