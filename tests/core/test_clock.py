"""Days and months are cut in Asia/Shanghai."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import clock, regions


def test_an_evening_in_utc_is_the_next_day_and_month_in_shanghai() -> None:
    assert clock.month_of(datetime(2026, 11, 30, 17, 0, tzinfo=UTC)) == "2026-12"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 31), -1, date(2025, 12, 31)),
    ],
)
def test_months_are_added_with_the_month_end_rule(day: date, months: int, expected: date) -> None:
    assert clock.add_months(day, months) == expected


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 120))
def test_adding_months_lands_in_the_right_month(day: date, months: int) -> None:
    later = clock.add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months and later.day <= day.day


def test_there_are_41_cities_of_which_27_are_core() -> None:
    cities = regions.cities()
    assert (len(cities), sum(c.is_core27 for c in cities)) == (41, 27)


@pytest.mark.parametrize(
    ("word", "code"),
    [("昆山", "320500"), ("义乌", "330700"), ("青浦区", "310000"), ("苏州", "320500"), ("宿州", "341300")],
)
def test_a_place_resolves_to_its_city(word: str, code: str) -> None:
    assert regions.find_city(word) == code and regions.words()[word] == (code,)


@pytest.mark.parametrize(
    ("code", "city"), [("310118", "310000"), ("310118102", "310000"), ("320509", "320500"), ("330100", "330100")]
)
def test_a_district_or_town_belongs_to_its_city(code: str, city: str) -> None:
    assert regions.city_of(code) == city
