"""The pure rules of passwords, sessions and logins."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.accounts.rules import check_password, common_passwords, device_name, is_alive, normalise_login
from marketplace.core.errors import Invalid

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "password", ["kurz", "a" * 129 + "bcd", "12345678", "woaini1314", "Qwerty123", "aaaabbbb", "abababab"]
)
def test_a_password_that_is_short_endless_or_common_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password)


@pytest.mark.parametrize("password", ["zhanghao2026", "ZhangHao2026@firm.example", "19912345678"])
def test_a_password_that_is_the_login_itself_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, "zhanghao2026@firm.example", "19912345678")


@pytest.mark.parametrize("password", ["correct horse battery", "青浦淀山湖畔的风", "x7#Lm2!q", "b" * 125 + "acd"])
def test_a_password_of_at_least_eight_characters_is_taken_whatever_it_is_made_of(password: str) -> None:
    check_password(password, "someone@firm.example")


def test_the_list_of_common_passwords_is_long_enough_to_matter() -> None:
    assert len(common_passwords()) >= 200
    assert all(len(word) >= 8 and word == word.casefold() for word in common_passwords())


@pytest.mark.parametrize(
    ("idle", "staff", "alive"),
    [
        (timedelta(hours=11, minutes=59), False, True),
        (timedelta(hours=12), False, False),
        (timedelta(minutes=29), True, True),
        (timedelta(minutes=30), True, False),
    ],
)
def test_an_idle_session_ends_sooner_for_the_parks_own_people(idle: timedelta, staff: bool, alive: bool) -> None:
    assert is_alive(NOW - idle, NOW + timedelta(days=1), None, staff=staff, now=NOW) is alive


def test_a_session_ends_when_it_is_revoked_or_seven_days_old() -> None:
    assert not is_alive(NOW, NOW, None, staff=False, now=NOW)
    assert not is_alive(NOW, NOW + timedelta(days=1), NOW, staff=False, now=NOW)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Firm@Demo.Example ", "firm@demo.example"),
        ("+86 199-0000 1234", "19900001234"),
        ("19900001234", "19900001234"),
    ],
)
def test_a_login_is_found_however_it_is_typed(typed: str, kept: str) -> None:
    assert normalise_login(typed) == kept


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; M) Chrome/126 Mobile Safari/537.36 MicroMessenger/8.0.5", "微信 · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15", "Safari · macOS"),
        ("something else", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_has_a_name_that_a_person_knows(agent: str, name: str) -> None:
    assert device_name(agent) == name
