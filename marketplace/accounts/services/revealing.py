"""Reading out, on record, a code or link that could not be sent."""

from marketplace.accounts.access import can_reveal_message
from marketplace.accounts.queries import is_park_staff
from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.outbox import OutboxMessage, has_sender, render


def reveal_message(*, actor: Actor, message: OutboxMessage) -> tuple[str, str]:
    """Subject and body with their secrets, for the park's people to pass on; the trail says who looked at which message.

    Refused: where the message leaves by itself; where the secrets are wiped.
    """
    require(can_reveal_message(actor, is_park_staff(message.user_id)))
    if has_sender(message.channel):
        raise Conflict("outbox.sends", lazy("此消息由邮件或短信通道直接发送给本人，无需查看"))
    if message.is_secret and message.sealed is None:
        raise Conflict("outbox.wiped", lazy("验证码或链接已过期清除，请让对方重新申请"))
    audit.record("outbox.revealed", "outbox_message", message.id, actor=actor)
    return render(message)
