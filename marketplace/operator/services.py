"""What the operator does at its own desk beside deciding."""

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.outbox import OutboxMessage
from marketplace.operator.access import can_read_outbox


def reveal_outbox_address(*, actor: Actor, message: OutboxMessage) -> None:
    """Write down that somebody looked at the whole address of a message."""
    require(can_read_outbox(actor))
    audit.record("outbox.revealed", "outbox_message", message.id, actor=actor)
