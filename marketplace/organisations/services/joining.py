"""Asking to join a registered organisation, and its administrators' answer."""

from datetime import timedelta

from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import create_user, greet, open_session
from marketplace.core import audit, clock, settings
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.core.uscc import check_uscc
from marketplace.duties.services import record_consents
from marketplace.notifications.services import notify
from marketplace.organisations.access import (
    can_join_organisation,
    can_lapse_join_requests,
    can_manage_members,
    can_withdraw_join_request,
)
from marketplace.organisations.models import JoinRequest, Organisation
from marketplace.organisations.queries import (
    find_by_uscc,
    find_open_join_request,
    list_overdue_join_requests,
    lock_person,
    member_user_ids,
)
from marketplace.organisations.rules.joining import check_role, checked_message
from marketplace.organisations.services.deciding import needed_reason
from marketplace.organisations.services.membership import MEMBERS_PAGE, add_member, hold_for_admin
from marketplace.organisations.services.registering import registered_already
from marketplace.organisations.states import OrganisationState

JOINING_PAGE = "/organisation/joining"


def sign_up_to_join(
    *, actor: Actor, uscc: str, person_name: str, email: str | None, mobile: str | None, password_hash: str, message: str = "",
    address: str = "", agent: str = "",
) -> tuple[JoinRequest, str]:  # fmt: skip
    """A new person makes an account and asks to join the organisation of this code; signed in at once, without any power yet.

    Returns the request and the session's token. Refused: whoever is signed in already; a login that is taken; what `ask_to_join` refuses.
    """
    require(not actor.is_signed_in)
    user = create_user(actor=actor, name=person_name, email=email, mobile=mobile, password_hash=password_hash)
    record_consents(actor=actor_of(user), user=user, address=address, how="sign_up")
    greet(user=user)
    request = ask_to_join(actor=actor_of(user), uscc=uscc, message=message)
    return request, open_session(user=user, address=address, agent=agent)


def ask_to_join(*, actor: Actor, uscc: str, message: str = "") -> JoinRequest:
    """Ask the administrators of a registered organisation to be let in (dossier 2.1: a second person joins, no second company is made).

    Refused: who acts for an organisation already or has an open request; a code that nobody has registered, or whose organisation
    came by a file and has no people yet, or has left.
    """
    require(can_join_organisation(actor))
    text = checked_message(message)
    organisation = find_by_uscc(check_uscc(uscc).value)
    if organisation is None or organisation.state == OrganisationState.CLOSED:
        raise Invalid("join_request.unknown", lazy("该统一社会信用代码尚未注册，您可以直接登记单位"), field="uscc")
    admins = member_user_ids(organisation.id, "admin")
    if not admins:
        raise registered_already(organisation)
    user_id = actor.user_id or 0
    lock_person(user_id)
    if find_open_join_request(user_id) is not None:
        raise Conflict("join_request.open", lazy("您已有一份等待处理的加入申请，请先撤回"), field="uscc")
    request = JoinRequest(
        organisation_id=organisation.id, user_id=user_id, message=text,
        due_at=clock.now() + timedelta(days=settings.get("organisations.join_request_days")),
    )  # fmt: skip
    db.session.add(request)
    db.session.flush()
    audit.record("join_request.requested", "join_request", request.id, actor=actor, organisation_id=organisation.id)
    for admin in admins:
        notify(
            user_id=admin,
            event="join_request.requested",
            url=MEMBERS_PAGE,
            params={"person": actor.name, "message": text},
        )
    return request


def withdraw_join_request(*, actor: Actor, request: JoinRequest) -> JoinRequest:
    """Take one's own request back. Refused once it is decided."""
    require(can_withdraw_join_request(actor, request))
    advance(request, "withdraw", actor=actor, organisation_id=request.organisation_id)
    return request


def approve_join_request(*, actor: Actor, organisation: Organisation, request: JoinRequest, role: str) -> JoinRequest:
    """Let the person in, in a role. Refused: a request that is decided already (of two administrators one is first); somebody who has
    joined elsewhere meanwhile; to make an administrator without having just confirmed who one is."""
    require(can_manage_members(actor, organisation) and request.organisation_id == organisation.id)
    if check_role(role) == "admin":
        require_confirmed(actor)
    hold_for_admin(actor, organisation)
    advance(request, "approve", actor=actor, organisation_id=organisation.id, role=role)
    request.role, request.decided_by_id = role, actor.user_id
    add_member(actor=actor, organisation=organisation, user_id=request.user_id, role=role)
    notify(
        user_id=request.user_id,
        event="join_request.approved",
        url="/desk/",
        params={"name": organisation.name, "role": role},
    )
    return request


def decline_join_request(*, actor: Actor, organisation: Organisation, request: JoinRequest, reason: str) -> JoinRequest:
    """Refuse with a reason that the person reads. Refused: no reason; a request that is decided already."""
    require(can_manage_members(actor, organisation) and request.organisation_id == organisation.id)
    text = needed_reason(reason)
    hold_for_admin(actor, organisation)
    advance(request, "decline", actor=actor, organisation_id=organisation.id)
    request.reason, request.decided_by_id = text, actor.user_id
    notify(user_id=request.user_id, event="join_request.declined", url=JOINING_PAGE, params={"reason": text})
    return request


def lapse_join_requests(*, actor: Actor) -> int:
    """End the requests that nobody decided in time (setting organisations.join_request_days) and tell who asked; returns how many."""
    require(can_lapse_join_requests(actor))
    overdue = list_overdue_join_requests()
    for request in overdue:
        advance(request, "lapse", actor=actor, organisation_id=request.organisation_id)
        notify(user_id=request.user_id, event="join_request.lapsed", url=JOINING_PAGE)
    return len(overdue)
