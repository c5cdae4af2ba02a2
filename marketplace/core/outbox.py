"""Mail and SMS leave through a table: the row is written with the change, a job delivers it after commit, a sweep retries.

Rows hold the event and its parameters; the text is rendered at delivery with SITE_URL. Where no SMTP server (or SMS sender) is
configured the message is kept for the operator's outbox page and marked so, which is how the park works off line.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import JSON, Index, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock
from marketplace.core.access import step
from marketplace.core.db import BIG, Base, CreatedAt, Id, UTCDateTime, db, transaction
from marketplace.core.queue import enqueue, job, periodic

log = logging.getLogger(__name__)
MAX_TRIES = 8


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "status", "due_at"),)
    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    channel: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(BIG, index=True)
    event: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(
        String(10), default="queued"
    )  # queued, sent, kept (no sender configured), failed
    tries: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(Text)


@step
def send(channel: str, address: str, event: str, params: dict[str, Any], user_id: int | None = None) -> None:
    """Queue one message (`mail` or `sms`) with the present change. `params` are plain JSON values; `templates/notifications/<event>.txt`
    turns them into text, whose first line is the subject."""
    message = OutboxMessage(channel=channel, address=address, event=event, params=params, user_id=user_id)
    db.session.add(message)
    enqueue("core.deliver_outbox")


def render(message: OutboxMessage) -> tuple[str, str]:
    """Subject and body of a message, as it goes out."""
    text = render_template(
        f"notifications/{message.event}.txt", site_url=current_app.config["SITE_URL"], **message.params
    )
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip()


@job("core.deliver_outbox")
def deliver_outbox(limit: int = 200) -> int:
    """Deliver what is due; returns how many left. Claiming is a compare-and-set, so two workers never send one message twice."""
    due = db.session.scalars(
        select(OutboxMessage.id)
        .where(OutboxMessage.status == "queued", OutboxMessage.due_at <= clock.now())
        .order_by(OutboxMessage.id)
        .limit(limit)
    ).all()
    return sum(_deliver(message_id) for message_id in due)


@periodic("core.sweep_outbox", minutes=1)
def sweep_outbox() -> int:
    """Deliver what a lost queue or an unreachable server left behind."""
    return deliver_outbox()


def _deliver(message_id: int) -> int:
    with transaction():
        message = db.session.get(OutboxMessage, message_id)
        claimed = db.session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.id == message_id, OutboxMessage.status == "queued", OutboxMessage.due_at <= clock.now()
            )
            .values(tries=OutboxMessage.tries + 1, due_at=clock.now() + timedelta(minutes=5))
            .execution_options(synchronize_session=False)
        )
        if message is None or claimed.rowcount != 1:  # type: ignore[attr-defined]
            return 0
        db.session.refresh(message)
    error = None
    sender = current_app.config["SMTP_URL"] if message.channel == "mail" else None
    if sender:
        try:
            _smtp(sender, message)
        except (OSError, smtplib.SMTPException) as failure:
            log.warning("message %s was not accepted: %s", message_id, failure)
            error = repr(failure)[:500]
    with transaction():
        message = db.session.get_one(OutboxMessage, message_id)
        if error is None:
            message.status, message.sent_at, message.error = ("sent" if sender else "kept"), clock.now(), None
        else:
            message.error = error
            message.status = "failed" if message.tries >= MAX_TRIES else "queued"
            message.due_at = clock.now() + timedelta(minutes=2**message.tries)
    return 0 if error else 1


def _smtp(url: str, message: OutboxMessage) -> None:
    parts = urlsplit(url)
    subject, body = render(message)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = current_app.config["MAIL_FROM"], message.address, subject
    mail["Message-ID"] = f"<outbox-{message.id}@{urlsplit(current_app.config['SITE_URL']).hostname}>"
    mail.set_content(body)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(
        parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 25), timeout=15
    ) as server:
        if parts.scheme == "smtp+starttls":
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)
