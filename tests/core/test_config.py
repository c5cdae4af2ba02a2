"""The deployment's settings: an unsafe production does not start."""

from pathlib import Path

import pytest

from marketplace.core.config import BadConfiguration, database_url, load_config

SAFE = {
    "APP_ENV": "production",
    "SECRET_KEY": "a-long-random-secret-0123456789abcdef",
    "SITE_URL": "https://market.example",
    "SETTLEMENT_MODE": "supervised",
}


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "SETTLEMENT_MODE"])
def test_production_does_not_start_without(name: str) -> None:
    with pytest.raises(BadConfiguration, match=name):
        load_config({k: v for k, v in SAFE.items() if k != name})


@pytest.mark.parametrize("secret", ["short", "a" * 64])
def test_production_refuses_a_weak_secret(secret: str) -> None:
    with pytest.raises(BadConfiguration, match="SECRET_KEY"):
        load_config({**SAFE, "SECRET_KEY": secret})


def test_production_refuses_plain_http() -> None:
    with pytest.raises(BadConfiguration, match="SITE_URL"):
        load_config({**SAFE, "SITE_URL": "http://market.example"})


def test_https_sites_use_a_host_bound_secure_cookie() -> None:
    config = load_config(SAFE)
    assert config["SESSION_COOKIE_NAME"] == "__Host-session" and config["SESSION_COOKIE_SECURE"]


def test_production_trusts_its_own_host_only_by_default() -> None:
    assert load_config(SAFE)["TRUSTED_HOSTS"] == ["market.example"]


@pytest.mark.parametrize("given", ["postgres://u@h/d", "postgresql://u@h/d"])
def test_any_postgresql_spelling_means_psycopg(given: str) -> None:
    assert database_url(given, Path("i")) == "postgresql+psycopg://u@h/d"


def test_the_development_secret_survives_a_restart(tmp_path: Path) -> None:
    first = load_config({"INSTANCE_DIR": str(tmp_path)})["SECRET_KEY"]
    assert first == load_config({"INSTANCE_DIR": str(tmp_path)})["SECRET_KEY"] and len(first) > 40
