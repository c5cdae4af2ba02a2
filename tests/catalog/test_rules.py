"""The taxonomy, prices, the content check and the words of listings; no database."""

from typing import Any

import pytest

from marketplace.catalog.rules.draft import find_problems, marked_texts, word_problems
from marketplace.catalog.rules.pricing import PRICE_BANDS, PricingModel, band_of, models_for, price_text
from marketplace.catalog.rules.search import read_search, sentence_of
from marketplace.catalog.rules.taxonomy import (
    categories,
    category,
    child_categories,
    missing_licences,
    top_categories,
)
from marketplace.catalog.rules.words import find_words
from tests.factories.catalog import make_draft


class TestTaxonomy:
    def test_there_are_14_top_categories_with_72_children(self) -> None:
        assert (len(top_categories()), len(child_categories())) == (14, 72)

    def test_every_choice_and_attribute_is_named_in_both_languages(self) -> None:
        for one in categories().values():
            for attribute in one.attributes:
                assert attribute.label_zh and attribute.label_en
                assert all(choice.label_zh and choice.label_en for choice in attribute.choices)

    def test_every_choice_attribute_has_choices(self) -> None:
        for one in categories().values():
            assert all(a.choices for a in one.attributes if a.type in ("enum", "multi"))

    @pytest.mark.parametrize(
        ("key", "code"),
        [
            ("fair_mode", "C0104"),
            ("campus_list", "C0103"),
            ("hotline_24h", "C1301"),
            ("insurer", "C1304"),
            ("e_sign_ca", "C1402"),
        ],
    )
    def test_an_attribute_of_one_child_is_asked_there_only(self, key: str, code: str) -> None:
        assert [c.code for c in child_categories() if c.attribute(key)] == [code]

    def test_keys_are_unique_within_a_category(self) -> None:
        for one in child_categories():
            keys = [a.key for a in one.attributes]
            assert len(keys) == len(set(keys)), one.code

    @pytest.mark.parametrize(
        ("code", "held", "missing"),
        [
            ("C0105", {"HR_PERMIT"}, ("ICP",)), ("C0105", {"HR_PERMIT", "ICP"}, ()), ("C0501", {"HR_PERMIT"}, ("DISPATCH",)),
            ("C0301", {"HR_PERMIT"}, ("HR_FILING",)), ("C1301", set(), ()),
        ],
    )  # fmt: skip
    def test_a_category_needs_all_of_its_licences(self, code: str, held: set[str], missing: tuple[str, ...]) -> None:
        assert missing_licences(category(code), held) == missing


class TestPricing:
    def test_every_amount_lies_in_exactly_one_band(self) -> None:
        assert [band_of(fen) for fen in (0, 99_99, 100_00, 999_99, 1_000_00, 100_000_00)] == [
            "0-100", "0-100", "100-1000", "100-1000", "1000-5000", "100000-",
        ]  # fmt: skip
        assert len(PRICE_BANDS) == 6

    @pytest.mark.parametrize(
        ("model", "low", "high", "text"),
        [
            ("per_head_month", 20_00, 100_00, "¥20–¥100"), ("per_head_month", 20_50, 20_50, "¥20.50"),
            ("fixed_project", 3_800_00, None, "¥3,800 起"), ("pct_annual_salary", 20_00, 30_00, "20%–30%"), ("quote", None, None, "面议"),
        ],
    )  # fmt: skip
    def test_a_price_reads_as_people_write_it(self, model: str, low: int | None, high: int | None, text: str) -> None:
        assert price_text(PricingModel(model), low, high) == text

    def test_the_models_mainly_used_in_a_category_come_first_and_quote_last(self) -> None:
        models = models_for(category("C02").pricing)
        assert models[0] == PricingModel.PCT_ANNUAL_SALARY and models[-1] == PricingModel.QUOTE
        assert set(models) == set(PricingModel)


