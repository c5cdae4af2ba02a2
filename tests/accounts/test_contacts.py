"""Showing that an address or number is one's own, and changing it."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import queries, services
from marketplace.accounts.models import User
from marketplace.core.db import transaction
from marketplace.core.errors import ConfirmationNeeded, Conflict, Invalid, NotFound
from tests.accounts.test_passwords import messages, text_of
from tests.factories import confirm_contacts, make_user


def send_code(user: User) -> str:
    with transaction():
        services.request_mobile_code(actor=queries.actor_of(user), user=queries.get_user(user.id))
    found = re.search(r"\d{6}", text_of(messages("account.confirm_mobile")[-1]))
    assert found
    return found.group()


def give(user: User, code: str) -> bool:
    with transaction():
        return services.confirm_mobile(actor=queries.actor_of(user), user=queries.get_user(user.id), code=code)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_an_address_is_confirmed_by_the_link_of_a_mail(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    user = make_user()
    page = sign_in(user)
    assert "未验证" in page.get("/account/profile").text
    assert page.post("/account/profile/email/send").status_code == 302
    found = re.search(r"/account/confirm-email/\S+", text_of(messages("account.confirm_email")[0]))
    assert found
    assert client.get(found.group()).status_code == 200  # a mailbox that looks at links confirms nothing
    assert not queries.has_confirmed_contact(user.id)
    assert client.post(found.group()).status_code == 302
    assert queries.has_confirmed_contact(user.id) and "已验证" in page.get("/account/profile").text
    assert client.post(found.group()).status_code == 404


def test_a_link_for_an_address_since_replaced_is_dead(app: Flask) -> None:
    user = make_user()
    with transaction():
        services.request_email_link(actor=queries.actor_of(user), user=queries.get_user(user.id))
    token = text_of(messages("account.confirm_email")[0]).split("/account/confirm-email/")[1].split()[0]
    with transaction():
        services.change_contacts(
            actor=queries.actor_of(user), user=queries.get_user(user.id), email="other@test.example", mobile=None
        )
    with pytest.raises(NotFound), transaction():
        services.confirm_email(actor=queries.actor_of(user), token=token)


def test_a_number_is_confirmed_by_six_digits(app: Flask, sign_in: Any) -> None:
    user = make_user(mobile="19900003333")
    page = sign_in(user)
    assert page.post("/account/profile/mobile/send").location == "/account/profile/mobile"
    code = re.search(r"\d{6}", text_of(messages("account.confirm_mobile")[0]))
    assert code
    assert page.post("/account/profile/mobile", data={"code": other(code.group())}).status_code == 422
    assert (
        page.post("/account/profile/mobile", data={"code": f"{code.group()[:3]} {code.group()[3:]}"}).status_code == 302
    )
    assert queries.get_user(user.id).mobile_confirmed_at
    assert not give(user, code.group())


def test_a_code_lives_for_five_minutes(app: Flask, clock: Any) -> None:
    user = make_user(mobile="19900003333")
    code = send_code(user)
    clock.advance(minutes=5)
    assert not give(user, code)


def test_a_code_bears_five_tries_and_then_the_right_one_is_late(app: Flask, clock: Any) -> None:
    user = make_user(mobile="19900003333")
    code = send_code(user)
    assert [give(user, other(code)) for _ in range(5)] == [False] * 5
    assert not give(user, code)


def test_another_code_is_sent_after_a_minute_and_ten_times_a_day(app: Flask, clock: Any) -> None:
    user = make_user(mobile="19900003333")
    first = send_code(user)
    with pytest.raises(Invalid):
        send_code(user)
    for _ in range(9):
        clock.advance(seconds=60)
        send_code(user)
    clock.advance(seconds=60)
    with pytest.raises(Invalid):
        send_code(user)
    assert not give(user, first)
    clock.advance(days=1)
    assert give(user, send_code(user))


def test_nobody_confirms_by_the_code_of_another_number(app: Flask, clock: Any) -> None:
    user = make_user(mobile="19900003333")
    code = send_code(user)
    with transaction():
        services.change_contacts(
            actor=queries.actor_of(user), user=queries.get_user(user.id), email=user.email, mobile="19900004444"
        )
    assert not give(user, code)


def test_a_changed_contact_is_unconfirmed_and_the_old_one_is_told(app: Flask) -> None:
    user = confirm_contacts(make_user(email="old@test.example", mobile="19900003333"))
    with transaction():
        services.change_contacts(
            actor=queries.actor_of(user), user=queries.get_user(user.id), email="new@test.example", mobile="19900003333"
        )
    again = queries.get_user(user.id)
    assert again.email_confirmed_at is None and again.mobile_confirmed_at
    assert [m.address for m in messages("account.email_changed")] == ["old@test.example"]
    assert messages("account.mobile_changed") == []


def test_changing_a_contact_asks_who_it_is_first(app: Flask, sign_in: Any, clock: Any) -> None:
    from dataclasses import replace

    user = make_user()
    page = sign_in(user)
    clock.advance(minutes=11)
    assert page.get("/account/profile/contacts").location.startswith("/account/confirm?next=")
    unsure = replace(queries.actor_of(user), is_confirmed=False)
    with pytest.raises(ConfirmationNeeded), transaction():
        services.change_contacts(actor=unsure, user=user, email="thief@test.example", mobile=None)


def test_what_is_confirmed_already_is_not_asked_again(app: Flask) -> None:
    user = confirm_contacts(make_user(mobile="19900003333"))
    for request in (services.request_email_link, services.request_mobile_code):
        with pytest.raises(Conflict), transaction():
            request(actor=queries.actor_of(user), user=queries.get_user(user.id))
