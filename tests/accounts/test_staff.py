"""The park's own people: who opens accounts, who gives roles, what nobody may do alone (三员分立)."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries, services
from marketplace.accounts.access import (
    can_create_staff_account,
    can_grant_staff_role,
    can_read_staff,
    can_reveal_message,
    can_secure_account,
)
from marketplace.accounts.models import StaffRole, User
from marketplace.core.actor import CLI, OFFICERS, STAFF_ROLES, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid
from tests.accounts.test_passwords import messages, set_password, text_of
from tests.factories import PASSWORD, enrol, make_staff, make_user


def grant(actor: Actor, user: User, role: str) -> None:
    with transaction():
        services.grant_staff_role(actor=actor, user=queries.get_user(user.id), role=role)


def revoke(actor: Actor, user: User, role: str) -> None:
    with transaction():
        services.revoke_staff_role(actor=actor, user=queries.get_user(user.id), role=role)


def act(service: Any, actor: Actor, user: User) -> None:
    with transaction():
        service(actor=actor, user=queries.get_user(user.id))


@pytest.mark.parametrize("role", [*STAFF_ROLES, ""])
def test_who_may_do_what_with_the_parks_own_people(role: str) -> None:
    actor = Actor(user_id=1, staff=frozenset({role} - {""}))
    assert can_read_staff(actor) is (role in OFFICERS)
    assert can_create_staff_account(actor) is (role in ("admin", "security"))
    assert can_grant_staff_role(actor) is (role == "security")
    assert can_secure_account(actor) is (role == "security")
    assert can_reveal_message(actor, to_staff=True) is (role == "security")
    assert can_reveal_message(actor, to_staff=False) is (role == "operator")


def test_an_account_is_opened_without_role_and_its_person_sets_the_password(app: Flask) -> None:
    admin = queries.actor_of(make_staff("admin"))
    with transaction():
        user = services.create_staff_account(
            actor=admin,
            name="新同事",
            email="new@test.example",
            mobile=None,
            password_hash=services.prepare_no_password(),
        )
    assert queries.list_roles(user.id) == frozenset() and queries.get_staff(user.id).state == "no_role"
    token = re.search(r"/account/reset/(\S+)", text_of(messages("account.invited")[0]))
    assert token
    set_password(token.group(1))
    assert services.verify_credentials(login="new@test.example", password="violet harbour lantern").is_right
    assert queries.has_confirmed_contact(user.id)


def test_an_invitation_lasts_a_day_and_can_be_sent_again(app: Flask, clock: Any) -> None:
    admin = queries.actor_of(make_staff("admin"))
    with transaction():
        user = services.create_staff_account(
            actor=admin,
            name="新同事",
            email="new@test.example",
            mobile=None,
            password_hash=services.prepare_no_password(),
        )
    tokens = []
    for _ in range(2):
        tokens.append(re.search(r"/account/reset/(\S+)", text_of(messages("account.invited")[-1])).group(1))  # type: ignore[union-attr]
        clock.advance(hours=24)
        act(services.invite_again, admin, user)
    with pytest.raises(Exception, match="失效"):
        set_password(tokens[1])
    with transaction():
        queries.get_user(user.id).email_confirmed_at = clock.now
    with pytest.raises(Conflict):
        act(services.invite_again, admin, user)


def test_a_system_administrator_gives_no_role(app: Flask) -> None:
    admin, user = queries.actor_of(make_staff("admin")), make_user()
    for role in STAFF_ROLES:
        with pytest.raises(AccessDenied):
            grant(admin, user, role)


def test_roles_know_who_gave_them_and_the_trail_keeps_what_was_taken(app: Flask, clock: Any) -> None:
    officer, user = make_staff("security"), make_user()
    actor = queries.actor_of(officer)
    grant(actor, user, "finance")
    row = db.session.get_one(StaffRole, (user.id, "finance"))
    assert row.granted_by_id == officer.id and row.granted_at == clock.now
    revoke(actor, user, "finance")
    revoke(actor, user, "finance")
    events = db.session.execute(
        select(AuditEvent.event, AuditEvent.user_id).where(
            AuditEvent.ref_id == user.id, AuditEvent.event.contains("role")
        )
    ).all()
    assert events == [("user.staff_role_granted", officer.id), ("user.staff_role_revoked", officer.id)]


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in OFFICERS for b in OFFICERS if a != b])
def test_nobody_is_two_of_system_security_and_audit_administration(app: Flask, first: str, second: str) -> None:
    user = make_staff(first)
    with pytest.raises(Conflict, match="三员分立"):
        grant(CLI, user, second)
    grant(CLI, user, "finance")  # no officer's role


def test_the_database_itself_keeps_the_three_apart(app: Flask) -> None:
    user = make_staff("admin")
    with pytest.raises(Conflict), transaction():
        db.session.execute(insert(StaffRole).values(user_id=user.id, role="auditor"))
    with pytest.raises(IntegrityError):
        db.session.execute(insert(StaffRole).values(user_id=user.id, role="security"))
    db.session.rollback()


def test_a_role_is_given_only_after_confirming_who_one_is(app: Flask) -> None:
    unsure = replace(queries.actor_of(make_staff("security")), is_confirmed=False)
    user = make_user()
    for work in (grant, revoke):
        with pytest.raises(ConfirmationNeeded):
            work(unsure, user, "finance")


def test_nobody_changes_their_own_standing(app: Flask) -> None:
    one = make_staff("security")
    make_staff("security")
    actor = queries.actor_of(one)
    enrol(one)
    for refused in (
        lambda: grant(actor, one, "finance"), lambda: revoke(actor, one, "security"),
        lambda: act(services.disable_account, actor, one), lambda: act(services.reset_second_factor, actor, one),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="自己"):
            refused()


def test_an_unknown_role_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid):
        grant(CLI, make_user(), "emperor")


def test_the_last_security_administrator_stays(app: Flask, clock: Any) -> None:
    one, other = make_staff("security"), make_staff("security")
    revoke(CLI, other, "security")
    for refused in (lambda: revoke(CLI, one, "security"), lambda: act(services.disable_account, CLI, one)):
        with pytest.raises(Conflict, match="最后一名"):
            refused()


def test_a_disabled_security_administrator_does_not_count_as_one_left(app: Flask) -> None:
    one, other = make_staff("security"), make_staff("security")
    act(services.disable_account, CLI, other)
    with pytest.raises(Conflict, match="最后一名"):
        revoke(CLI, one, "security")
    revoke(CLI, other, "security")


def test_a_disabled_person_is_out_at_once_and_comes_back_with_the_same_roles(app: Flask, sign_in: Any) -> None:
    officer, user = queries.actor_of(make_staff("security")), make_staff("finance")
    page = sign_in(user)
    act(services.disable_account, officer, user)
    assert page.get("/account/security").status_code == 302 and queries.get_staff(user.id).state == "disabled"
    act(services.enable_account, officer, user)
    assert services.verify_credentials(login=user.login, password=PASSWORD).is_right
    assert queries.list_roles(user.id) == {"finance"}


def test_a_lost_second_factor_is_reset_and_the_person_told(app: Flask, sign_in: Any) -> None:
    officer, user = queries.actor_of(make_staff("security")), make_staff("finance")
    phone = enrol(user)
    page = sign_in(user)
    act(services.reset_second_factor, officer, user)
    assert not queries.has_second_factor(user.id) and page.get("/account/security").status_code == 302
    assert messages("account.second_factor_reset") and phone.recovery
    with pytest.raises(Conflict):
        act(services.reset_second_factor, officer, user)


def test_a_locked_person_is_let_in_again(app: Flask, clock: Any) -> None:
    officer, user = queries.actor_of(make_staff("security")), make_staff("finance")
    with transaction():
        queries.get_user(user.id).locked_until = clock.advance(minutes=15)
        clock.advance(minutes=-15)
    assert queries.get_staff(user.id).state == "locked"
    act(services.unlock_account, officer, user)
    assert not queries.get_staff(user.id).is_locked


@pytest.mark.parametrize("role", ["admin", "auditor", "operator"])
def test_locks_and_accounts_are_the_security_administrators_alone(app: Flask, role: str) -> None:
    actor, user = queries.actor_of(make_staff(role)), make_staff("finance")
    for service in (
        services.unlock_account, services.disable_account, services.enable_account, services.reset_second_factor,
    ):  # fmt: skip
        with pytest.raises(AccessDenied):
            act(service, actor, user)


def test_the_list_finds_people_by_role_and_state(app: Flask, clock: Any) -> None:
    admin, finance, plain = make_staff("admin"), make_staff("finance"), make_user()
    enrol(finance)
    with transaction():
        queries.get_user(admin.id).disabled_at = clock.now

    def found(**filters: str) -> set[int]:
        return {m.user.id for m in queries.list_staff(**filters).items}

    assert found() == {admin.id, finance.id} and plain.id not in found()
    assert found(role="finance") == found(state="active") == {finance.id}
    assert found(state="disabled") == {admin.id} and found(state="locked") == set()
    assert found(q="园区fin") == {finance.id}
    assert found(state="no_second_factor") == set()
