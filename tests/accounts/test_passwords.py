"""Setting a password anew: the same answer for everybody, one link, one use, half an hour."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts import queries, services
from marketplace.accounts.models import AccountToken, User
from marketplace.core import outbox
from marketplace.core.actor import ANONYMOUS
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.core.outbox import OutboxMessage
from tests.factories import PASSWORD, enrol, make_user

NEW = "violet harbour lantern"


def messages(event: str) -> list[OutboxMessage]:
    db.session.rollback()
    return list(
        db.session.scalars(select(OutboxMessage).where(OutboxMessage.event == event).order_by(OutboxMessage.id))
    )


def text_of(message: OutboxMessage) -> str:
    return outbox.render(message)[1]


def ask(login: str, jobs: Any) -> None:
    with transaction():
        services.request_reset(actor=ANONYMOUS, login=login)
    jobs()


def link(place: int = -1) -> str:
    found = re.search(r"/account/reset/(\S+)", text_of(messages("account.reset")[place]))
    assert found
    return found.group(1)


def set_password(token: str, password: str = NEW) -> None:
    hashed = services.prepare_password(password)
    with transaction():
        services.reset_password(actor=ANONYMOUS, token=token, new_hash=hashed)


def right(user: User, password: str) -> bool:
    return services.verify_credentials(login=user.login, password=password).is_right


def test_a_forgotten_password_is_set_through_the_link_of_the_mail(
    app: Flask, client: FlaskClient, jobs: Any, sign_in: Any
) -> None:
    user, elsewhere = make_user(), None
    elsewhere = sign_in(user)
    assert "如果该账号存在" in client.post("/account/forgot", data={"login": user.email}).text
    jobs()
    page = f"/account/reset/{link()}"
    assert client.get(page).status_code == 200 and client.get(page).status_code == 200  # looking does not use it up
    common = client.post(page, data={"password": "12345678", "repeat": "12345678"})
    assert common.status_code == 422 and "过于常见" in common.text
    answer = client.post(page, data={"password": NEW, "repeat": NEW})
    assert answer.status_code == 302 and answer.location == "/account/sign-in"
    assert right(user, NEW) and not right(user, PASSWORD)
    assert elsewhere.get("/account/security").status_code == 302
    assert messages("account.password_changed")


def test_the_link_goes_where_the_person_asked_for_it(app: Flask, jobs: Any) -> None:
    user = make_user(email="both@test.example", mobile="19900001111")
    ask("199 0000 1111", jobs)
    ask("both@test.example", jobs)
    assert [(m.channel, m.address) for m in messages("account.reset")] == [("sms", "19900001111"), ("mail", user.email)]


def test_asking_reads_and_costs_the_same_whether_the_account_exists(
    app: Flask, client: FlaskClient, queries: Any
) -> None:
    make_user(email="known@test.example")
    client.post("/account/forgot", data={"login": "warm@test.example"})
    seen, texts = [], []
    for login in ("known@test.example", "unknown@test.example"):
        with queries() as statements:
            texts.append(client.post("/account/forgot", data={"login": login}).text)
        seen.append([re.sub(r"\d+", "?", s.split("VALUES")[0]) for s in statements])
    assert texts[0] == texts[1] and seen[0] == seen[1]
    assert len(app.extensions["pending_jobs"]) == 3


def test_a_link_works_once(app: Flask, jobs: Any, client: FlaskClient) -> None:
    user = make_user()
    ask(user.login, jobs)
    token = link()
    set_password(token)
    with pytest.raises(NotFound):
        set_password(token, "another long password")
    assert right(user, NEW) and client.get(f"/account/reset/{token}").status_code == 404


def test_a_link_is_dead_after_half_an_hour(app: Flask, jobs: Any, clock: Any) -> None:
    user = make_user()
    ask(user.login, jobs)
    clock.advance(minutes=30)
    with pytest.raises(NotFound):
        set_password(link())
    assert right(user, PASSWORD)


def test_a_newer_link_kills_the_older_one(app: Flask, jobs: Any, clock: Any) -> None:
    user = make_user()
    ask(user.login, jobs)
    clock.advance(minutes=2)
    ask(user.login, jobs)
    with pytest.raises(NotFound):
        set_password(link(0))
    set_password(link(1))


def test_a_link_opens_the_account_it_was_made_for_and_no_other(app: Flask, jobs: Any) -> None:
    one, other = make_user(), make_user()
    ask(one.login, jobs)
    set_password(link())
    assert right(one, NEW) and right(other, PASSWORD) and not right(other, NEW)


def test_a_changed_address_kills_links_that_were_sent_to_the_old_one(app: Flask, jobs: Any) -> None:
    user = make_user()
    ask(user.login, jobs)
    with transaction():
        services.change_contacts(
            actor=queries.actor_of(user), user=queries.get_user(user.id), email="new@test.example", mobile=None
        )
    with pytest.raises(NotFound):
        set_password(link())


def test_one_login_gets_one_link_a_minute_and_ten_a_day(app: Flask, jobs: Any, clock: Any) -> None:
    user = make_user()
    for _ in range(15):
        ask(user.login, jobs)
        ask(user.login, jobs)
        clock.advance(minutes=1)
    assert len(messages("account.reset")) == 10


def test_the_table_holds_neither_the_token_nor_the_login(app: Flask, jobs: Any) -> None:
    user = make_user()
    ask(user.login, jobs)
    row = db.session.scalars(select(AccountToken)).one()
    assert link() not in str(vars(row)) and user.login not in str(vars(row))


def test_a_disabled_person_gets_no_link(app: Flask, jobs: Any, clock: Any) -> None:
    user = make_user()
    with transaction():
        queries.get_user(user.id).disabled_at = clock.now
    ask(user.login, jobs)
    assert messages("account.reset") == []


def test_a_lost_queue_loses_no_reset(app: Flask, jobs: Any) -> None:
    from marketplace.accounts.jobs import sweep_resets

    user = make_user()
    with transaction():
        services.request_reset(actor=ANONYMOUS, login=user.login)
    app.extensions["pending_jobs"].clear()
    assert [sweep_resets(), sweep_resets()] == [1, 0]


def test_a_reset_does_not_get_round_the_second_factor(app: Flask, jobs: Any) -> None:
    user = make_user()
    enrol(user)
    ask(user.login, jobs)
    set_password(link())
    found = services.verify_credentials(login=user.login, password=NEW)
    with transaction():
        outcome = services.sign_in(actor=ANONYMOUS, credentials=found)
    assert outcome.token is None and outcome.half_way


def test_who_opened_the_link_has_confirmed_the_address_it_was_sent_to(app: Flask, jobs: Any) -> None:
    user = make_user(mobile="19900002222")
    assert not queries.has_confirmed_contact(user.id)
    ask(user.email or "", jobs)
    set_password(link())
    again = queries.get_user(user.id)
    assert again.email_confirmed_at and not again.mobile_confirmed_at and queries.has_confirmed_contact(user.id)


def test_a_reset_unlocks_an_account_that_a_stranger_locked(app: Flask, jobs: Any, clock: Any) -> None:
    user = make_user()
    for _ in range(5):
        wrong = services.verify_credentials(login=user.login, password="wrong password")
        with transaction():
            services.sign_in(actor=ANONYMOUS, credentials=wrong)
    ask(user.login, jobs)
    set_password(link())
    found = services.verify_credentials(login=user.login, password=NEW)
    with transaction():
        assert services.sign_in(actor=ANONYMOUS, credentials=found).token


def test_the_mail_names_the_configured_site_whatever_host_was_asked(app: Flask, client: FlaskClient, jobs: Any) -> None:
    user = make_user()
    before = app.config["SITE_URL"]
    app.config["SITE_URL"] = "https://market.example"
    try:
        client.post("/account/forgot", data={"login": user.email}, headers={"Host": "evil.example"})
        jobs()
        assert "https://market.example/account/reset/" in text_of(messages("account.reset")[0])
        assert "evil.example" not in text_of(messages("account.reset")[0])
    finally:
        app.config["SITE_URL"] = before


def test_old_tokens_are_forgotten(app: Flask, jobs: Any, clock: Any) -> None:
    ask(make_user().login, jobs)
    clock.advance(days=31)
    with transaction():
        assert services.forget_old_tokens() == 1
    assert db.session.scalar(select(func.count()).select_from(AccountToken)) == 0


def test_the_breached_list_has_the_worlds_and_our_own(app: Flask) -> None:
    from marketplace.accounts.rules import common_passwords

    words = common_passwords()
    assert len(words) > 10_000 and {"password1", "trustno1", "woaini1314"} <= words
