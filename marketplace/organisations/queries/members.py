"""Reads of the people of an organisation."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import register_memberships
from marketplace.core.actor import Membership
from marketplace.core.db import db
from marketplace.core.filters import mask_mobile
from marketplace.organisations.models import Organisation, OrganisationMember


def member_user_ids(organisation_id: int) -> list[int]:
    """The people who act for an organisation."""
    query = select(OrganisationMember.user_id).where(OrganisationMember.organisation_id == organisation_id)
    return list(db.session.scalars(query.order_by(OrganisationMember.user_id)))


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    name: str
    login: str
    role: str


def list_members(organisation_id: int) -> list[Member]:
    """The people of an organisation with their roles; who signs in by mobile number is shown with a masked one."""
    rows = db.session.execute(
        select(User.id, User.name, User.email, User.mobile, OrganisationMember.role)
        .join(User, User.id == OrganisationMember.user_id)
        .where(OrganisationMember.organisation_id == organisation_id)
        .order_by(OrganisationMember.created_at, User.id)
    )
    return [Member(r.id, r.name, r.email or mask_mobile(r.mobile), r.role) for r in rows]


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
