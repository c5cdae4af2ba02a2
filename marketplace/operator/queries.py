"""Reads of the operator's own pages: outbox and audit trail."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select

from marketplace.core import clock
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.outbox import OutboxMessage
from marketplace.core.paging import Page, paginate


def list_outbox(
    *,
    channel: str = "",
    status: str = "",
    address: str = "",
    accounts_only: bool = False,
    page: int = 1,
    per_page: int = 20,
) -> Page[OutboxMessage]:
    """Messages, newest first; `accounts_only` for who sees no business: what is about accounts alone."""
    query = select(OutboxMessage).order_by(OutboxMessage.id.desc())
    if accounts_only:
        query = query.where(OutboxMessage.event.startswith("account.", autoescape=True))
    if channel:
        query = query.where(OutboxMessage.channel == channel)
    if status:
        query = query.where(OutboxMessage.status == status)
    if address:
        query = query.where(OutboxMessage.address.contains(address, autoescape=True))
    return paginate(query, page, per_page)


def get_outbox_message(message_id: int) -> OutboxMessage:
    message = db.session.get(OutboxMessage, message_id)
    if message is None:
        raise NotFound("outbox.missing", lazy("没有这条消息"))
    return message


def select_audit(
    *, event: str = "", noun: str = "", ref_id: int | None = None, actor_name: str = "", since: date | None = None,
    until: date | None = None,
) -> Select[Any]:  # fmt: skip
    """The audit rows that match, newest first."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    if event:
        query = query.where(AuditEvent.event.startswith(event, autoescape=True))
    if noun:
        query = query.where(AuditEvent.noun == noun)
    if ref_id is not None:
        query = query.where(AuditEvent.ref_id == ref_id)
    if actor_name:
        query = query.where(AuditEvent.actor == actor_name)
    if since:
        query = query.where(AuditEvent.created_at >= clock.start_of_day(since))
    if until:
        query = query.where(AuditEvent.created_at < clock.start_of_day(until + timedelta(days=1)))
    return query


def list_audit(page: int = 1, per_page: int = 50, **filters: Any) -> Page[AuditEvent]:
    return paginate(select_audit(**filters), page, per_page)


def export_audit(limit: int = 50_000, **filters: Any) -> list[AuditEvent]:
    """At most 50,000 rows for a file; the page says when there are more."""
    return list(db.session.scalars(select_audit(**filters).limit(limit)))


def list_role_history(user_id: int, limit: int = 50) -> list[AuditEvent]:
    """What was done to the account of one of the park's own people, newest first: roles, locks, second factor."""
    events = (
        "user.created", "user.invited", "user.staff_role_granted", "user.staff_role_revoked", "user.locked", "user.unlocked",
        "user.second_factor_enrolled", "user.second_factor_reset", "user.disabled", "user.enabled", "user.password_reset",
    )  # fmt: skip
    query = select(AuditEvent).where(
        AuditEvent.noun == "user", AuditEvent.ref_id == user_id, AuditEvent.event.in_(events)
    )
    return list(db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(limit)))
