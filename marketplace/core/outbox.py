"""Mail and SMS leave through a table: the row is written with the change, a job delivers it after commit, a sweep retries.

Rows hold the event and its parameters; the text is rendered at delivery with SITE_URL. Where no SMTP server (or SMS sender) is
configured the message is kept for the operator's outbox page and marked so, which is how the park works off line.

Codes and one-time links are secret parameters: they lie sealed beside the others, are shown masked, and are wiped once the message has
really left or they have expired.
"""

import json
import logging
import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import JSON, Index, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock, sms, vault
from marketplace.core.access import step
from marketplace.core.db import BIG, Base, CreatedAt, Id, UTCDateTime, db, transaction
from marketplace.core.queue import enqueue, job, periodic

log = logging.getLogger(__name__)
MAX_TRIES = 8
MASK = "••••••"


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
    secret_names: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # which parameters are secret
    sealed: Mapped[str | None] = mapped_column(Text)  # the secret parameters, sealed; NULL once they are wiped
    secret_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    @property
    def is_secret(self) -> bool:
        return bool(self.secret_names)


@step
def send(
    channel: str, address: str, event: str, params: dict[str, Any], user_id: int | None = None, *,
    secret: dict[str, Any] | None = None, secret_until: datetime | None = None,
) -> None:  # fmt: skip
    """Queue one message (`mail` or `sms`) with the present change. `params` are plain JSON values; `templates/notifications/<event>.txt`
    turns them into text, whose first line is the subject. `secret` are further parameters (codes, one-time links) that nobody but the
    addressee should read, worthless after `secret_until`."""
    message = OutboxMessage(
        channel=channel, address=address, event=event, params=params, user_id=user_id,
        secret_names=sorted(secret) if secret else None, sealed=vault.seal(json.dumps(secret)) if secret else None,
        secret_until=secret_until if secret else None,
    )  # fmt: skip
    db.session.add(message)
    enqueue("core.deliver_outbox")


def has_sender(channel: str) -> bool:
    """Does this deployment really send messages of the channel?"""
    return bool(current_app.config["SMTP_URL"] if channel == "mail" else current_app.config["SMS_SENDER"])


def render(message: OutboxMessage, *, masked: bool = False) -> tuple[str, str]:
    """Subject and body of a message, as it goes out; with `masked`, or once they are wiped, without its secrets."""
    secret: dict[str, Any] = dict.fromkeys(message.secret_names or (), MASK)
    if message.sealed and not masked:
        secret = json.loads(vault.unseal(message.sealed))
    text = render_template(
        f"notifications/{message.event}.txt", site_url=current_app.config["SITE_URL"], **{**message.params, **secret}
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
    sender = has_sender(message.channel)
    error = _hand_over(message) if sender else None
    with transaction():
        message = db.session.get_one(OutboxMessage, message_id)
        if error is None:
            message.status, message.sent_at, message.error = ("sent" if sender else "kept"), clock.now(), None
            message.sealed = None if sender else message.sealed
        else:
            message.error = error
            over = message.secret_until is not None and message.secret_until <= clock.now()
            message.status = "failed" if over or message.tries >= MAX_TRIES else "queued"
            message.due_at = clock.now() + timedelta(minutes=2**message.tries)
    return 0 if error else 1


def _hand_over(message: OutboxMessage) -> str | None:
    """Give a message to its gateway; what went wrong, or None. An adapter of a foreign gateway may raise anything."""
    if message.is_secret and (message.sealed is None or (message.secret_until and message.secret_until <= clock.now())):
        return "its secrets have expired"
    try:
        if message.channel == "mail":
            _smtp(current_app.config["SMTP_URL"], message)
        elif sender := sms.find_sender():
            subject, body = render(message)
            sender.send(message.address, body or subject)
    except Exception as failure:
        log.warning("message %s was not accepted: %s", message.id, type(failure).__name__)
        return type(failure).__name__ if message.is_secret else repr(failure)[:500]  # a gateway may quote the text
    return None


@periodic("core.wipe_outbox_secrets", minutes=5)
def wipe_outbox_secrets() -> int:
    """Forget codes and links whose time is over; returns how many messages lost them."""
    with transaction():
        wiped = db.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.secret_until <= clock.now(), OutboxMessage.sealed.is_not(None))
            .values(sealed=None)
            .execution_options(synchronize_session=False)
        )
    return int(wiped.rowcount)  # type: ignore[attr-defined]


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
