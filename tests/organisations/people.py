"""What the tests of an organisation's people share: asking, inviting, and what came of it."""

from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.models import Invitation, JoinRequest, Organisation
from tests.factories import actor_for, make_user

PERSON = {
    "person_name": "新同事", "email": "new@test.example", "mobile": "", "password": "a good long password", "repeat": "a good long password",
    "agree": "y",
}  # fmt: skip


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def told(user_id: int) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(Notification.event)
            .where(Notification.user_id == user_id, Notification.event.not_like("organisation.%"))
            .order_by(Notification.id)
        )
    )


def codes(event: str) -> list[dict[str, Any]]:
    db.session.rollback()
    return [
        e.codes for e in db.session.scalars(select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id))
    ]


def role_of(organisation: Organisation, user: User) -> str | None:
    db.session.rollback()
    return queries.find_role(organisation.id, user.id)


def fresh(organisation: Organisation) -> Organisation:
    return db.session.get_one(Organisation, organisation.id, populate_existing=True)


def state_of(request: JoinRequest) -> str:
    return db.session.get_one(JoinRequest, request.id, populate_existing=True).state


def ask(organisation: Organisation, user: User | None = None, message: str = "采购部") -> JoinRequest:
    with transaction():
        return services.ask_to_join(actor=actor_of(user or make_user()), uscc=organisation.uscc, message=message)


def invite(organisation: Organisation, role: str = "business", address: str = "") -> tuple[Invitation, str]:
    with transaction():
        return services.invite_member(
            actor=actor_for(organisation), organisation=fresh(organisation), role=role, address=address
        )
