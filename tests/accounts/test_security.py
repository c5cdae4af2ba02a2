"""What an attacker tries at the doors of accounts, one door after the other (ASVS 5.0: V6 authentication, V7 sessions, V3 web)."""

from typing import Any

import argon2
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import queries, services
from marketplace.accounts.models import User, UserSession
from marketplace.core.actor import ANONYMOUS
from marketplace.core.db import db, transaction
from tests.factories import PASSWORD, enrol, make_staff, make_user
from tests.support.visitor import Visitor


def post_sign_in(client: FlaskClient, login: str | None, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/sign-in", data={"email": login or "", "password": password, **more})


def token_of(client: FlaskClient) -> str:
    with client.session_transaction() as cookie:
        return str(cookie.get("_user_id", ""))


def summary(answer: Any) -> str:
    found = BeautifulSoup(answer.text, "html.parser").select_one("#error-summary")
    assert found
    return found.get_text(" ", strip=True)


# Session fixation and theft


def test_signing_in_gives_a_new_token_and_drops_whatever_the_browser_held(app: Flask, client: FlaskClient) -> None:
    with client.session_transaction() as planted:
        planted["_user_id"], planted["half_way"], planted["planted"] = "chosen by the attacker", "made up", "x"
    assert post_sign_in(client, make_user().email).status_code == 302
    with client.session_transaction() as now:
        assert now["_user_id"] != "chosen by the attacker" and not {"planted", "half_way"} & set(now)


def test_a_session_of_the_attackers_planted_in_the_victims_browser_does_not_become_the_victims(
    app: Flask, sign_in: Any
) -> None:
    attacker, victim = make_user(), make_user()
    browser = sign_in(attacker)
    planted = token_of(browser)
    browser.post("/account/sign-out")
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = planted
    post_sign_in(browser, victim.email)
    assert token_of(browser) != planted and queries.load_actor(planted) is None


def test_signing_in_again_gives_another_token(app: Flask, client: FlaskClient) -> None:
    user = make_user()
    tokens = []
    for _ in range(2):
        post_sign_in(client, user.email)
        tokens.append(token_of(client))
        client.post("/account/sign-out")
    assert tokens[0] != tokens[1] and all(len(t) >= 43 for t in tokens)


def test_a_cookie_copied_before_signing_out_is_dead_after(app: Flask, client: FlaskClient) -> None:
    post_sign_in(client, make_user().email)
    cookie = client.get_cookie("session")
    assert cookie
    client.post("/account/sign-out")
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account/security").status_code == 302


def test_a_copied_half_way_cookie_is_dead_once_it_was_used(app: Flask, client: FlaskClient, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    post_sign_in(client, user.email)
    cookie = client.get_cookie("session")
    assert cookie
    assert client.post("/account/sign-in/code", data={"code": phone.at()}).status_code == 302
    clock.advance(seconds=30)
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert thief.post("/account/sign-in/code", data={"code": phone.at()}).location.startswith("/account/sign-in")
    assert thief.get("/account/security").status_code == 302


def test_a_cookie_signed_with_another_key_is_nobody(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    from itsdangerous import URLSafeTimedSerializer

    token = token_of(sign_in(make_user()))
    forged = URLSafeTimedSerializer("another secret", salt="cookie-session").dumps({"_user_id": token, "_fresh": True})
    client.set_cookie("session", str(forged))
    assert client.get("/account/security").status_code == 302


def test_a_changed_password_ends_a_stolen_session(app: Flask, sign_in: Any) -> None:
    user = make_user()
    owner, thief = sign_in(user), sign_in(user)
    new = "violet harbour lantern"
    assert owner.post(
        "/account/security/password", data={"current": PASSWORD, "password": new, "repeat": new}
    ).location.endswith("/account/security")
    assert owner.get("/account/security").status_code == 200 and thief.get("/account/security").status_code == 302


def test_pages_of_a_signed_in_person_are_kept_by_no_cache(app: Flask, sign_in: Any) -> None:
    for path in ("/account/security", "/account/profile", "/account/security/history"):
        assert "no-store" in sign_in(make_user()).get(path).headers["Cache-Control"]


def test_the_session_cookie_is_out_of_reach_of_script_and_other_sites(app: Flask, client: FlaskClient) -> None:
    header = post_sign_in(client, make_user().email).headers["Set-Cookie"]
    assert "HttpOnly" in header and "SameSite=Lax" in header


# Enumeration


def test_known_unknown_locked_disabled_and_enrolled_accounts_read_the_same_with_a_wrong_password(
    app: Flask, client: FlaskClient, clock: Any
) -> None:
    known, locked, disabled, enrolled = (make_user() for _ in range(4))
    enrol(enrolled)
    for _ in range(5):
        post_sign_in(client, locked.email, "wrong password")
    with transaction():
        queries.get_user(disabled.id).disabled_at = clock.now
    logins = [known.email, "nobody@test.example", "19900009999", locked.email, disabled.email, enrolled.email]
    answers = [post_sign_in(client, login, "wrong password") for login in logins]
    assert {a.status_code for a in answers} == {422} and len({summary(a) for a in answers}) == 1


def test_locked_and_disabled_accounts_read_the_same_with_the_right_password(
    app: Flask, client: FlaskClient, clock: Any
) -> None:
    locked, disabled = make_user(), make_user()
    for _ in range(5):
        post_sign_in(client, locked.email, "wrong password")
    with transaction():
        queries.get_user(disabled.id).disabled_at = clock.now
    texts = {summary(post_sign_in(client, u.email)) for u in (locked, disabled)}
    assert texts == {summary(post_sign_in(client, "nobody@test.example"))}


@pytest.mark.parametrize("kind", ["known", "unknown", "invited", "locked"])
def test_every_attempt_costs_one_argon2_verification(
    app: Flask, client: FlaskClient, monkeypatch: Any, kind: str
) -> None:
    services.verify_credentials(login="warm@test.example", password="x")
    user = make_user()
    if kind == "invited":
        with transaction():
            queries.get_user(user.id).password_hash = services.prepare_no_password()
    if kind == "locked":
        for _ in range(5):
            post_sign_in(client, user.email, "wrong password")
    seen, real = [], argon2.PasswordHasher.verify
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda self, *args: (seen.append(1), real(self, *args))[1])
    post_sign_in(client, "nobody@test.example" if kind == "unknown" else user.email, "wrong password")
    assert len(seen) == 1


# Brute force


def test_one_account_is_not_tried_out_from_many_addresses(app: Flask) -> None:
    user = make_user()
    for n in range(40):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"203.0.113.{n}"
        post_sign_in(client, user.email, f"guess number {n}")
    last = app.test_client()
    assert post_sign_in(last, user.email).status_code == 422


def test_one_password_is_not_sprayed_over_many_accounts(app: Flask, client: FlaskClient) -> None:
    users = [make_user() for _ in range(33)]
    answers = [post_sign_in(client, u.email, "Spring2026!").status_code for u in users]
    assert answers == [422] * 31 + [429] * 2
    assert post_sign_in(client, users[0].email).status_code == 429  # the right one does not help either


def test_codes_are_not_tried_out_over_ever_new_half_way_states(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    wrong = phone.wrong_code()
    for _ in range(8):
        client = app.test_client()
        post_sign_in(client, user.email)
        client.post("/account/sign-in/code", data={"code": wrong})
    client = app.test_client()
    post_sign_in(client, user.email)
    assert client.post("/account/sign-in/code", data={"code": phone.at()}).status_code == 302
    assert client.get("/account/security").status_code == 302  # locked: nobody got past the password


def test_the_password_is_not_tried_out_from_inside_a_stolen_session(app: Flask, sign_in: Any, clock: Any) -> None:
    user = make_user()
    stolen = sign_in(user)
    for n in range(3):
        assert stolen.post("/account/confirm", data={"password": f"guess {n}"}).status_code == 422
    new = "violet harbour lantern"
    for n in range(2):
        stolen.post("/account/security/password", data={"current": f"guess {n}", "password": new, "repeat": new})
    assert db.session.scalar(select(User.locked_until).where(User.id == user.id))
    assert stolen.post("/account/confirm", data={"password": PASSWORD}).status_code == 422
    refused = stolen.post("/account/security/password", data={"current": PASSWORD, "password": new, "repeat": new})
    assert refused.status_code == 422 and "暂时锁定" in refused.text


# Cross-site requests


@pytest.mark.live
@pytest.mark.parametrize("kind", ["none", "wrong", "another person's"])
def test_a_form_without_ones_own_token_changes_nothing(live_app: Flask, kind: str) -> None:
    victim, attacker = Visitor(live_app).sign_in(make_user()), Visitor(live_app).sign_in(make_user())
    for visitor in (victim, attacker):
        visitor.go("/account/profile")
    form = untouched_profile(victim)
    form["csrf_token"] = {"none": "", "wrong": form["csrf_token"][::-1], "another person's": untouched_profile(attacker)["csrf_token"]}[
        kind
    ]  # fmt: skip
    if kind == "none":
        del form["csrf_token"]
    form["name"] = "被改名"
    answer = victim.client.post("/account/profile", data=form)
    assert answer.status_code == 400 and "页面已过期" in answer.text
    assert "被改名" not in victim.go("/account/profile")


def untouched_profile(visitor: Visitor) -> dict[str, str]:
    form = visitor.page.select_one("main form")
    assert form
    return {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]")}


@pytest.mark.live
def test_no_writing_address_of_accounts_takes_a_post_without_a_token(live_app: Flask) -> None:
    visitor = Visitor(live_app).sign_in(make_user())
    for rule in live_app.url_map.iter_rules():
        if rule.endpoint.startswith("accounts.") and "POST" in (rule.methods or ()):
            path = rule.rule.replace("<int:session_id>", "1").replace("<string:token>", "x")
            assert visitor.client.post(path, data={}).status_code == 400, path


@pytest.mark.live
def test_writing_addresses_of_accounts_answer_no_get(live_app: Flask) -> None:
    visitor = Visitor(live_app).sign_in(make_user())
    for path in (
        "/account/sign-out",
        "/account/security/sessions/revoke-others",
        "/account/security/second-factor/disable",
    ):
        assert visitor.client.get(path).status_code == 405


# Hosts and redirects


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_an_evil_host_is_refused_or_ignored(app: Flask, client: FlaskClient, header: str) -> None:
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    try:
        for path in ("/account/sign-in", "/account/forgot", "/account/reset/x", "/nowhere"):
            answer = client.get(path, headers={header: "evil.example"})
            assert answer.status_code == 400 if header == "Host" else answer.status_code in (200, 404)
            assert "evil.example" not in answer.text
    finally:
        app.config["TRUSTED_HOSTS"] = None


EVIL = [
    "https://evil.example/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
    "http:evil.example", "https:/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", " //evil.example",
    "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\nLocation: https://evil.example", "evil.example", "@evil.example",
    "http://localhost@evil.example/", "//localhost@evil.example", "//evil.example/%2f..", "https://evil.example\\@localhost",
]  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_no_page_of_accounts_leads_off_the_site(app: Flask, client: FlaskClient, sign_in: Any, target: str) -> None:
    user = make_user()
    assert post_sign_in(client, user.email, next=target).location == "/desk/"
    page = sign_in(user)
    assert page.post("/account/confirm", data={"password": PASSWORD, "next": target}).location == "/desk/"
    assert page.get("/account/sign-in", query_string={"next": target}).location == "/desk/"
    assert page.get("/account/sign-in/code", query_string={"next": target}).location == "/desk/"


def test_an_address_with_a_nul_sign_is_no_address_at_all(app: Flask, client: FlaskClient) -> None:
    answer = post_sign_in(client, make_user().email, next="\x00//evil.example")
    assert answer.status_code == 400 and answer.location is None


def test_what_a_stranger_puts_into_the_address_is_not_obeyed_at_the_code_page(app: Flask, client: FlaskClient) -> None:
    user = make_user()
    phone = enrol(user)
    post_sign_in(client, user.email)
    answer = client.post("/account/sign-in/code", data={"code": phone.at(), "next": "//evil.example"})
    assert answer.location == "/desk/"


# Second factor for the park's own people


def test_a_stolen_password_of_an_operator_opens_nothing(app: Flask, client: FlaskClient) -> None:
    user = make_staff("operator")
    enrol(user)
    assert post_sign_in(client, user.email).location.startswith("/account/sign-in/code")
    for path in ("/desk/", "/operator/outbox", "/account/security"):
        assert client.get(path).status_code == 302
    assert db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)).all() == []


def test_a_disabled_person_gets_nowhere_with_a_half_way_state(app: Flask, clock: Any) -> None:
    user = make_user()
    phone = enrol(user)
    found = services.verify_credentials(login=user.login, password=PASSWORD)
    with transaction():
        state = services.sign_in(actor=ANONYMOUS, credentials=found).half_way
        queries.get_user(user.id).disabled_at = clock.now
    with transaction():
        assert services.sign_in_with_code(actor=ANONYMOUS, half_way=state or "", code=phone.at()).token is None


def test_behind_a_proxy_the_visitors_own_address_counts(tmp_path: Any, rig: Any, engine: str) -> None:
    from tests.support.apps import make_app

    databases = rig.databases(engine)
    url = databases.copy(engine, "proxied")
    try:
        proxied = make_app(url, tmp_path, TRUSTED_PROXIES=1)
        client = proxied.test_client()
        with proxied.app_context():
            user = make_user()
            user_id, email = user.id, user.email
            db.session.remove()
        client.post(
            "/account/sign-in", data={"email": email, "password": "wrong password"},
            headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"},
        )  # fmt: skip
        with proxied.app_context():
            assert queries.list_sign_ins(user_id).items[0].address == "203.0.113.9"
            db.session.remove()
            db.engine.dispose()
    finally:
        databases.drop(url)
