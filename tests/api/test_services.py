"""GET /api/v1/services and what belongs to it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.catalog import make_listing
from tests.factories.organisations import make_firm

KEYS = {
    "id", "title", "summary", "category_code", "category_name", "firm_id", "firm_name", "cities", "pricing_model", "price_min_fen",
    "price_max_fen", "rating", "url",
}  # fmt: skip


@pytest.fixture
def listing(indexed: Callable[[], int]) -> Any:
    found = make_listing(title="上海社保代缴", firm=make_firm(short_name="甲机构"))
    indexed()
    return found


class TestListServices:
    def test_the_answer_has_the_promised_shape(self, listing: Any, client: FlaskClient) -> None:
        answer = client.get("/api/v1/services?q=社保代缴")
        body = answer.get_json()
        assert answer.status_code == 200
        assert set(body) >= {"items", "total", "page", "per_page", "facets", "corrected_query", "notices", "took_ms"}
        item = body["items"][0]
        assert set(item) >= KEYS
        assert (item["id"], item["price_min_fen"], item["cities"], item["rating"]) == (
            listing.id,
            20_00,
            ["310000"],
            None,
        )
        assert client.get(item["url"]).status_code == 200
        assert set(body["facets"]) >= {"category", "city", "pricing", "price", "rating"}
        assert {"value": "C0301", "label": "社保公积金代缴（五险一金）", "count": 1} in body["facets"]["category"]
        assert body["facets"]["city"] == [{"value": "310000", "label": "上海市", "count": 1}]

    @pytest.mark.parametrize(
        "query",
        ["sort=best", "per_page=101", "page=0", "price_min=abc", "category=C99", "city=1", "price_min=9&price_max=1"],
    )
    def test_a_bad_parameter_is_a_422_that_names_it(self, listing: Any, client: FlaskClient, query: str) -> None:
        answer = client.get(f"/api/v1/services?{query}")
        body = answer.get_json()
        assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
        assert body["code"] == "parameters.invalid" and body["status"] == 422
        assert body["errors"][0]["parameter"] in query

    def test_a_page_beyond_the_last_is_empty(self, listing: Any, client: FlaskClient) -> None:
        body = client.get("/api/v1/services?page=7").get_json()
        assert (body["items"], body["total"], body["page"]) == ([], 1, 7)

    def test_a_forbidden_need_answers_with_a_notice(self, listing: Any, client: FlaskClient) -> None:
        body = client.get("/api/v1/services?q=社保挂靠").get_json()
        assert body["total"] == 0 and body["notices"][0]["code"] and body["notices"][0]["text"]

    def test_a_rate_is_not_given_as_money(self, indexed: Callable[[], int], client: FlaskClient) -> None:
        make_listing(category_code="C0201", pricing_model="pct_annual_salary", price_min_fen=20_00, price_max_fen=30_00)
        indexed()
        item = client.get("/api/v1/services").get_json()["items"][0]
        assert (item["price_min_fen"], item["rate_min_bps"], item["price_text"]) == (None, 2000, "20%–30%")

    def test_without_an_index_it_says_so(self, indexed: Callable[[], int], client: FlaskClient) -> None:
        answer = client.get("/api/v1/services")
        assert answer.status_code == 503 and answer.headers["Retry-After"]


class TestSuggest:
    @pytest.mark.parametrize("typed", ["社保", "shanghaishebao", "shsb"])
    def test_it_takes_chinese_pinyin_and_initials(self, listing: Any, client: FlaskClient, typed: str) -> None:
        found = client.get(f"/api/v1/services/suggest?q={typed}").get_json()["suggestions"]
        assert f"/services/{listing.id}" in [one["url"] for one in found]
        assert set(found[0]) == {"text", "kind", "url"}

    def test_nothing_typed_suggests_nothing(self, listing: Any, client: FlaskClient) -> None:
        assert client.get("/api/v1/services/suggest").get_json() == {"suggestions": []}


class TestGetService:
    def test_one_service_tells_all(self, listing: Any, client: FlaskClient) -> None:
        body = client.get(f"/api/v1/services/{listing.id}").get_json()
        assert body["description"] and body["attributes"]["cutoff_day"] == 10
        assert body["published_at"].endswith("+08:00")

    def test_unknown_is_404_and_withdrawn_is_410_as_problem_json(self, listing: Any, client: FlaskClient) -> None:
        gone = make_listing(state="withdrawn")
        for found, status in ((999_999, 404), (gone.id, 410)):
            answer = client.get(f"/api/v1/services/{found}")
            assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert client.get(f"/api/v1/services/{gone.id}").get_json()["reason"] == "停止提供"


class TestReference:
    def test_firms_are_listed_and_shown_with_their_licences(self, listing: Any, client: FlaskClient) -> None:
        body = client.get("/api/v1/firms").get_json()
        assert body["total"] == 1 and body["items"][0]["id"] == listing.firm_id
        detail = client.get(f"/api/v1/firms/{listing.firm_id}").get_json()
        assert "HR_FILING" in [one["kind"] for one in detail["licences"]]

    def test_a_bad_page_of_firms_is_a_422(self, listing: Any, client: FlaskClient) -> None:
        assert client.get("/api/v1/firms?page=x").status_code == 422

    def test_all_categories_and_regions_are_given(self, listing: Any, client: FlaskClient) -> None:
        found = client.get("/api/v1/categories").get_json()
        assert found["total"] == 86
        assert client.get("/api/v1/regions").get_json()["total"] >= 41

    def test_the_description_names_every_address(self, client: FlaskClient) -> None:
        body = client.get("/api/v1/openapi.json").get_json()
        assert body["openapi"].startswith("3.1")
        assert "/api/v1/services" in body["paths"] and "/api/v1/categories" in body["paths"]
