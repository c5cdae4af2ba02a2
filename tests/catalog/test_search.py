"""The search page: what is found, counted, shown and exported."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.catalog.queries import get_listing, search_services
from marketplace.catalog.rules.search import read_search
from marketplace.catalog.services import suspend_listing
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.lifecycle import advance
from marketplace.organisations.models import Licence
from marketplace.search import changes
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.organisations import make_firm

Index = Callable[[], int]


def find(*pairs: tuple[str, str]) -> Any:
    return search_services(read_search(pairs)[0])


def titles(found: Any) -> list[str]:
    return [card.title for card in found.page.items]


def counts(found: Any, param: str) -> dict[str, int]:
    return {o.value: o.count for facet in found.facets if facet.param == param for o in facet.options}


@pytest.fixture
def market(indexed: Index) -> Any:
    """Three services of two firms in two categories, indexed."""
    one, two = make_firm(short_name="甲机构"), make_firm(short_name="乙机构")
    make_listing(firm=one, title="上海社保代缴", price_min_fen=20_00, price_max_fen=30_00)
    make_listing(
        firm=two, title="苏州社保代缴", price_min_fen=150_00, price_max_fen=None, city_codes=("320500", "310000")
    )
    make_listing(firm=one, category_code="C0201", title="高管猎头", summary="高管寻访", description="顾问", pricing_model="pct_annual_salary",
                 price_min_fen=20_00, price_max_fen=30_00)  # fmt: skip
    indexed()
    return one, two


class TestSearch:
    def test_words_and_synonyms_find_services(self, market: Any) -> None:
        assert sorted(titles(find(("q", "社保代缴")))) == ["上海社保代缴", "苏州社保代缴"]
        assert "高管猎头" in titles(find(("q", "lietou")))

    def test_counts_beside_a_choice_are_exact_and_ignore_its_own_facet(self, market: Any) -> None:
        found = find(("category", "C03"))
        assert found.page.total == 2
        assert counts(found, "category") == {"C02": 1, "C03": 2, "C0301": 2}
        assert counts(found, "city") == {"310000": 2, "320500": 1}
        assert counts(found, "price") == {"0-100": 1, "100-1000": 1}

    def test_several_values_mean_any_and_several_facets_mean_all(self, market: Any) -> None:
        assert find(("category", "C02"), ("category", "C03")).page.total == 3
        assert titles(find(("category", "C02"), ("category", "C03"), ("city", "320500"))) == ["苏州社保代缴"]

    def test_prices_include_both_ends_and_leave_rates_out(self, market: Any) -> None:
        assert titles(find(("price_min", "20"), ("price_max", "150"), ("sort", "price_asc"))) == [
            "上海社保代缴",
            "苏州社保代缴",
        ]
        assert titles(find(("price", "100-1000"))) == ["苏州社保代缴"]

    def test_an_attribute_of_the_chosen_category_filters(self, market: Any) -> None:
        make = find(("category", "C0201"))
        assert counts(make, "min_salary") == {"300000": 1, "500000": 1, "800000": 1}
        assert titles(find(("category", "C0201"), ("min_salary", "300000"))) == ["高管猎头"]
        assert titles(find(("category", "C0201"), ("min_salary", "200000"))) == []

    @pytest.mark.parametrize(
        ("sort", "first"),
        [
            ("price_asc", "上海社保代缴"),
            ("price_desc", "苏州社保代缴"),
            ("newest", None),
            ("sales", None),
            ("rating", None),
        ],
    )
    def test_every_sort_keeps_all_results(self, market: Any, sort: str, first: str | None) -> None:
        found = find(("sort", sort))
        assert found.page.total == len(found.page.items) == 3
        assert first is None or titles(found)[0] == first

    def test_a_firm_a_pricing_model_and_verified_licences_filter(self, market: Any) -> None:
        one, _two = market
        assert find(("firm", str(one.id))).page.total == 2
        assert find(("pricing", "pct_annual_salary")).page.total == 1
        assert find(("licensed", "1")).page.total == 3

    def test_a_forbidden_need_finds_nothing_and_says_why(self, market: Any) -> None:
        found = find(("q", "社保挂靠"))
        assert found.page.total == 0 and "违法" in found.notices[0][1]

    def test_a_page_beyond_the_last_shows_the_last(self, market: Any) -> None:
        assert find(("page", "99"), ("per_page", "2")).page.page == 2


class TestFreshness:
    def test_a_suspended_service_leaves_the_results(self, indexed: Index) -> None:
        listing = make_listing()
        indexed()
        assert find().page.total == 1
        with transaction():
            operator = operator_actor()
            suspend_listing(actor=operator, listing=get_listing(listing.id, actor=operator), reason="核查")
        indexed()
        assert find().page.total == 0

    def test_a_suspended_firm_takes_its_services_along(self, indexed: Index) -> None:
        listing = make_listing()
        indexed()
        with transaction():
            advance(get_listing(listing.id, actor=operator_actor()).firm, "suspend", actor=operator_actor())
            changes.touch("firm", [listing.firm_id])
        indexed()
        assert find().page.total == 0

    def test_a_licence_that_lapsed_after_indexing_hides_the_card_at_once(
        self, indexed: Index, client: FlaskClient
    ) -> None:
        listing = make_listing(category_code="C0501", title="派遣服务")
        indexed()
        with transaction():
            licence = db.session.scalars(
                select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == "DISPATCH")
            ).one()
            licence.valid_to = today() - timedelta(days=1)
        assert titles(find()) == []
        assert client.get(f"/services/{listing.id}").status_code == 404

    def test_no_index_yet_is_said_and_not_an_error(self, indexed: Index, client: FlaskClient) -> None:
        assert "检索服务正在准备" in client.get("/services/").get_data(as_text=True)


class TestPage:
    def test_the_page_shows_cards_counts_chips_and_marks(self, market: Any, client: FlaskClient) -> None:
        answer = client.get("/services/?q=社保代缴&category=C03&city=310000")
        page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        assert answer.status_code == 200
        assert len(page.select("article.card")) == 2
        assert page.select_one("article mark")
        assert [chip.get_text(strip=True).removesuffix("移除此条件") for chip in page.select(".chip")] == [
            "人事代理与社保公积金",
            "上海市",
        ]
        box = page.select_one("input[name=city][value='310000']")
        assert box and box.has_attr("checked")
        assert page.select_one("label:has(input[value='320500']) .facet-count").get_text() == "1"

    def test_it_needs_at_most_six_statements(self, market: Any, client: FlaskClient, queries: Any) -> None:
        client.get("/services/?q=社保代缴&category=C03")
        with queries(at_most=12) as seen:
            client.get("/services/?q=社保代缴&category=C03")
        own = [text for text in seen if "listing" in text or "licence" in text or "organisation" in text]
        assert len(own) <= 6, str(seen)

    def test_no_result_gives_hints(self, market: Any, client: FlaskClient) -> None:
        text = client.get("/services/?city=340100").get_data(as_text=True)
        assert "没有符合条件的服务" in text
        assert [one.get_text() for one in BeautifulSoup(text, "html.parser").select(".widenings a")] == [
            "去掉“合肥市” 3 项"
        ]

    def test_wrong_parameters_are_named_and_left_out(self, market: Any, client: FlaskClient) -> None:
        text = client.get("/services/?price_min=abc&sort=best").get_data(as_text=True)
        assert "以下条件无效，已忽略" in text and "price_min" in text

    @pytest.mark.parametrize("fmt", ["csv", "xlsx"])
    def test_the_export_respects_the_filters(self, market: Any, client: FlaskClient, fmt: str) -> None:
        answer = client.get(f"/services/export/{fmt}?city=320500")
        assert answer.status_code == 200 and answer.headers["X-Total-Count"] == "1"
        if fmt == "csv":
            text = answer.get_data().decode("utf-8-sig")
            assert "苏州社保代缴" in text and "上海社保代缴" not in text

    def test_it_speaks_english(self, market: Any, client: FlaskClient) -> None:
        assert "Social insurance" in client.get("/services/?category=C03&lang=en").get_data(as_text=True)
