"""Reads for a person who wants to leave: of which organisations are they the only administrator?"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.core.db import db
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.states import OrganisationState


@dataclass(frozen=True, slots=True)
class SoleAdmin:
    """An organisation that has no other administrator, and how many other people it has."""

    organisation_id: int
    kind: str
    name: str
    others: int


def list_sole_admin_of(user_id: int) -> list[SoleAdmin]:
    """The organisations, closed ones apart, whose only administrator this person is: one query."""
    mine, peer = aliased(OrganisationMember), aliased(OrganisationMember)
    there = select(peer).where(peer.organisation_id == mine.organisation_id, peer.user_id != user_id).correlate(mine)
    others = there.with_only_columns(func.count()).scalar_subquery()
    query = (
        select(Organisation.id, Organisation.kind, Organisation.name, others)
        .select_from(mine)
        .join(Organisation, Organisation.id == mine.organisation_id)
        .where(
            mine.user_id == user_id, mine.role == "admin", Organisation.state != OrganisationState.CLOSED,
            ~there.where(peer.role == "admin").exists(),
        )
        .order_by(Organisation.id)
    )  # fmt: skip
    return [SoleAdmin(*row) for row in db.session.execute(query)]
