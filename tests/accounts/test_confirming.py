"""Showing once more that it is you, before what a stolen session must not do."""

from typing import Any

import pytest

from marketplace.core.access import require_confirmed
from marketplace.core.actor import CLI, SCHEDULER, Actor
from marketplace.core.errors import ConfirmationNeeded
from tests.factories import PASSWORD, make_user


def test_the_system_passes_and_an_unconfirmed_person_does_not() -> None:
    for actor in (CLI, SCHEDULER, Actor(user_id=1, is_confirmed=True)):
        require_confirmed(actor)
    with pytest.raises(ConfirmationNeeded):
        require_confirmed(Actor(user_id=1))


def test_a_confirmation_holds_for_ten_minutes(app: Any, clock: Any) -> None:
    from marketplace.accounts.queries import load_actor
    from marketplace.accounts.services import open_session
    from marketplace.core.db import transaction

    user = make_user()
    with transaction():
        token = open_session(user=user)
    assert load_actor(token).actor.is_confirmed
    clock.advance(minutes=10)
    found = load_actor(token)
    assert found is not None and not found.actor.is_confirmed


def test_the_password_confirms_and_leads_back_but_never_off_the_site(app: Any, clock: Any, sign_in: Any) -> None:
    client = sign_in(make_user(name="王经理"))
    wrong = client.post("/account/confirm", data={"password": "wrong", "next": "/account/security"})
    assert wrong.status_code == 422 and "密码不正确" in wrong.text
    right = client.post("/account/confirm", data={"password": PASSWORD, "next": "/account/security"})
    assert right.location == "/account/security"
    away = client.post("/account/confirm", data={"password": PASSWORD, "next": "//evil.example/x"})
    assert away.location == "/desk/"


def test_staff_without_a_second_factor_have_no_staff_power(app: Any, clock: Any) -> None:
    from marketplace.accounts.queries import load_actor
    from marketplace.accounts.services import open_session
    from marketplace.core.db import transaction
    from tests.factories import make_staff

    user = make_staff("operator")
    with transaction():
        plain, strong = open_session(user=user), open_session(user=user, second_factor=True)
    without, with_factor = load_actor(plain), load_actor(strong)
    assert without is not None and without.needs_second_factor and not without.actor.is_staff()
    assert with_factor is not None and with_factor.actor.is_staff("operator") and not with_factor.needs_second_factor
