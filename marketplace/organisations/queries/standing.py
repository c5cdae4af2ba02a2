"""Reads of the verification clock: who is due, who is over, whom to remind."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, or_, select

from marketplace.core import clock, settings
from marketplace.core.db import db
from marketplace.core.paging import Page, paginate
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.rules import DUE_STEPS, Standing
from marketplace.organisations.states import OrganisationState

STAGES = ("due", "grace", "over", "confirmed")


def earliest_due(day: date | None = None) -> date:
    """The earliest due day with which an organisation still stands on this day (today): the days of grace before it."""
    today = day or clock.today()
    return today - timedelta(days=settings.get("organisations.overdue_grace_days"))


def standing_of(organisation: Organisation) -> Standing:
    """How an organisation stands to its verification today. One never verified (imported, decision 26) is not on this clock."""
    return Standing(organisation.next_due_on, clock.today(), settings.get("organisations.overdue_grace_days"))


def is_standing(organisation: Organisation) -> bool:
    """Is it within its days of grace, or not due at all?"""
    return not standing_of(organisation).is_over


def is_client_over(client_id: int) -> bool:
    """May this client place no orders because its verification is overdue beyond the grace? One query."""
    due = db.session.scalar(select(Organisation.next_due_on).where(Organisation.id == client_id))
    return due is not None and due < earliest_due()


def _select(kind: str, stage: str, q: str) -> Select[Any]:
    today = clock.today()
    query = select(Organisation).where(Organisation.state == OrganisationState.APPROVED)
    if stage == "confirmed":
        query = query.where(Organisation.facts_confirmed_at.is_not(None))
    elif stage == "grace":
        query = query.where(Organisation.next_due_on <= today, Organisation.next_due_on >= earliest_due())
    elif stage == "over":
        query = query.where(Organisation.next_due_on < earliest_due())
    else:
        query = query.where(or_(Organisation.next_due_on <= today, Organisation.facts_confirmed_at.is_not(None)))
    if kind:
        query = query.where(Organisation.kind == kind)
    if q:
        query = query.where(or_(Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper()))
    return query.order_by(Organisation.next_due_on, Organisation.id)


def list_overdue(
    *, kind: str = "", stage: str = "due", q: str = "", page: int = 1, per_page: int = 20
) -> Page[Organisation]:
    """Organisations whose verification is due or that confirmed their facts, longest overdue first.

    `stage`: `due` all of them, `grace` within the days of grace, `over` beyond them, `confirmed` those that said nothing has changed.
    """
    return paginate(_select(kind, stage, q), page, per_page)


def rows_of_overdue(*, kind: str = "", stage: str = "due", q: str = "", limit: int = 100_000) -> Sequence[Organisation]:
    """The same for a file, or for reminding all of them."""
    return db.session.scalars(_select(kind, stage, q).limit(limit)).all()


def list_to_remind(day: date) -> Sequence[Organisation]:
    """Approved organisations that are due within 30 days of this one, or were."""
    query = select(Organisation).where(
        Organisation.state == OrganisationState.APPROVED,
        Organisation.next_due_on <= day + timedelta(days=max(DUE_STEPS)),
    )
    return db.session.scalars(query.order_by(Organisation.next_due_on, Organisation.id)).all()


def member_ids_in(organisation_id: int, *roles: str) -> list[int]:
    """The people of an organisation in these roles."""
    query = select(OrganisationMember.user_id).where(
        OrganisationMember.organisation_id == organisation_id, OrganisationMember.role.in_(roles)
    )
    return list(db.session.scalars(query.order_by(OrganisationMember.user_id)))
