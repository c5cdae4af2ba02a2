"""What templates show values with."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from marketplace.core import filters, i18n


@pytest.fixture
def site() -> Flask:
    """A bare site with our languages and filters."""
    app = Flask("site")
    i18n.init_app(app)
    filters.init_app(app)
    return app


def test_a_moment_is_shown_in_shanghai_whatever_zone_it_is_kept_in() -> None:
    assert filters.show_datetime(datetime(2026, 11, 23, 9, 30, tzinfo=UTC)) == "2026-11-23 17:30"


def test_a_day_is_cut_in_shanghai() -> None:
    assert filters.show_date(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == "2026-11-24"
    assert filters.show_date(date(2026, 11, 23)) == "2026-11-23"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        filters.show_datetime(datetime(2026, 11, 23, 9, 30))


@pytest.mark.parametrize("name", [n for n in filters.FILTERS if n not in ("filesize", "local_name")])
def test_what_is_not_there_is_shown_as_a_dash(name: str) -> None:
    assert filters.FILTERS[name](None) == "—"


@pytest.mark.parametrize(("mobile", "shown"), [("13812345678", "138****5678"), ("021-5978", "******78"), ("1", "***")])
def test_a_mobile_number_is_never_shown_whole(mobile: str, shown: str) -> None:
    assert filters.mask_mobile(mobile) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.972, "97.2%"), (0.9725, "97.3%"), (1, "100.0%"), (0, "0.0%")])
def test_a_share_is_shown_in_percent(share: float, shown: str) -> None:
    assert filters.percent(share) == shown


@pytest.mark.parametrize(
    ("value", "digits", "shown"), [(1284, None, "1,284"), (2.345, 2, "2.35"), (1e6, 0, "1,000,000"), (-0.5, 0, "-1")]
)
def test_numbers_have_separators_and_round_half_up(value: Any, digits: int | None, shown: str) -> None:
    assert filters.number(value, digits) == shown


@pytest.mark.parametrize(("size", "shown"), [(820, "820 B"), (12_700, "12.4 KB"), (3_250_586, "3.1 MB")])
def test_file_sizes_are_short(size: int, shown: str) -> None:
    assert filters.filesize(size) == shown


def test_headline_amounts_follow_the_readers_language(site: Flask) -> None:
    with site.test_request_context("/"):
        assert filters.short_yuan(200_000_000_000) == "20亿元"
    with site.test_request_context("/?lang=en"):
        assert filters.short_yuan(200_000_000_000) == "CNY 2B"


def test_changing_one_parameter_keeps_the_others(site: Flask) -> None:
    with site.test_request_context("/services/", query_string=MultiDict([("q", "猎头"), ("city", "1"), ("city", "2")])):
        assert filters.url_with(page=3) == "/services/?q=%E7%8C%8E%E5%A4%B4&city=1&city=2&page=3"
        assert filters.url_with(city=None, q=None) == "/services/"
        assert filters.url_with(city=["3", "4"], q=None) == "/services/?city=3&city=4"


def test_the_file_of_a_filtered_list_keeps_its_filters_and_takes_no_orders_from_them(site: Flask) -> None:
    site.add_url_rule("/orders/export", "orders.export", lambda: "")
    with site.test_request_context("/orders/?state=all&format=pdf&_scheme=javascript&_external=1&endpoint=evil"):
        address = filters.url_at("orders.export", format="csv")
    assert address == "/orders/export?state=all&_scheme=javascript&_external=1&endpoint=evil&format=csv"


def test_taking_one_value_away_keeps_its_neighbours_and_starts_at_the_first_page(site: Flask) -> None:
    with site.test_request_context("/services/?city=1&city=2&page=7&sort=rating"):
        assert filters.url_without("city", 1) == "/services/?city=2&sort=rating"
        assert filters.url_without("city") == "/services/?sort=rating"


@pytest.mark.parametrize(
    ("page", "pages", "numbers"),
    [
        (1, 1, [1]),
        (1, 4, [1, 2, 3, 4]),
        (3, 65, [1, 2, 3, 4, 5, None, 65]),
        (30, 65, [1, None, 28, 29, 30, 31, 32, None, 65]),
        (5, 65, [1, 2, 3, 4, 5, 6, 7, None, 65]),
        (90, 65, [1, None, 65]),
    ],
)
def test_a_pager_shows_the_ends_and_the_neighbours(page: int, pages: int, numbers: list[int | None]) -> None:
    assert filters.page_numbers(page, pages) == numbers


def test_the_frame_knows_which_pages_exist(site: Flask) -> None:
    with site.app_context():
        assert filters.has_endpoint("static")
        assert not filters.has_endpoint("nowhere.at_all")
