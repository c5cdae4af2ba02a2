"""Reads of the people of an organisation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from marketplace.accounts.models import User
from marketplace.accounts.queries import register_memberships
from marketplace.core.actor import Actor, Membership
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, clamp
from marketplace.organisations.models import Organisation, OrganisationMember


def member_user_ids(organisation_id: int, *roles: str) -> list[int]:
    """The people who act for an organisation; with roles, those who have one of them."""
    query = select(OrganisationMember.user_id).where(OrganisationMember.organisation_id == organisation_id)
    if roles:
        query = query.where(OrganisationMember.role.in_(roles))
    return list(db.session.scalars(query.order_by(OrganisationMember.user_id)))


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    name: str
    login: str
    role: str
    joined_at: datetime
    is_disabled: bool = False


def list_members(organisation_id: int, *, q: str = "", role: str = "") -> list[Member]:
    """The people of an organisation with their roles."""
    return [_member(row) for row in db.session.execute(_listed(organisation_id, q, role))]


def page_members(
    organisation_id: int, *, q: str = "", role: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[Member]:
    """A page of the people of an organisation; `q` is a part of a name or a whole login."""
    query, (number, size) = _listed(organisation_id, q, role), clamp(page, per_page)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(size).offset((number - 1) * size))
    return Page([_member(row) for row in rows], total, number, size)


def _listed(organisation_id: int, q: str = "", role: str = "") -> Any:
    query: Any = (
        select(User.id, User.name, User.email, User.mobile, User.disabled_at, OrganisationMember.role, OrganisationMember.created_at)
        .join(User, User.id == OrganisationMember.user_id)
        .where(OrganisationMember.organisation_id == organisation_id)
        .order_by(OrganisationMember.created_at, User.id)
    )  # fmt: skip
    if q:
        query = query.where(or_(User.name.icontains(q, autoescape=True), User.email == q.lower(), User.mobile == q))
    return query.where(OrganisationMember.role == role) if role else query


def _member(row: Any) -> Member:
    return Member(
        row.id, row.name, row.email or row.mobile or "", row.role, row.created_at, row.disabled_at is not None
    )


def get_member(organisation_id: int, user_id: int) -> Member:
    """One of the organisation's people."""
    row = db.session.execute(_listed(organisation_id).where(User.id == user_id)).first()
    if row is None:
        raise NotFound("member.missing", lazy("该人员不是本单位成员"))
    return _member(row)


def lock_organisation(organisation_id: int) -> Organisation:
    """The organisation held against other writers until commit, so that who may act in it changes in one line (SQLite has one writer)."""
    return db.session.scalars(
        select(Organisation).where(Organisation.id == organisation_id)
        .with_for_update(of=Organisation).execution_options(populate_existing=True)
    ).one()  # fmt: skip


def lock_person(user_id: int) -> None:
    """Hold a person against joining two organisations at once, until commit."""
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())


def find_role(organisation_id: int, user_id: int | None) -> str | None:
    """The role a person has in an organisation at this moment, past what the request's actor remembers."""
    return db.session.scalar(
        select(OrganisationMember.role).where(
            OrganisationMember.organisation_id == organisation_id, OrganisationMember.user_id == user_id
        )
    )


def has_membership(user_id: int) -> bool:
    query = select(OrganisationMember.user_id).where(OrganisationMember.user_id == user_id).limit(1)
    return db.session.scalar(query) is not None


def has_other_admin(organisation_id: int, user_id: int) -> bool:
    """Is there an administrator who can sign in beside this person?"""
    query = (
        select(OrganisationMember.user_id)
        .join(User, User.id == OrganisationMember.user_id)
        .where(
            OrganisationMember.organisation_id == organisation_id, OrganisationMember.role == "admin",
            OrganisationMember.user_id != user_id, User.disabled_at.is_(None),
        )
        .limit(1)
    )  # fmt: skip
    return db.session.scalar(query) is not None


def is_last_admin(actor: Actor, organisation_id: int) -> bool:
    """Would the organisation be without an administrator if this person left?"""
    return actor.has_role(organisation_id, "admin") and not has_other_admin(organisation_id, actor.user_id or 0)


def list_memberships(user_id: int) -> tuple[Membership, ...]:
    """What a person acts for, as the actor of a request needs it: one query."""
    rows = db.session.execute(
        select(OrganisationMember.organisation_id, Organisation.kind, OrganisationMember.role, Organisation.state)
        .join(Organisation, Organisation.id == OrganisationMember.organisation_id)
        .where(OrganisationMember.user_id == user_id)
        .order_by(OrganisationMember.created_at, OrganisationMember.organisation_id)
    )
    return tuple(Membership(*row) for row in rows)


register_memberships(list_memberships)
