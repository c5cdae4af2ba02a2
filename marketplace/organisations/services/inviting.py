"""Invitations: a link that works once, within seven days, for one role."""

import secrets
from typing import Any

from sqlalchemy import update

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.rules import normalise_login
from marketplace.accounts.services import create_user, greet, open_session
from marketplace.core import audit, clock, outbox
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.duties.services import record_consents
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_join_organisation, can_manage_members
from marketplace.organisations.models import Invitation, Organisation
from marketplace.organisations.queries import count_invitations, find_invitation, member_user_ids
from marketplace.organisations.rules.joining import (
    INVITATION_DAYS,
    INVITED_FOR,
    MAX_OPEN_INVITATIONS,
    check_role,
    invitation_hash,
)
from marketplace.organisations.services.membership import MEMBERS_PAGE, add_member, end_open_request, hold_for_admin
from marketplace.organisations.states import OrganisationState


def invite_member(*, actor: Actor, organisation: Organisation, role: str, address: str = "") -> tuple[Invitation, str]:
    """Make an invitation and return it with its token, which is shown once and kept only as a hash; with an e-mail address or mobile
    number it is sent there too.

    Refused: to invite an administrator without having just confirmed who one is; more than fifty open ones; an organisation that has left.
    """
    require(can_manage_members(actor, organisation))
    if check_role(role) == "admin":
        require_confirmed(actor)
    hold_for_admin(actor, organisation)
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("organisation.closed", lazy("该单位已退出，不能再加入"))
    if count_invitations(organisation.id) >= MAX_OPEN_INVITATIONS:
        raise Conflict("invitation.many", lazy("未使用的邀请已达 %(n)s 份，请先撤销不用的邀请"), n=MAX_OPEN_INVITATIONS)
    token, now = secrets.token_urlsafe(32), clock.now()
    login = normalise_login(address)
    invitation = Invitation(
        organisation_id=organisation.id, token_hash=invitation_hash(token), role=role, address=login,
        created_by_id=actor.user_id, created_at=now, expires_at=now + INVITED_FOR,
    )  # fmt: skip
    db.session.add(invitation)
    db.session.flush()
    audit.record(
        "invitation.sent", "invitation", invitation.id, actor=actor, organisation_id=organisation.id, role=role
    )
    if login:
        params = {"name": organisation.name, "role": role, "by": actor.name, "days": INVITATION_DAYS}
        outbox.send(
            "mail" if "@" in login else "sms", login, "invitation.sent", params,
            secret={"token": token}, secret_until=invitation.expires_at,
        )  # fmt: skip
    return invitation, token


def revoke_invitation(*, actor: Actor, organisation: Organisation, invitation: Invitation) -> None:
    """Make a link useless before it was used. Refused once it was accepted."""
    require(can_manage_members(actor, organisation) and invitation.organisation_id == organisation.id)
    _close(invitation, revoked_at=clock.now())
    audit.record("invitation.revoked", "invitation", invitation.id, actor=actor, organisation_id=organisation.id)


def accept_invitation(*, actor: Actor, token: str) -> Organisation:
    """Somebody who is signed in and acts for nobody becomes a member in the invitation's role. Refused: a link that is used, revoked or
    past; who acts for an organisation already; the park's own people."""
    require(can_join_organisation(actor))
    invitation, organisation = find_invitation(token)
    if not invitation.is_open(clock.now()):
        raise _dead()
    user_id = actor.user_id or 0
    _close(invitation, accepted_at=clock.now(), accepted_by_id=user_id)
    add_member(actor=actor, organisation=organisation, user_id=user_id, role=invitation.role)
    end_open_request(actor=actor, user_id=user_id)
    audit.record("invitation.accepted", "invitation", invitation.id, actor=actor, organisation_id=organisation.id)
    for admin in member_user_ids(organisation.id, "admin"):
        if admin != user_id:
            params = {"name": organisation.name, "person": actor.name, "role": invitation.role}
            notify(user_id=admin, event="member.joined", url=MEMBERS_PAGE, params=params)
    return organisation


def sign_up_by_invitation(
    *, actor: Actor, token: str, person_name: str, email: str | None, mobile: str | None, password_hash: str, address: str = "",
    agent: str = "",
) -> tuple[User, str]:  # fmt: skip
    """A new person makes an account on the link's page and is a member at once; returns the person and the session's token."""
    require(not actor.is_signed_in)
    user = create_user(actor=actor, name=person_name, email=email, mobile=mobile, password_hash=password_hash)
    record_consents(actor=actor_of(user), user=user, address=address, how="invitation")
    invitation, _organisation = find_invitation(token)
    if user.email and user.email == invitation.address:  # whoever holds the link has read the mail it was sent in
        user.email_confirmed_at = clock.now()
    else:
        greet(user=user)
    accept_invitation(actor=actor_of(user), token=token)
    return user, open_session(user=user, address=address, agent=agent)


def _dead() -> Conflict:
    return Conflict("invitation.dead", lazy("邀请链接已使用、已撤销或已过期，请联系邀请人重新发送"))


def _close(invitation: Invitation, **values: Any) -> None:
    """End an invitation by compare-and-set: of two who use or revoke one link at the same moment, one is refused."""
    ended = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if ended != 1:
        raise _dead()
    db.session.refresh(invitation)
