"""Two people at the same moment, with real threads and real commits, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import prepare_password
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.organisations import queries, services
from marketplace.organisations.models import Organisation, VerificationCheck
from tests.factories import admin_of, make_firm, make_member, make_staff, make_uscc, make_user
from tests.support.racing import write_at_once


def test_of_operators_who_decide_at_once_one_wins_and_the_others_get_a_conflict(live_app: Flask) -> None:
    firm_id = make_firm(state="submitted").id
    actors = [actor_of(make_staff()) for _ in range(4)]
    read = threading.Barrier(4)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            organisation = queries.get_organisation(firm_id, actors[number])
            if db.engine.dialect.name == "postgresql":
                read.wait(timeout=30)  # all have read the same state; SQLite lets one writer in at a time
            if number % 2:
                return services.return_organisation(
                    actor=actors[number], organisation=organisation, reason="补充"
                ).state
            return services.approve_organisation(actor=actors[number], organisation=organisation).state

        return work

    results = write_at_once(live_app, [deciding(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    state = next(one for one in results if isinstance(one, str))
    assert queries.get_organisation(firm_id, CLI).state == state
    decisions = db.session.scalar(
        select(func.count()).select_from(VerificationCheck).where(VerificationCheck.licence_id.is_(None))
    )
    assert decisions == 1


def test_one_code_signed_up_by_many_at_once_makes_one_organisation(live_app: Flask) -> None:
    uscc, hashed = make_uscc(), prepare_password("a good long password")

    def signing_up(number: int) -> Callable[[], Any]:
        def work() -> int:
            organisation, _token = services.sign_up_organisation(
                actor=ANONYMOUS, kind="firm", uscc=uscc, name="同时注册有限公司", city_code="310000", person_name="王经理",
                email=f"same{number}@test.example", mobile=None, password_hash=hashed,
            )  # fmt: skip
            return organisation.id

        return work

    results = write_at_once(live_app, [signing_up(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def members_of(organisation_id: int) -> dict[int, str]:
    db.session.rollback()
    return {m.user_id: m.role for m in queries.list_members(organisation_id)}


@pytest.mark.parametrize("way", ["leave", "demote", "remove one another"])
def test_two_administrators_cannot_both_go(live_app: Flask, way: str) -> None:
    firm = make_firm()
    admins = [admin_of(firm), make_member(firm, "admin")]
    actors, firm_id, ids = [actor_of(a) for a in admins], firm.id, [a.id for a in admins]
    read = threading.Barrier(2)

    def going(number: int) -> Callable[[], Any]:
        def work() -> None:
            actor, organisation = actors[number], queries.get_organisation(firm_id, actors[number])
            if db.engine.dialect.name == "postgresql":
                read.wait(timeout=30)
            if way == "leave":
                services.leave_organisation(actor=actor, organisation=organisation)
            elif way == "demote":
                services.change_role(actor=actor, organisation=organisation, user_id=ids[number], role="viewer")
            else:
                services.remove_member(actor=actor, organisation=organisation, user_id=ids[1 - number])

        return work

    results = write_at_once(live_app, [going(0), going(1)])
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    assert list(members_of(firm_id).values()).count("admin") == 1


def test_of_two_administrators_who_decide_on_one_request_one_wins(live_app: Flask) -> None:
    firm, person = make_firm(), make_user()
    actors = [actor_of(a) for a in (admin_of(firm), make_member(firm, "admin"))]
    with transaction():
        request_id = services.ask_to_join(actor=actor_of(person), uscc=firm.uscc).id
    firm_id, person_id = firm.id, person.id
    read = threading.Barrier(2)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            organisation = queries.get_organisation(firm_id, actors[number])
            asked = queries.get_join_request(request_id, actor=actors[number])
            if db.engine.dialect.name == "postgresql":
                read.wait(timeout=30)
            given: Any = {"actor": actors[number], "organisation": organisation, "request": asked}
            if number:
                return services.decline_join_request(**given, reason="查无此人").state
            return services.approve_join_request(**given, role="viewer").state

        return work

    results = write_at_once(live_app, [deciding(0), deciding(1)])
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    assert (person_id in members_of(firm_id)) is ("approved" in results)


def test_one_link_lets_one_person_in_however_many_open_it(live_app: Flask) -> None:
    firm = make_firm()
    with transaction():
        _invitation, token = services.invite_member(actor=actor_of(admin_of(firm)), organisation=firm, role="viewer")
    people, firm_id = [actor_of(make_user()) for _ in range(4)], firm.id
    results = write_at_once(live_app, [lambda a=a: services.accept_invitation(actor=a, token=token).id for a in people])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    assert len(members_of(firm_id)) == 2


def test_a_person_who_accepts_two_invitations_at_once_joins_one(live_app: Flask) -> None:
    firms, person, tokens = [make_firm(), make_firm()], actor_of(make_user()), []
    for firm in firms:
        with transaction():
            tokens.append(services.invite_member(actor=actor_of(admin_of(firm)), organisation=firm, role="viewer")[1])
    results = write_at_once(
        live_app, [lambda t=t: services.accept_invitation(actor=person, token=t).id for t in tokens]
    )
    assert sum(isinstance(one, Conflict) for one in results) == 1, results


def test_one_person_asks_once_however_often_they_click(live_app: Flask) -> None:
    firms, person = [make_firm(), make_firm()], actor_of(make_user())
    codes = [f.uscc for f in firms] * 2
    results = write_at_once(live_app, [lambda c=c: services.ask_to_join(actor=person, uscc=c).id for c in codes])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results


def test_of_two_who_change_the_bank_account_at_once_one_is_refused(live_app: Flask) -> None:
    firm = make_firm()
    actors, firm_id = [actor_of(a) for a in (admin_of(firm), make_member(firm, "finance"))], firm.id

    def changing(number: int) -> Callable[[], Any]:
        def work() -> int:
            organisation = queries.get_organisation(firm_id, actors[number])
            return services.change_bank_account(
                actor=actors[number], organisation=organisation, holder=organisation.name, bank_name="建设银行", branch="",
                account=f"1234567{number}", seen_position=0,
            ).position  # fmt: skip

        return work

    results = write_at_once(live_app, [changing(0), changing(1)])
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    assert len(queries.list_bank_accounts(firm_id)) == 1
