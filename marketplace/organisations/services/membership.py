"""Who acts for an organisation and in which role. Every change holds the organisation's row, so that changes happen one after another."""

from marketplace.core import audit
from marketplace.core.access import require, require_confirmed, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_leave_organisation, can_manage_members
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.queries import (
    find_open_join_request,
    find_role,
    has_membership,
    has_other_admin,
    lock_organisation,
    lock_person,
    member_user_ids,
)
from marketplace.organisations.rules.joining import check_role
from marketplace.organisations.states import OrganisationState

MEMBERS_PAGE = "/organisation/members"


@step
def hold_for_admin(actor: Actor, organisation: Organisation) -> None:
    """Hold the organisation's row and make sure that who acts is still its administrator: a colleague may just have removed them."""
    lock_organisation(organisation.id)
    if find_role(organisation.id, actor.user_id) != "admin":
        raise Conflict("member.no_longer_admin", lazy("您的管理员权限刚刚被变更，请刷新页面"))


@step
def add_member(*, actor: Actor, organisation: Organisation, user_id: int, role: str) -> OrganisationMember:
    """Make a person a member; the last part of an approved request and of an accepted invitation. Refused: who acts for somebody already,
    an organisation that has left."""
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("organisation.closed", lazy("该单位已退出，不能再加入"))
    lock_person(user_id)
    if has_membership(user_id):
        raise Conflict("member.elsewhere", lazy("该账号已加入某个单位，一个账号只能代表一个单位"))
    member = OrganisationMember(organisation_id=organisation.id, user_id=user_id, role=role)
    db.session.add(member)
    db.session.flush()
    audit.record(
        "organisation.member_added", "organisation", organisation.id, actor=actor, organisation_id=organisation.id,
        member=user_id, role=role,
    )  # fmt: skip
    return member


def change_role(*, actor: Actor, organisation: Organisation, user_id: int, role: str) -> OrganisationMember:
    """Give a member another role; it holds from their next click. Refused: who has not just confirmed who they are; a role that is none;
    to take the last administrator's role away."""
    require(can_manage_members(actor, organisation))
    require_confirmed(actor)
    check_role(role)
    hold_for_admin(actor, organisation)
    member = _member(organisation, user_id)
    if member.role == role:
        return member
    if member.role == "admin":
        _keep_an_admin(organisation, user_id)
    before, member.role = member.role, role
    audit.record(
        "organisation.role_changed", "organisation", organisation.id, actor=actor, organisation_id=organisation.id,
        member=user_id, before=before, after=role,
    )  # fmt: skip
    notify(
        user_id=user_id, event="member.role_changed", url="/desk/",
        params={"name": organisation.name, "role": role, "by": actor.name},
    )  # fmt: skip
    return member


def remove_member(*, actor: Actor, organisation: Organisation, user_id: int) -> None:
    """End a person's power to act for the organisation, at once: every request asks the table. Refused: who has not just confirmed who
    they are; the last administrator."""
    require(can_manage_members(actor, organisation))
    require_confirmed(actor)
    hold_for_admin(actor, organisation)
    _end(actor, organisation, user_id, "organisation.member_removed")
    notify(user_id=user_id, event="member.removed", url="/organisation/joining", params={"name": organisation.name})


def leave_organisation(*, actor: Actor, organisation: Organisation) -> None:
    """Stop acting for an organisation. Refused to its last administrator, who first names another."""
    require(can_leave_organisation(actor, organisation))
    lock_organisation(organisation.id)
    _end(actor, organisation, actor.user_id or 0, "organisation.member_left")
    for user_id in member_user_ids(organisation.id, "admin"):
        notify(
            user_id=user_id,
            event="member.left",
            url=MEMBERS_PAGE,
            params={"name": organisation.name, "person": actor.name},
        )


def _member(organisation: Organisation, user_id: int) -> OrganisationMember:
    found = db.session.get(OrganisationMember, (organisation.id, user_id), populate_existing=True)
    if found is None:
        raise Conflict("member.gone", lazy("该人员已不是本单位成员，请刷新页面"))
    return found


def _keep_an_admin(organisation: Organisation, user_id: int) -> None:
    if not has_other_admin(organisation.id, user_id):
        raise Conflict("member.last_admin", lazy("每个单位至少保留一名管理员，请先指定其他管理员"), field="role")


def _end(actor: Actor, organisation: Organisation, user_id: int, event: str) -> None:
    member = _member(organisation, user_id)
    if member.role == "admin":
        _keep_an_admin(organisation, user_id)
    role = member.role
    db.session.delete(member)
    db.session.flush()
    audit.record(
        event, "organisation", organisation.id, actor=actor, organisation_id=organisation.id, member=user_id, role=role
    )


@step
def end_open_request(*, actor: Actor, user_id: int) -> None:
    """Take back the request to join of somebody who has come in by another way."""
    request = find_open_join_request(user_id)
    if request is not None:
        advance(request, "withdraw", actor=actor, organisation_id=request.organisation_id)
