"""Reads of requests to join and of invitations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.organisations.access import can_withdraw_join_request
from marketplace.organisations.models import Invitation, JoinRequest, Organisation
from marketplace.organisations.rules.joining import invitation_hash
from marketplace.organisations.states import JoinState


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who asks to join, as the organisation's administrators see them."""

    request_id: int
    name: str
    login: str
    message: str
    asked_at: datetime


def list_join_requests(organisation_id: int) -> list[Applicant]:
    """The open requests to one organisation, oldest first."""
    rows = db.session.execute(
        select(JoinRequest.id, User.name, User.email, User.mobile, JoinRequest.message, JoinRequest.created_at)
        .join(User, User.id == JoinRequest.user_id)
        .where(JoinRequest.organisation_id == organisation_id, JoinRequest.state == JoinState.REQUESTED)
        .order_by(JoinRequest.created_at, JoinRequest.id)
        .limit(200)
    )
    return [Applicant(r.id, r.name, r.email or r.mobile or "", r.message, r.created_at) for r in rows]


def find_join_request(user_id: int) -> tuple[JoinRequest, str] | None:
    """A person's newest request to join, with the code of the organisation they gave; its name is not theirs to learn before they are in."""
    found = db.session.execute(
        select(JoinRequest, Organisation.uscc)
        .join(Organisation, Organisation.id == JoinRequest.organisation_id)
        .where(JoinRequest.user_id == user_id)
        .order_by(JoinRequest.id.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else None


def find_open_join_request(user_id: int) -> JoinRequest | None:
    return db.session.scalar(
        select(JoinRequest).where(JoinRequest.user_id == user_id, JoinRequest.state == JoinState.REQUESTED)
    )


def get_join_request(request_id: int, *, actor: Actor) -> JoinRequest:
    """One request, for the person who asks and for the administrators of the organisation."""
    found = db.session.get(JoinRequest, request_id, populate_existing=True)
    if found is None or not (can_withdraw_join_request(actor, found) or actor.has_role(found.organisation_id, "admin")):
        raise NotFound("join_request.missing", lazy("没有这份申请，或您无权查看"))
    return found


def list_overdue_join_requests(limit: int = 200) -> list[JoinRequest]:
    """Requests that nobody decided in time."""
    query = select(JoinRequest).where(JoinRequest.state == JoinState.REQUESTED, JoinRequest.due_at <= clock.now())
    return list(db.session.scalars(query.order_by(JoinRequest.due_at).limit(limit)))


def list_invitations(organisation_id: int) -> list[Invitation]:
    """The invitations that can still be accepted, newest first."""
    query = _open(organisation_id).order_by(Invitation.id.desc())
    return list(db.session.scalars(query))


def count_invitations(organisation_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(_open(organisation_id).subquery())) or 0


def _open(organisation_id: int) -> Select[Any]:
    return select(Invitation).where(
        Invitation.organisation_id == organisation_id, Invitation.expires_at > clock.now(),
        Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None),
    )  # fmt: skip


def get_invitation(invitation_id: int, *, actor: Actor) -> Invitation:
    """One invitation of the organisation that the actor administers."""
    found = db.session.get(Invitation, invitation_id, populate_existing=True)
    if found is None or not actor.has_role(found.organisation_id, "admin"):
        raise NotFound("invitation.missing", lazy("没有这份邀请，或您无权查看"))
    return found


def find_invitation(token: str) -> tuple[Invitation, Organisation]:
    """The invitation of a link with its organisation. A link that was never made does not exist; a dead one is found, for its page says so."""
    found = db.session.execute(
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.token_hash == invitation_hash(token))
    ).first()
    if found is None:
        raise NotFound("invitation.missing", lazy("邀请链接不正确，请核对是否复制完整"))
    return found[0], found[1]
