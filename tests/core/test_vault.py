"""Sealed fields: what lies in a table gives nothing away, opens with the keys at hand, and with nothing else."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core import vault
from marketplace.core.config import BadConfiguration, load_config

pytestmark = pytest.mark.engine("sqlite")
OLD, NEW = "an older key of thirty-two signs..", "the present key of thirty-two signs"


@given(text=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_what_is_sealed_opens_again_and_does_not_show_its_text(app: Any, text: str) -> None:
    sealed = vault.seal(text)
    assert vault.unseal(sealed) == text
    assert len(text) < 6 or text not in sealed


def test_the_same_text_is_sealed_differently_each_time(app: Any) -> None:
    assert vault.seal("6222020000001234567") != vault.seal("6222020000001234567")


def test_an_older_key_behind_the_present_one_still_opens(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DATA_KEYS", [OLD])
    sealed = vault.seal("上海银行 0001")
    monkeypatch.setitem(app.config, "DATA_KEYS", [NEW, OLD])
    assert vault.unseal(sealed) == "上海银行 0001"


def test_a_foreign_key_or_a_changed_field_opens_nothing(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = vault.seal("secret")
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed[:-4] + "AAAA")
    monkeypatch.setitem(app.config, "DATA_KEYS", [NEW])
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed)


def test_production_refuses_a_short_data_key() -> None:
    good = {
        "APP_ENV": "production", "SECRET_KEY": "k3J9x-Qp7Lm2Rt8Vw4Zc6Bn1Hs5Fd0Gy", "SITE_URL": "https://park.example",
        "SETTLEMENT_MODE": "supervised",
    }  # fmt: skip
    assert load_config({**good, "DATA_KEYS": f"{NEW},{OLD}"})["DATA_KEYS"] == [NEW, OLD]
    with pytest.raises(BadConfiguration, match="DATA_KEYS"):
        load_config({**good, "DATA_KEYS": "short"})
