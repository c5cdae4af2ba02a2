"""Firms and clients for tests."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, Actor
from marketplace.core.db import db
from marketplace.core.uscc import check_character, organisation_digit
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.services import (
    add_licence,
    approve_organisation,
    register_organisation,
    submit_verification,
)
from tests.factories.accounts import confirm_contacts, make_user, serial, writing

FIRM_LICENCES = ("business", "HR_PERMIT", "HR_FILING", "DISPATCH")
KIND_WORDS = {"firm": "人力资源", "client": "制造"}
ORDINARY = {"address": "青浦区测试路 1 号", "contact_name": "王经理", "contact_mobile": "19900001234"}


def make_uscc(number: int | None = None, region: str = "310118") -> str:
    """A code that passes every check and names no real body."""
    body = f"TE{next(serial) if number is None else number:06d}"
    first17 = f"91{region}{body}{organisation_digit(body)}"
    return first17 + check_character(first17)


def _make(kind: str, state: str, licences: Sequence[str], admin: User | None, **values: Any) -> Organisation:
    number = next(serial)
    values = {
        "name": f"测试{KIND_WORDS[kind]}{number}有限公司",
        "city_code": "310000",
        "uscc": make_uscc(number),
        **ORDINARY,
        **values,
    }
    with writing():
        admin = confirm_contacts(admin or make_user(name=f"管理员{number}"))
        organisation = register_organisation(actor=CLI, kind=kind, admin=admin, **values)
        for name in licences:
            add_licence(actor=CLI, organisation=organisation, kind=name, number=f"{name}-{number}", **_term(name))
        if state in ("submitted", "approved"):
            submit_verification(actor=CLI, organisation=organisation)
        if state == "approved":
            approve_organisation(actor=CLI, organisation=organisation)
        return organisation


def _term(kind: str) -> dict[str, Any]:
    return {"valid_to": date(2099, 12, 31)} if kind == "DISPATCH" else {"is_long_term": True}


def make_firm(
    *, state: str = "approved", licences: Sequence[str] = FIRM_LICENCES, admin: User | None = None, **values: Any
) -> Organisation:
    """An HR firm in `draft`, `submitted` or `approved`, with an administrator (`admin_of(firm)`) and its licences."""
    return _make("firm", state, licences, admin, **{"in_park": True, **values})


def make_client(*, state: str = "approved", admin: User | None = None, **values: Any) -> Organisation:
    """A client enterprise in `draft`, `submitted` or `approved`, with an administrator (`admin_of(client)`)."""
    return _make("client", state, ("business",), admin, **values)


def make_member(organisation: Organisation, role: str = "viewer", **values: Any) -> User:
    """One more person of an organisation, in a role."""
    with writing():
        user = make_user(**values)
        db.session.add(OrganisationMember(organisation_id=organisation.id, user_id=user.id, role=role))
        db.session.flush()
        return user


def admin_of(organisation: Organisation) -> User:
    """The organisation's first administrator."""
    query = (
        select(User)
        .join(OrganisationMember, OrganisationMember.user_id == User.id)
        .where(OrganisationMember.organisation_id == organisation.id, OrganisationMember.role == "admin")
        .order_by(User.id)
        .limit(1)
    )
    return db.session.scalars(query).one()


def actor_for(organisation: Organisation) -> Actor:
    """The actor of the organisation's administrator."""
    return actor_of(admin_of(organisation))
