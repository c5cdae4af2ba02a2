"""Accounts, sign-in, lockout and sessions on both databases."""

from typing import Any

import argon2
import pytest
from sqlalchemy import select

from marketplace.accounts import queries, services
from marketplace.accounts.models import UserSession
from marketplace.accounts.rules import token_hash
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Invalid, NotFound
from tests.factories import PASSWORD, make_firm, make_staff, make_user
from tests.factories.organisations import admin_of


def try_to_sign_in(login: str, password: str = PASSWORD) -> str | None:
    found = services.verify_credentials(login=login, password=password)
    with transaction():
        return services.sign_in(actor=ANONYMOUS, credentials=found, address="10.0.0.1", agent="test").token


def test_a_person_signs_in_with_e_mail_or_mobile(app: Any, clock: Any) -> None:
    make_user(email="Wang@Test.Example", mobile="19900004321")
    assert try_to_sign_in("wang@test.example")
    assert try_to_sign_in("199 0000 4321")


def test_the_table_never_holds_the_token_itself(app: Any, clock: Any) -> None:
    user = make_user()
    token = try_to_sign_in(user.email)
    row = db.session.scalars(select(UserSession)).one()
    assert token and row.token_hash == token_hash(token) and token not in row.token_hash
    assert queries.load_actor(row.token_hash) is None


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(app: Any, clock: Any) -> None:
    user = make_user()
    assert [try_to_sign_in(user.email, "wrong password") for _ in range(5)] == [None] * 5
    assert try_to_sign_in(user.email) is None
    clock.advance(minutes=14, seconds=59)
    assert try_to_sign_in(user.email) is None
    clock.advance(seconds=2)
    assert try_to_sign_in(user.email)
    assert db.session.scalars(select(AuditEvent.event).where(AuditEvent.event == "user.locked")).all() == [
        "user.locked"
    ]


def test_a_right_password_forgets_the_wrong_ones_before_it(app: Any, clock: Any) -> None:
    user = make_user()
    for _ in range(4):
        try_to_sign_in(user.email, "wrong password")
    assert try_to_sign_in(user.email)
    for _ in range(4):
        try_to_sign_in(user.email, "wrong password")
    assert try_to_sign_in(user.email)


@pytest.mark.parametrize("login", ["known", "nobody@test.example", "19900009999", ""])
def test_every_attempt_costs_exactly_one_argon2_verification(
    app: Any, clock: Any, monkeypatch: Any, login: str
) -> None:
    user = make_user()
    services.verify_credentials(login="warm@test.example", password="x")
    seen, real = [], argon2.PasswordHasher.verify

    def counted(self: Any, *args: Any) -> Any:
        seen.append(args)
        return real(self, *args)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    found = services.verify_credentials(login=user.email if login == "known" else login, password="wrong password")
    assert not found.is_right
    assert len(seen) == 1


def test_a_disabled_person_can_neither_sign_in_nor_go_on(app: Any, clock: Any) -> None:
    user = make_user()
    token = try_to_sign_in(user.email)
    with transaction():
        queries.get_user(user.id).disabled_at = clock.now
    assert token and queries.load_actor(token) is None
    assert try_to_sign_in(user.email) is None


def test_the_actor_of_a_session_takes_two_queries_and_knows_roles_and_organisations(
    app: Any, clock: Any, queries: Any
) -> None:
    from marketplace.accounts.queries import load_actor

    firm = make_firm()
    token = try_to_sign_in(admin_of(firm).email)
    with queries(at_most=2):
        found = load_actor(token or "")
    assert found and found.actor.firm_id == firm.id and found.actor.has_role(firm.id, "business")
    assert found.actor.memberships[0].state == "approved"


def test_a_changed_password_ends_every_other_session(app: Any, clock: Any) -> None:
    user = make_user()
    here, there = try_to_sign_in(user.email), try_to_sign_in(user.email)
    found = queries.load_actor(here or "")
    assert found
    checked = services.verify_credentials(login=user.email, password=PASSWORD)
    with transaction():
        services.change_password(
            actor=found.actor, user=queries.get_user(user.id), credentials=checked,
            new_hash=services.prepare_password("a new long password"), keep_session_id=found.session_id,
        )  # fmt: skip
    assert queries.load_actor(here or "") and queries.load_actor(there or "") is None
    assert try_to_sign_in(user.email) is None
    assert try_to_sign_in(user.email, "a new long password")


def test_the_present_password_is_asked_before_a_new_one_is_set(app: Any, clock: Any) -> None:
    user = make_user()
    wrong = services.verify_credentials(login=user.email, password="not this one")
    with pytest.raises(Invalid), transaction():
        services.change_password(
            actor=queries.actor_of(user), user=user, credentials=wrong, new_hash="x", keep_session_id=None
        )
    assert try_to_sign_in(user.email)


def test_nobody_reaches_the_session_of_another(app: Any, clock: Any) -> None:
    one, other = make_user(), make_user()
    try_to_sign_in(one.email)
    session_id = db.session.scalars(select(UserSession.id)).one()
    with pytest.raises(NotFound):
        queries.get_session(session_id, actor=queries.actor_of(other))


@pytest.mark.parametrize(
    "values",
    [{"email": None}, {"email": "taken@test.example"}, {"email": None, "mobile": "19900007777"}, {"name": " "}],
)
def test_an_account_without_a_login_or_with_a_taken_one_is_refused(
    app: Any, clock: Any, values: dict[str, Any]
) -> None:
    make_user(email="taken@test.example", mobile="19900007777")
    with pytest.raises(Invalid):
        make_user(**values)


def test_only_administrators_make_staff(app: Any, clock: Any) -> None:
    operator, person = make_staff("operator"), make_user()
    with pytest.raises(AccessDenied), transaction():
        services.grant_staff_role(actor=queries.actor_of(operator), user=person, role="admin")
    with transaction():
        services.grant_staff_role(actor=CLI, user=person, role="finance")
        services.grant_staff_role(actor=CLI, user=person, role="finance")
    assert queries.actor_of(person).staff == {"finance"}
