"""Two at the same moment, with real threads and real commits, on both databases: a code, a link, a count is used once."""

from typing import Any

from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts import queries, services
from marketplace.accounts.models import SignInEvent, StaffRole, User
from marketplace.core.actor import ANONYMOUS
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, NotFound
from tests.accounts.test_passwords import link
from tests.factories import PASSWORD, enrol, make_staff, make_user
from tests.support.racing import write_at_once


def test_one_code_shown_by_many_at_once_opens_one_session(live_app: Flask) -> None:
    user = make_user()
    phone, states = enrol(user), []
    found = services.verify_credentials(login=user.login, password=PASSWORD)
    for _ in range(4):
        with transaction():
            states.append(services.sign_in(actor=ANONYMOUS, credentials=found).half_way)
    code = phone.at()

    def showing(state: str | None) -> Any:
        return lambda: services.sign_in_with_code(actor=ANONYMOUS, half_way=state or "", code=code)

    results = write_at_once(live_app, [showing(s) for s in states])
    assert sum(bool(r.token) for r in results) == 1, results


def test_one_recovery_code_used_by_many_at_once_opens_one_session(live_app: Flask) -> None:
    user = make_user()
    phone, states = enrol(user), []
    found = services.verify_credentials(login=user.login, password=PASSWORD)
    for _ in range(4):
        with transaction():
            states.append(services.sign_in(actor=ANONYMOUS, credentials=found).half_way)

    def showing(state: str | None) -> Any:
        return lambda: services.sign_in_with_code(actor=ANONYMOUS, half_way=state or "", code=phone.recovery[0])

    results = write_at_once(live_app, [showing(s) for s in states])
    assert sum(bool(r.token) for r in results) == 1, results


def test_one_reset_link_opened_by_many_at_once_sets_one_password(live_app: Flask) -> None:
    user = make_user()
    with transaction():
        services.request_reset(actor=ANONYMOUS, login=user.login)
    with transaction():
        services.issue_resets()
    token, hashes = link(), [services.prepare_password(f"a long password {n}") for n in range(4)]

    def setting(hashed: str) -> Any:
        return lambda: services.reset_password(actor=ANONYMOUS, token=token, new_hash=hashed)

    results = write_at_once(live_app, [setting(h) for h in hashes])
    assert sum(isinstance(r, NotFound) for r in results) == 3, results


def test_failures_at_once_are_all_counted(live_app: Flask) -> None:
    user = make_user()
    wrong = services.verify_credentials(login=user.login, password="wrong password")

    def failing(place: int) -> Any:
        return lambda: services.sign_in(actor=ANONYMOUS, credentials=wrong, address=f"10.0.0.{place}")

    write_at_once(live_app, [failing(n) for n in range(5)])
    db.session.rollback()
    assert db.session.scalar(select(User.locked_until).where(User.id == user.id))


def test_a_burst_from_one_address_does_not_pass_its_count(live_app: Flask) -> None:
    wrong = services.verify_credentials(login="nobody@test.example", password="wrong password")
    for _ in range(28):
        with transaction():
            services.sign_in(actor=ANONYMOUS, credentials=wrong, address="10.0.0.1")
    results = write_at_once(
        live_app, [lambda: services.sign_in(actor=ANONYMOUS, credentials=wrong, address="10.0.0.1") for _ in range(8)]
    )
    assert sum(bool(r.rests_for) for r in results) == 5, results
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(SignInEvent)) == 31


def test_security_administrators_who_revoke_each_other_at_once_leave_one(live_app: Flask) -> None:
    people = [make_staff("security") for _ in range(2)]
    actors, ids = [queries.actor_of(p) for p in people], [p.id for p in people]

    def revoking(place: int) -> Any:
        return lambda: services.revoke_staff_role(
            actor=actors[place], user=queries.get_user(ids[1 - place]), role="security"
        )

    results = write_at_once(live_app, [revoking(0), revoking(1)])
    assert sum(isinstance(r, Conflict) for r in results) == 1, results
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(StaffRole).where(StaffRole.role == "security")) == 1


def test_two_officers_roles_given_to_one_person_at_once_end_as_one(live_app: Flask) -> None:
    officer, user_id = queries.actor_of(make_staff("security")), make_user().id

    def granting(role: str) -> Any:
        return lambda: services.grant_staff_role(actor=officer, user=queries.get_user(user_id), role=role)

    results = write_at_once(live_app, [granting("admin"), granting("auditor")])
    assert sum(isinstance(r, Conflict) for r in results) == 1, results
    db.session.rollback()
    assert len(queries.list_roles(user_id)) == 1
