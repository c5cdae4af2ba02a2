"""Signing in and out through the pages: sessions, redirects, limits."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.factories import PASSWORD, make_staff, make_user


def post_sign_in(client: Any, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/sign-in", data={"email": login, "password": password, **more})


def test_a_copied_cookie_is_dead_after_signing_out(app: Any, client: Any) -> None:
    user = make_user()
    assert post_sign_in(client, user.email).status_code == 302
    copied = client.get_cookie("session").value
    assert client.get("/account/security").status_code == 200
    assert client.post("/account/sign-out").status_code == 302
    thief = app.test_client()
    thief.set_cookie("session", copied)
    assert thief.get("/account/security").status_code == 302


def test_another_device_can_be_signed_out_from_the_security_page(app: Any, sign_in: Any) -> None:
    user = make_user()
    here, there = sign_in(user), sign_in(user)
    page = BeautifulSoup(here.get("/account/security").text, "html.parser")
    action = next(
        f["action"] for f in page.select("form") if "/sessions/" in f["action"] and f["action"].endswith("/revoke")
    )
    assert here.post(action).status_code == 302
    assert there.get("/account/security").status_code == 302
    assert here.get("/account/security").status_code == 200


def test_the_session_of_another_person_cannot_be_revoked(app: Any, sign_in: Any) -> None:
    from sqlalchemy import select

    from marketplace.accounts.models import UserSession
    from marketplace.core.db import db

    victim, thief = make_user(), make_user()
    theirs = sign_in(victim)
    session_id = db.session.scalars(select(UserSession.id).where(UserSession.user_id == victim.id)).one()
    assert sign_in(thief).post(f"/account/security/sessions/{session_id}/revoke").status_code == 404
    assert theirs.get("/account/security").status_code == 200


def test_a_cookie_planted_before_signing_in_does_not_survive_it(app: Any, client: Any) -> None:
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        planted["_user_id"] = "a token of the attacker's choice"
    assert post_sign_in(client, make_user().email).status_code == 302
    with client.session_transaction() as now:
        assert "planted" not in now
        assert now["_user_id"] != "a token of the attacker's choice"


def test_a_wrong_password_and_an_unknown_account_read_the_same(app: Any, client: Any) -> None:
    user = make_user(email="known@test.example")
    texts = []
    for login in (user.email, "nobody@test.example"):
        answer = post_sign_in(client, login, "wrong password")
        assert answer.status_code == 422
        texts.append(BeautifulSoup(answer.text, "html.parser").select_one("#error-summary").get_text(strip=True))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_off_the_site(app: Any, client: Any, target: str) -> None:
    answer = post_sign_in(client, make_user().email, next=target)
    assert answer.location == "/desk/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(app: Any, client: Any) -> None:
    asked = client.get("/account/security")
    assert asked.status_code == 302
    page = BeautifulSoup(client.get(asked.location).text, "html.parser")
    answer = post_sign_in(client, make_user().email, next=page.select_one("input[name=next]")["value"])
    assert answer.location == "/account/security"


def test_a_page_that_nobody_used_for_half_an_hour_asks_the_operator_to_sign_in_again(
    app: Any, clock: Any, sign_in: Any
) -> None:
    desk = sign_in(make_staff())
    clock.advance(minutes=20)
    assert desk.get("/account/security").status_code == 200
    clock.advance(minutes=20)
    assert desk.get("/account/security").status_code == 200
    clock.advance(minutes=31)
    assert desk.get("/account/security").status_code == 302


def test_the_sign_in_page_lists_demo_accounts_only_where_there_are_some(app: Any, client: Any) -> None:
    assert "演示账号" not in client.get("/account/sign-in").text
    make_user(email="firm@demo.example", name="演示机构", is_demo=True)
    text = client.get("/account/sign-in").text
    assert "演示账号" in text and "firm@demo.example" in text


def test_a_person_changes_profile_and_password(app: Any, sign_in: Any, client: Any) -> None:
    user = make_user()
    page = sign_in(user)
    assert page.post("/account/profile", data={"name": "新名字"}).status_code == 302
    contacts = "/account/profile/contacts"
    answer = page.post(contacts, data={"email": user.email, "mobile": "+86 19900005555"})
    assert answer.status_code == 302
    assert "19900005555" in page.get("/account/profile").text
    wrong = page.post(contacts, data={"email": "", "mobile": ""})
    assert wrong.status_code == 422
    new = "another long password"
    refused = page.post("/account/security/password", data={"current": "no", "password": new, "repeat": new})
    assert refused.status_code == 422 and "当前密码不正确" in refused.text
    assert (
        page.post("/account/security/password", data={"current": PASSWORD, "password": new, "repeat": new}).status_code
        == 302
    )
    assert post_sign_in(client, "19900005555", new).status_code == 302


def test_account_pages_stay_within_their_queries(app: Any, sign_in: Any, queries: Any) -> None:
    page = sign_in(make_user())
    for path in ("/account/security", "/account/profile", "/account/messages/"):
        with queries(at_most=12):
            assert page.get(path).status_code == 200
