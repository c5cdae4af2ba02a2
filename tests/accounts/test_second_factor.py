"""The authenticator: set up, asked for, used once per step, replaced by recovery codes; a duty for the park's own people."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import queries, services
from marketplace.accounts.models import RecoveryCode, SecondFactor, User, UserSession
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from tests.accounts.test_passwords import messages
from tests.factories import PASSWORD, enrol, make_staff, make_user
from tests.support.authenticator import Authenticator


def half_way(user: User) -> str:
    found = services.verify_credentials(login=user.login, password=PASSWORD)
    with transaction():
        outcome = services.sign_in(actor=ANONYMOUS, credentials=found, address="10.0.0.1", agent="test")
    assert outcome.token is None and outcome.half_way
    return outcome.half_way


def show(state: str, code: str) -> services.Outcome:
    with transaction():
        return services.sign_in_with_code(actor=ANONYMOUS, half_way=state, code=code, address="10.0.0.1", agent="test")


def open_without(app: Flask, user: User) -> FlaskClient:
    """A client of a session without second factor."""
    with transaction():
        token = services.open_session(user=user)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def test_an_enrolled_person_signs_in_with_password_and_code(app: Flask, client: FlaskClient, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    answer = client.post(
        "/account/sign-in", data={"email": user.email, "password": PASSWORD, "next": "/account/profile"}
    )
    assert answer.location == "/account/sign-in/code?next=/account/profile"
    assert client.get("/account/profile").status_code == 302  # half-way opens nothing
    wrong = client.post("/account/sign-in/code", data={"code": phone.wrong_code(), "next": "/account/profile"})
    assert wrong.status_code == 422 and "验证码不正确" in wrong.text
    answer = client.post("/account/sign-in/code", data={"code": phone.code(), "next": "/account/profile"})
    assert answer.location == "/account/profile" and client.get("/account/profile").status_code == 200
    assert db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one().second_factor_at


def test_a_code_counts_once(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    code = phone.at()
    assert show(half_way(user), code).token
    assert show(half_way(user), code).token is None
    clock.advance(seconds=30)
    assert show(half_way(user), phone.at()).token


@pytest.mark.parametrize(("shift", "taken"), [(-2, False), (1, True), (2, False)])
def test_one_step_of_drift_is_forgiven(app: Flask, clock: Any, shift: int, taken: bool) -> None:
    user = make_user()
    phone = enrol(user)
    clock.advance(minutes=5)
    assert bool(show(half_way(user), phone.at(shift)).token) is taken


def test_an_older_step_is_refused_after_a_newer_one(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    clock.advance(minutes=5)
    assert show(half_way(user), phone.at(1)).token
    assert show(half_way(user), phone.at(0)).token is None


def test_wrong_codes_lock_the_account_like_wrong_passwords(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    state = half_way(user)
    assert [show(state, phone.wrong_code()).token for _ in range(5)] == [None] * 5
    found = services.verify_credentials(login=user.login, password=PASSWORD)
    with transaction():
        assert services.sign_in(actor=ANONYMOUS, credentials=found) == services.Outcome()
    clock.advance(minutes=16)
    assert show(half_way(user), phone.at()).token


def test_a_right_password_does_not_forget_wrong_codes(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    for _ in range(5):
        show(half_way(user), phone.wrong_code())
    assert queries.get_user(user.id).locked_until


def test_the_half_way_state_lasts_five_minutes(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    state = half_way(user)
    clock.advance(minutes=5)
    assert show(state, phone.at()).is_over


def test_the_half_way_state_is_used_once_and_cannot_be_made_up(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    state = half_way(user)
    assert show(state, phone.at()).token
    clock.advance(seconds=30)
    assert show(state, phone.at()).is_over
    assert show("made up", phone.at()).is_over


def test_a_cookie_without_half_way_state_reaches_no_code_page(app: Flask, client: FlaskClient) -> None:
    assert client.get("/account/sign-in/code").location.startswith("/account/sign-in")
    with client.session_transaction() as cookie:
        cookie["half_way"] = "made up"
    assert client.post("/account/sign-in/code", data={"code": "123456"}).location.startswith("/account/sign-in")


def test_a_recovery_code_stands_in_once_and_the_person_is_told(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    code = phone.recovery[0]
    assert show(half_way(user), f" {code[:5].lower()}-{code[5:]} ").token
    assert show(half_way(user), code).token is None
    assert queries.count_recovery_codes(user.id) == 9
    assert messages("account.recovery_code_used")[0].params["left"] == 9


def test_a_recovery_code_of_another_person_opens_nothing(app: Flask, clock: Any) -> None:
    user, other = make_user(), make_user()
    enrol(user)
    assert show(half_way(user), enrol(other).recovery[0]).token is None


def test_new_recovery_codes_replace_the_old_and_a_repeated_click_shows_the_same(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    with transaction():
        fresh = services.regenerate_recovery_codes(actor=queries.actor_of(user), user=user, seed="click")
    with transaction():
        assert services.regenerate_recovery_codes(actor=queries.actor_of(user), user=user, seed="click") == fresh
    assert len(set(fresh)) == 10 and queries.count_recovery_codes(user.id) == 10
    assert show(half_way(user), phone.recovery[0]).token is None
    assert show(half_way(user), fresh[0]).token


def test_tables_hold_neither_secret_nor_recovery_codes(app: Flask) -> None:
    user = make_user()
    phone = enrol(user)
    row = db.session.get_one(SecondFactor, user.id)
    assert phone.secret not in row.sealed_secret
    stored = " ".join(db.session.scalars(select(RecoveryCode.code_hash)))
    assert all(code not in stored.upper() for code in phone.recovery)


def test_a_person_sets_an_authenticator_up_and_other_sessions_end(app: Flask, sign_in: Any, clock: Any) -> None:
    user = make_user()
    here, there = sign_in(user), sign_in(user)
    page = BeautifulSoup(here.get("/account/security/second-factor").text, "html.parser")
    image = page.select_one("img.second-factor-qr")
    assert image and str(image["src"]).startswith("data:image/svg+xml")
    phone = Authenticator(page.select_one(".copyable code").get_text(strip=True))
    fields = {i["name"]: i.get("value", "") for i in page.select("main form input[name]")}
    wrong = here.post("/account/security/second-factor", data={**fields, "code": phone.wrong_code()})
    assert wrong.status_code == 422 and phone.secret in wrong.text  # the same secret, so the app need not scan again
    done = here.post("/account/security/second-factor", data={**fields, "code": phone.at()})
    assert done.status_code == 200 and len(BeautifulSoup(done.text, "html.parser").select(".recovery-codes code")) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert here.get("/account/security").status_code == 200 and there.get("/account/security").status_code == 302
    assert messages("account.second_factor_enrolled")


def test_a_ticket_of_somebody_else_or_of_yesterday_sets_nothing_up(app: Flask, clock: Any) -> None:
    user, other = make_user(), make_user()
    ticket = services.begin_enrolment(other)
    with pytest.raises(Invalid):
        services.read_ticket(user, ticket.sealed)
    with pytest.raises(Invalid):
        services.read_ticket(user, "made up")
    own = services.begin_enrolment(user)
    clock.advance(minutes=16)
    with pytest.raises(Invalid):
        services.read_ticket(user, own.sealed)


def test_a_member_turns_it_off_after_confirming_and_a_member_of_staff_never(
    app: Flask, sign_in: Any, clock: Any
) -> None:
    user, staff = make_user(), make_staff("operator")
    enrol(user)
    enrol(staff)
    page = sign_in(user)
    clock.advance(minutes=11)
    assert page.post("/account/security/second-factor/disable").location.startswith("/account/confirm")
    page.post("/account/confirm", data={"password": PASSWORD})
    assert page.post("/account/security/second-factor/disable").location == "/account/security"
    assert not queries.has_second_factor(user.id)
    with pytest.raises(Conflict), transaction():
        services.disable_second_factor(actor=queries.actor_of(staff), user=staff, keep_session_id=0)


def test_an_enrolled_person_confirms_with_a_code_instead_of_the_password(app: Flask, sign_in: Any, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    page = sign_in(user)
    clock.advance(minutes=11)
    assert page.get("/account/profile/contacts").status_code == 302
    assert page.post("/account/confirm", data={"code": phone.wrong_code()}).status_code == 422
    assert (
        page.post("/account/confirm", data={"code": phone.at(), "next": "/account/profile/contacts"}).status_code == 302
    )
    assert page.get("/account/profile/contacts").status_code == 200


def test_a_demo_account_signs_in_by_password_alone_and_cannot_enrol(app: Flask, client: FlaskClient) -> None:
    user = make_staff("operator", email="operator@demo.example", is_demo=True)
    assert client.post("/account/sign-in", data={"email": user.email, "password": PASSWORD}).location == "/desk/"
    assert client.get("/operator/outbox").status_code == 200
    assert client.get("/account/security/second-factor").location == "/account/security"


def test_staff_without_a_second_factor_reach_their_account_and_nothing_else(app: Flask, clock: Any) -> None:
    page = open_without(app, make_staff("operator"))
    for path in ("/desk/", "/", "/operator/outbox", "/services/"):
        answer = page.get(path)
        assert answer.status_code == 303 and "/account/security/second-factor" in answer.location, path
    assert page.post("/operator/settings/site.hotline").status_code == 303
    assert page.get("/api/v1/services").status_code == 403
    assert "必须启用两步验证" in page.get("/account/security/second-factor").text
    assert page.get("/account/security").status_code == 200 and page.post("/account/sign-out").status_code == 302


def test_enrolled_staff_in_a_session_without_second_factor_are_asked_for_the_code(app: Flask, clock: Any) -> None:
    user = make_staff("operator")
    phone = enrol(user)
    page = open_without(app, user)
    with page.session_transaction() as cookie:
        before = cookie["_user_id"]
    assert "/account/sign-in/code?next=/operator/outbox" in page.get("/operator/outbox").location
    assert page.post("/account/sign-in/code", data={"code": phone.wrong_code()}).status_code == 422
    answer = page.post("/account/sign-in/code", data={"code": phone.at(), "next": "/operator/outbox"})
    assert answer.location == "/operator/outbox" and page.get("/operator/outbox").status_code == 200
    with page.session_transaction() as cookie:
        assert cookie["_user_id"] != before
    assert queries.load_actor(before) is None  # a copy of the weaker session is worth nothing


def test_a_staff_session_ends_after_twelve_hours_however_busy(app: Flask, clock: Any, sign_in: Any) -> None:
    staff = sign_in(make_staff("operator"))
    for _ in range(35):
        clock.advance(minutes=20)
        assert staff.get("/account/security").status_code == 200
    clock.advance(minutes=21)
    assert staff.get("/account/security").status_code == 302


def test_a_members_session_ends_after_seven_days_however_busy(app: Flask, clock: Any, sign_in: Any) -> None:
    member = sign_in(make_user())
    for _ in range(15):
        clock.advance(hours=11)
        assert member.get("/account/security").status_code == 200
    clock.advance(hours=4)
    assert member.get("/account/security").status_code == 302


def test_who_gets_a_role_has_the_shorter_session_at_once(app: Flask, clock: Any, sign_in: Any) -> None:
    user = make_user()
    page = sign_in(user)
    clock.advance(hours=11)
    assert page.get("/account/security").status_code == 200
    with transaction():
        services.grant_staff_role(actor=CLI, user=queries.get_user(user.id), role="service")
    clock.advance(hours=1, minutes=1)
    assert page.get("/account/security").status_code == 302


def test_the_security_page_names_devices_and_says_whether_they_showed_a_second_factor(app: Flask) -> None:
    user = make_user()
    agent = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
    )
    with transaction():
        services.open_session(user=user, agent=agent, second_factor=True)
    text = open_without(app, user).get("/account/security").text
    assert "Chrome · Windows" in text and "已两步验证" in text
