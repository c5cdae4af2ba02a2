"""What holds for every search of the page, tried with many of them against the rows of the database."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.search import find_all, search_services
from marketplace.catalog.rules.address import address_of, pairs_of, query_of, without
from marketplace.catalog.rules.pricing import PRICE_BANDS, RATE_BANDS, band_of
from marketplace.catalog.rules.search import RATINGS, SORTS, SearchParams, chips_of, read_search
from marketplace.catalog.rules.taxonomy import category
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.search import indexer
from tests.factories.catalog import answer
from tests.factories.market import insert_listings
from tests.factories.organisations import make_firm
from tests.support.apps import release, rolled_back

pytestmark = pytest.mark.engine("sqlite")
CATEGORIES = ("C0101", "C0201", "C0202", "C0301", "C0302", "C0401")
CITIES = ("310000", "320500", "330100", "340100")
TITLES = ("社保代缴服务", "猎头服务", "招聘外包服务", "薪酬核算服务")
SEARCHES = 30


@pytest.fixture(scope="module")
def park(rig: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, list[Listing]]]:
    """A hundred and twenty services of five firms, made in bulk and indexed once for all tests of this module."""
    app = rig.app("sqlite")
    before = app.config["SEARCH_INDEX_DIR"]
    app.config["SEARCH_INDEX_DIR"] = str(tmp_path_factory.mktemp("index"))
    with rolled_back(app):
        firms = [make_firm(short_name=f"机构{n}").id for n in range(5)]
        insert_listings(list(_rows(random.Random(11), firms)))
        release()
        indexer.catch_up()
        release()
        rows = db.session.scalars(select(Listing).options(selectinload(Listing.cities), joinedload(Listing.firm))).all()
        yield app, list(rows)
    app.config["SEARCH_INDEX_DIR"] = before


def _rows(source: random.Random, firms: list[int]) -> Iterator[dict[str, Any]]:
    for number in range(1, 121):
        code = source.choice(CATEGORIES)
        is_rate = code.startswith("C02")
        low = (
            source.choice([None, 8_00, 17_00, 22_00])
            if is_rate
            else source.choice([None, 50_00, 100_00, 700_00, 9_000_00])
        )
        given = {a.key: answer(a) for a in category(code).own_attributes if a.required and source.random() < 0.8}
        rated = source.choice([0, 0, 1, 3])
        yield {
            "firm_id": source.choice(firms), "category_code": code, "title": f"{source.choice(TITLES)}{number}",
            "summary": source.choice(TITLES), "pricing_model": "pct_annual_salary" if is_rate else "per_head_month",
            "price_min_fen": low, "attributes": given, "rating_count": rated, "rating_sum": rated * source.choice([2, 4, 5]),
            "order_count": source.choice([0, 0, 2, 7]), "published_at": clock.now() - timedelta(days=source.choice([1, 1, 5])),
            "cities": source.sample(CITIES, source.choice([1, 2])),
        }  # fmt: skip


def random_pairs(source: random.Random, firms: list[int]) -> list[tuple[str, str]]:
    """The pairs of some address, some of them nonsense."""
    pool = {
        "q": ["社保代缴", "猎头", "招聘", ""], "category": ["C01", "C02", "C03", *CATEGORIES, "C9"], "city": [*CITIES, "x"],
        "pricing": ["pct_annual_salary", "per_head_month"], "firm": [str(one) for one in firms], "licensed": ["1", "0"],
        "price": [code for code, *_ in PRICE_BANDS], "rate": [code for code, *_ in RATE_BANDS], "price_min": ["60", "1,000", "-"],
        "price_max": ["800.5", "20000"], "rate_min": ["10", "15%"], "rate_max": ["25"], "rating_min": [*RATINGS, "2.5"],
        "sort": list(SORTS), "view": ["list"], "fold": ["city"], "more": ["firm"], "open": ["C04"], "firm_q": ["机构1"],
        "per_page": ["10", "50"], "min_salary": ["300000"], "page": ["2"],
    }  # fmt: skip
    names = source.sample(sorted(pool), source.choice([0, 1, 2, 2, 3, 4]))
    pairs = [(name, source.choice(pool[name])) for name in names for _ in range(source.choice([1, 1, 2]))]
    source.shuffle(pairs)
    return pairs


def some_searches(rows: list[Listing], seed: int, count: int = SEARCHES) -> Iterator[SearchParams]:
    source, firms = random.Random(seed), sorted({row.firm_id for row in rows})
    for _ in range(count):
        yield read_search(random_pairs(source, firms))[0]


def fits(row: Listing, params: SearchParams, but: str = "") -> bool:
    """Brute force: does the row meet every condition, words and one facet apart?"""
    price = None if row.model.is_rate else row.price_min_fen
    rate = row.price_min_fen if row.model.is_rate else None
    tests = {
        "category": not params.category or any(row.category_code.startswith(code) for code in params.category),
        "city": not params.city or bool(set(row.city_codes) & set(params.city)),
        "pricing": not params.pricing or row.pricing_model in params.pricing,
        "firm": not params.firm or str(row.firm_id) in params.firm,
        "price": (not params.price or (price is not None and band_of(price) in params.price))
        and _within(price, params.price_min_fen, params.price_max_fen),
        "rate": (not params.rate or (rate is not None and any(_in(rate, b) for b in RATE_BANDS if b[0] in params.rate)))
        and _within(rate, params.rate_min, params.rate_max),
        "rating": not params.rating_min or (row.rating is not None and row.rating >= float(params.rating_min)),
        "min_salary": all(0 < row.attributes.get(key, 0) <= int(v[0]) * 100 for key, v in params.attributes.items()),
    }  # fmt: skip
    return all(holds for name, holds in tests.items() if name != but)


def _within(value: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _in(value: int, band: tuple[str, int | None, int | None]) -> bool:
    return (band[1] is None or value >= band[1]) and (band[2] is None or value < band[2])


def test_what_is_found_and_every_count_agree_with_the_rows_of_the_database(park: Any) -> None:
    _app, rows = park
    for params in some_searches(rows, 1):
        plain = SearchParams(**{**_fields(params), "q": "", "page": 1, "more": ("firm",), "firm_q": ""})
        found = search_services(plain)
        hits = [row for row in rows if fits(row, plain)]
        assert found.page.total == len(hits), plain
        values: dict[str, Any] = {
            "category": lambda row: [row.category_code, row.category_code[:3]], "city": lambda row: row.city_codes,
            "pricing": lambda row: [row.pricing_model], "firm": lambda row: [str(row.firm_id)],
            "price": lambda row: [band_of(row.price_min_fen)] if row.price_min_fen is not None and not row.model.is_rate else [],
            "rate": lambda row: [b[0] for b in RATE_BANDS if row.model.is_rate and row.price_min_fen is not None and _in(row.price_min_fen, b)],
            "rating_min": lambda row: [step for step in RATINGS if row.rating is not None and row.rating >= float(step)],
        }  # fmt: skip
        for facet in found.facets:
            if facet.param in values:
                but = {"rating_min": "rating"}.get(facet.param, facet.param)
                if but == "rating" and plain.rating_min == "2.5":
                    but = ""  # no step of the facet, so it stands as a range
                counted = Counter(v for row in rows if fits(row, plain, but) for v in values[facet.param](row))
                assert {o.value: o.count for o in facet.options} == {
                    o.value: counted[o.value] for o in facet.options
                }, (plain, facet.param)


def _fields(params: SearchParams) -> dict[str, Any]:
    return {name: getattr(params, name) for name in SearchParams.__slots__}


def test_the_pages_of_a_search_are_a_partition_of_it_under_every_sort(park: Any) -> None:
    for sort in SORTS:
        for text in ("", "服务"):
            whole, total = find_all(SearchParams(q=text, sort=sort))
            seen: list[int] = []
            for number in range(1, -(-total // 7) + 1):
                seen += [
                    card.id
                    for card in search_services(SearchParams(q=text, sort=sort, per_page=7, page=number)).page.items
                ]
            assert seen == [card.id for card in whole] and len(set(seen)) == total == 120, sort


def test_equals_stand_in_another_order_tomorrow_and_in_the_same_all_day(park: Any, clock: Any) -> None:
    def order() -> tuple[list[int], list[int]]:
        cards, _total = find_all(SearchParams(sort="sales"))
        return [card.id for card in cards], [card.order_count for card in cards]

    morning = order()
    clock.advance(hours=9)
    evening = order()
    clock.advance(days=1)
    tomorrow = order()
    assert morning == evening and morning[1] == tomorrow[1] and morning[0] != tomorrow[0]
    assert sorted(morning[0]) == sorted(tomorrow[0])


def test_conditions_given_in_any_order_are_one_search(park: Any) -> None:
    _app, rows = park
    source = random.Random(4)
    for _ in range(SEARCHES):
        pairs = random_pairs(source, sorted({row.firm_id for row in rows}))
        many = [pair for pair in pairs if pair[0] in ("category", "city", "pricing", "firm", "price", "rate")]
        mixed = source.sample(many, len(many))
        assert read_search(many)[0] == read_search(mixed)[0]


def test_an_address_read_and_written_is_the_same_search(park: Any) -> None:
    _app, rows = park
    for params in some_searches(rows, 5, 200):
        written = query_of(params)
        again, errors = read_search(parse_qsl(written, keep_blank_values=True))
        assert again == params and not errors, written
        assert query_of(again) == written
        assert pairs_of(again, whole=False) == pairs_of(params, whole=False)


def test_a_chips_link_is_the_search_without_exactly_that_condition(park: Any) -> None:
    _app, rows = park
    for params in some_searches(rows, 6, 100):
        chips = chips_of(params, {})
        for _label, param, value in chips:
            less = without(params, param, value)
            assert read_search(parse_qsl(address_of(less).partition("?")[2]))[0] == less
            gone = [chip for chip in chips if chip not in chips_of(less, {})]
            assert (_label, param, value) in gone
            others = [one for one in gone if one[1:] != (param, value)]
            assert not others or (param == "category" and all(one[1] in params.attributes for one in others)), (
                params,
                param,
            )
