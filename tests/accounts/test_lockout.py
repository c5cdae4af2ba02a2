"""Back-off per account and per address, counted in the database; what is written down of each attempt."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from marketplace.accounts import queries, services
from marketplace.accounts.models import SignInEvent, User
from marketplace.accounts.rules import lock_span
from marketplace.core.actor import ANONYMOUS
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from tests.factories import PASSWORD, make_user


def attempt(login: str, password: str = "wrong password", address: str = "10.0.0.1") -> services.Outcome:
    found = services.verify_credentials(login=login, password=password)
    with transaction():
        return services.sign_in(actor=ANONYMOUS, credentials=found, address=address, agent="test")


def lock(user: User, address: str = "10.0.0.1") -> None:
    for _ in range(5):
        attempt(user.email or "", address=address)


def results() -> list[str]:
    return list(db.session.scalars(select(SignInEvent.result).order_by(SignInEvent.id)))


@pytest.mark.parametrize(("number", "minutes"), [(1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 240), (40, 240)])
def test_each_further_lock_is_twice_as_long_up_to_four_hours(number: int, minutes: int) -> None:
    assert lock_span(number, 15, 240).total_seconds() == minutes * 60


def test_a_second_lock_within_a_day_lasts_half_an_hour(app: Flask, clock: Any) -> None:
    user = make_user()
    lock(user)
    clock.advance(minutes=16)
    lock(user)
    clock.advance(minutes=16)
    assert attempt(user.email or "", PASSWORD).token is None
    clock.advance(minutes=15)
    assert attempt(user.email or "", PASSWORD).token


def test_a_lock_after_a_quiet_day_is_short_again(app: Flask, clock: Any) -> None:
    user = make_user()
    lock(user)
    clock.advance(hours=25)
    lock(user)
    clock.advance(minutes=16)
    assert attempt(user.email or "", PASSWORD).token


def test_failures_are_counted_over_all_addresses_of_the_attacker(app: Flask, clock: Any) -> None:
    user = make_user()
    for n in range(5):
        attempt(user.email or "", address=f"10.0.0.{n}")
    assert attempt(user.email or "", PASSWORD, address="10.9.9.9").token is None


def test_an_address_rests_after_more_than_thirty_failures_over_whatever_accounts(app: Flask, clock: Any) -> None:
    users = [make_user() for _ in range(4)]
    for n in range(31):
        login = users[n % 4].email if n % 2 else f"nobody{n}@test.example"
        assert attempt(login or "").rests_for == 0
    good = make_user()
    assert attempt(good.email or "", PASSWORD).rests_for > 0
    assert attempt(good.email or "", PASSWORD, address="10.0.0.2").token
    clock.advance(minutes=15, seconds=1)
    assert attempt(good.email or "", PASSWORD).token


def test_a_resting_address_costs_no_password_check_and_writes_nothing(app: Flask, clock: Any) -> None:
    for n in range(31):
        attempt(f"nobody{n}@test.example")
    before = len(results())
    attempt("nobody@test.example")
    assert len(results()) == before
    rested = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "address.rested")).all()
    assert len(rested) == 1 and "10.0.0.1" not in str(rested[0].codes)


def test_the_page_of_a_resting_address_says_when_to_come_back(app: Flask, client: FlaskClient, clock: Any) -> None:
    for n in range(31):
        attempt(f"nobody{n}@test.example", address="127.0.0.1")
    clock.advance(minutes=5)
    answer = client.post("/account/sign-in", data={"email": make_user().email, "password": PASSWORD})
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "601"
    assert "请约 11 分钟后再试" in answer.text


def test_what_is_written_down_of_an_attempt_holds_no_login(app: Flask, clock: Any) -> None:
    user = make_user(email="known@test.example")
    attempt("Known@Test.example")
    attempt("my secret password")
    attempt("known@test.example", PASSWORD)
    rows = db.session.scalars(select(SignInEvent).order_by(SignInEvent.id)).all()
    assert [r.result for r in rows] == ["wrong_password", "unknown", "signed_in"]
    assert [r.user_id for r in rows] == [user.id, None, user.id]
    assert rows[0].login_hash == rows[2].login_hash != rows[1].login_hash
    assert all(len(r.login_hash) == 64 for r in rows)


def test_sign_in_events_can_be_neither_changed_nor_deleted(app: Flask, clock: Any) -> None:
    attempt("nobody@test.example")
    event = db.session.scalars(select(SignInEvent)).one()
    with pytest.raises(Conflict), transaction():
        db.session.get_one(SignInEvent, event.id).result = "signed_in"
    with pytest.raises(Conflict), transaction():
        db.session.execute(delete(SignInEvent))


def test_the_history_shows_ones_own_attempts_only(app: Flask, clock: Any, sign_in: Any) -> None:
    user, other = make_user(), make_user()
    attempt(user.email or "", address="203.0.113.7")
    attempt(other.email or "", address="198.51.100.9")
    page = sign_in(user)
    text = page.get("/account/security/history").text
    assert "203.0.113.7" in text and "198.51.100.9" not in text and "密码不正确" in text
    assert "203.0.113.7" in page.get("/account/security").text
    file = page.get("/account/security/history/export?format=csv").data.decode("utf-8-sig")
    assert "203.0.113.7" in file and "198.51.100.9" not in file


def test_the_history_comes_in_pages_and_by_failures(app: Flask, clock: Any, sign_in: Any) -> None:
    user = make_user()
    for n in range(12):
        clock.advance(hours=5)
        attempt(user.email or "", PASSWORD if n % 2 else "wrong password", address=f"10.0.1.{n}")
    assert queries.list_sign_ins(user.id, page=2, per_page=10).total == 12
    assert queries.list_sign_ins(user.id, failures=True).total == 6
    text = sign_in(user).get("/account/security/history?result=failures").text
    assert "10.0.1.10" in text and "10.0.1.11" not in text


def test_an_operator_can_move_the_numbers(app: Flask, clock: Any) -> None:
    from marketplace.core import settings
    from marketplace.core.actor import CLI

    with transaction():
        settings.change_setting(
            actor=CLI, key="accounts.lock_failures", value=3, effective_on=clock.now.date(), reason="测试"
        )
    user = make_user()
    for _ in range(3):
        attempt(user.email or "")
    assert attempt(user.email or "", PASSWORD).token is None