class TestContent:
    @pytest.mark.parametrize("code", [c.code for c in child_categories()])
    def test_a_complete_draft_of_every_category_passes(self, code: str) -> None:
        assert find_problems(make_draft(code)) == []

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": " "}, "title"), ({"summary": "长" * 201}, "summary"), ({"city_codes": ()}, "city_codes"),
            ({"city_codes": ("110000",)}, "city_codes"), ({"pricing_model": "free"}, "pricing_model"),
            ({"price_min_fen": 100, "price_max_fen": 50}, "price_max"),
            ({"price_min_fen": None, "price_max_fen": None}, "price_min"),
            ({"attributes": {"cutoff_day": 32}}, "a_cutoff_day"), ({"attributes": {"own_or_partner": "other"}}, "a_own_or_partner"),
            ({"attributes": {"unheard_of": 1}}, "attributes"),
        ],
    )  # fmt: skip
    def test_a_fault_is_found_at_its_field(self, values: dict[str, object], field: str) -> None:
        assert field in [problem.field for problem in find_problems(make_draft("C0301", **values))]

    def test_quote_needs_a_range_or_a_billing_note(self) -> None:
        bare: dict[str, Any] = {
            "pricing_model": "quote",
            "price_min_fen": None,
            "price_max_fen": None,
            "billing_note": "",
        }
        assert [p.code for p in find_problems(make_draft(**bare))] == ["listing.price_missing"]
        assert find_problems(make_draft(**{**bare, "billing_note": "按参保人数与城市报价"})) == []

    def test_a_screening_firm_must_promise_written_consent(self) -> None:
        assert [p.field for p in find_problems(make_draft("C1101", attributes={"consent_form": False}))] == [
            "a_consent_form"
        ]

    def test_a_dispatch_contract_runs_for_two_years_at_least(self) -> None:
        assert [p.field for p in find_problems(make_draft("C0501", attributes={"contract_years": 1}))] == [
            "a_contract_years"
        ]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "word", "kind"),
        [
            ("仅限男性，吃苦耐劳", "仅限男性", "discrimination"), ("要求35岁以下", "要求35岁以下", "discrimination"),
            ("本地户籍优先", "本地户籍优先", "discrimination"), ("可办社保挂靠", "社保挂靠", "prohibited"),
            ("代开发票", "代开发票", "prohibited"), ("急招普工", "急招", "job_ad"), ("月薪8000元起", "月薪8000元", "job_ad"),
            ("电话13800001234", "13800001234", "job_ad"),
        ],
    )  # fmt: skip
    def test_the_exact_word_is_named(self, text: str, word: str, kind: str) -> None:
        assert (word, kind) in [(found.word, found.kind) for found in find_words(text)]

    @pytest.mark.parametrize(
        "text",
        [
            "女职工权益保护咨询",
            "按月核对社保，准时缴纳",
            "反歧视合规培训",
            "薪酬核算，发放 13800 人次",
            "统一社会信用代码 91310118MA0000015P",
        ],
    )
    def test_ordinary_sentences_pass(self, text: str) -> None:
        assert find_words(text) == []

    def test_each_field_with_words_is_named_and_the_words_are_marked(self) -> None:
        draft = make_draft(title="急招普工", description="仅限男性")
        assert [problem.field for problem in word_problems(draft)] == ["title", "description"]
        assert marked_texts(draft)[0].parts == [("急招", "job_ad"), ("普工", "")]


class TestSearchParameters:
    def test_an_address_is_the_whole_state(self) -> None:
        params, errors = read_search(
            [("q", "猎头"), ("category", "C02"), ("category", "C0202"), ("city", "310000"), ("price_min", "10.5"), ("overseas", "1"),
             ("guarantee_days", "90"), ("sort", "price_asc"), ("page", "2"), ("licensed", "1"), ("rating_min", "4")]
        )  # fmt: skip
        assert not errors
        assert (params.category, params.price_min_fen, params.sort, params.page) == (
            ("C02", "C0202"),
            1050,
            "price_asc",
            2,
        )
        assert params.attributes == {"overseas": ("1",), "guarantee_days": ("90",)}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("category", "C99"), ("city", "110000"), ("price_min", "abc"), ("pricing", "free"), ("rating_min", "9"), ("sort", "best"),
            ("page", "0"), ("per_page", "101"), ("firm", "x"), ("licensed", "maybe"),
        ],
    )  # fmt: skip
    def test_a_wrong_value_is_left_out_and_named(self, name: str, value: str) -> None:
        params, errors = read_search([(name, value)])
        assert [found for found, _message in errors] == [name]
        assert params == read_search([])[0]

    def test_attributes_are_filtered_only_within_one_top_category(self) -> None:
        params, _errors = read_search([("category", "C02"), ("category", "C05"), ("overseas", "1")])
        assert params.attributes == {} and params.filterable == ()

    def test_the_filter_reads_as_a_sentence(self) -> None:
        params, _errors = read_search([("q", "猎头")])
        assert sentence_of(params, [("上海市", "city", "310000")]) == "正在查看“猎头”：服务城市为上海市；按“综合”排序。"
