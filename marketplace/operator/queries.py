"""Reads of the operator's own pages: outbox and audit trail."""

from collections.abc import Iterable

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import find_user_by_login
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.outbox import OutboxMessage
from marketplace.core.paging import Page, paginate
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import list_organisations


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


def find_organisation_ids(text: str) -> list[int] | None:
    """The organisations that a filter means by a number, a USCC or part of a name (the first fifty); None where it asks for none."""
    text = text.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 12:
        return [int(text)]
    wanted = (Organisation.uscc == text.upper()) | Organisation.name.contains(text, autoescape=True)
    return list(db.session.scalars(select(Organisation.id).where(wanted).order_by(Organisation.id).limit(50)))


def find_user_ids(text: str) -> list[int] | None:
    """The person whom a filter means by a number, an e-mail address or a mobile number; None where it asks for nobody."""
    text = text.strip().removeprefix("user:")
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 11:
        return [int(text)]
    user = find_user_by_login(text)
    return [user.id] if user else []


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


def names_of(rows: Iterable[AuditEvent]) -> tuple[dict[int, str], dict[int, str]]:
    """What the people and the organisations of these rows are called today, by id: two statements."""
    rows = list(rows)
    people = {row.user_id for row in rows if row.user_id is not None}
    organisations = {row.organisation_id for row in rows if row.organisation_id is not None}
    found = db.session.execute(select(User.id, User.name).where(User.id.in_(people))).all() if people else []
    return {row.id: row.name for row in found}, {o.id: o.name for o in list_organisations(organisations).values()}
