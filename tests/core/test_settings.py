"""Settings: a default until a person changes it, from a day on, with history, never into the past."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from marketplace.core import clock as real_clock
from marketplace.core import settings
from marketplace.core.actor import CLI, Actor
from marketplace.core.db import transaction
from marketplace.core.errors import AccessDenied, Invalid

KEY = "orders.commission_bps"


def change(value: Any, days: int = 0, actor: Actor = CLI) -> None:
    with transaction():
        settings.change_setting(
            actor=actor,
            key=KEY,
            value=value,
            effective_on=real_clock.today() + timedelta(days=days),
            reason="区人社局批复",
        )


def test_the_default_stands_until_somebody_changes_it(app: Flask) -> None:
    assert settings.get(KEY) == 300


def test_a_change_takes_effect_on_its_day_and_leaves_the_past(app: Flask, clock: Any) -> None:
    change(250, days=3)
    today = real_clock.today()
    assert settings.get(KEY) == 300
    assert settings.get(KEY, on=today + timedelta(days=3)) == 250


def test_a_day_that_is_past_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid) as refused:
        change(250, days=-1)
    assert refused.value.field == "effective_on"


@pytest.mark.parametrize("value", ["abc", 2.5, True, -1])
def test_a_value_that_is_no_whole_number_in_bounds_is_refused(app: Flask, value: Any) -> None:
    with pytest.raises(Invalid):
        change(value)


def test_only_administrators_change_settings(app: Flask) -> None:
    with pytest.raises(AccessDenied):
        change(250, actor=Actor(user_id=1, staff=frozenset({"operator"})))
