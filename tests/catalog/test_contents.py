"""Contents of listings compared, checked and counted: pure rules, no database."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.catalog.rules.answers import find_missing
from marketplace.catalog.rules.diffs import apply_diff, diff_contents, mark_texts, normal
from marketplace.catalog.rules.draft import ListingDraft, copied_title, marked_texts, word_problems
from marketplace.catalog.rules.fees import MODEL_HELP, fee_rows, find_fee_problems
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.taxonomy import category
from marketplace.catalog.rules.words import KINDS, find_words, marked
from marketplace.demo.listings import FOCUS, TEXTS, TIERS, offers
from tests.factories.catalog import make_draft

OF = category("C0301")
WORDS = st.text(alphabet="社保代缴服务上海 \nab1，。", max_size=40)


@st.composite
def contents(draw: st.DrawFn) -> ListingDraft:
    low = draw(st.none() | st.integers(0, 3))
    attributes = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "own_or_partner": st.sampled_from(["own", "partner", ""]), "cutoff_day": st.none() | st.integers(0, 2),
                "system_access": st.booleans(), "insurance_types": st.lists(st.sampled_from(["pension", "injury"]), unique=True),
            },
        )
    )  # fmt: skip
    return ListingDraft(
        "C0301", draw(WORDS), draw(WORDS), draw(WORDS), draw(st.sampled_from(["per_head_month", "quote"])), low,
        draw(st.none() | st.integers(3, 4)), draw(WORDS), draw(st.sampled_from(["", "元/次"])),
        tuple(draw(st.lists(st.sampled_from(["310000", "320500", "330100"])))), attributes, draw(st.sampled_from(["", "included"])),
    )  # fmt: skip


class TestDiff:
    @settings(max_examples=150, deadline=None)
    @given(contents(), contents())
    def test_the_differences_applied_to_the_old_give_the_new_and_none_means_equal(
        self, old: ListingDraft, new: ListingDraft
    ) -> None:
        changes = diff_contents(old, new, OF, OF)
        assert apply_diff(old, changes) == normal(new)
        assert (not changes) is (normal(old) == normal(new))

    @settings(max_examples=150, deadline=None)
    @given(WORDS, WORDS)
    def test_the_parts_join_to_the_texts_and_what_is_unmarked_is_the_same(self, old: str, new: str) -> None:
        left, right = mark_texts(old, new)
        assert ("".join(text for text, _ in left), "".join(text for text, _ in right)) == (old, new)
        assert [t for text, m in left if not m for t in text] == [t for text, m in right if not m for t in text]

    def test_inserted_and_deleted_words_are_marked_and_nothing_else(self) -> None:
        left, right = mark_texts("按月代缴五险一金，专人对接。", "按月代缴五险，专人驻场对接。")
        assert [text for text, differs in left if differs] == ["一金"]
        assert [text for text, differs in right if differs] == ["驻场"]

    def test_each_field_is_named_and_read_as_people_read_it(self) -> None:
        old = make_draft(attributes={"system_access": True}, city_codes=("310000",))
        new = make_draft(
            title=old.title, price_max_fen=80_00, city_codes=("310000", "320500"), attributes={"system_access": False}
        )
        rows = {row.field: row for row in diff_contents(old, new, OF, OF)}
        assert set(rows) == {"city_codes", "price", "a_system_access"}
        assert rows["city_codes"].after == (("上海市", False), ("、", False), ("苏州市", True))
        assert (rows["price"].before[0][0], rows["price"].after[0][0]) == ("¥20–¥50 元/人/月", "¥20–¥80 元/人/月")
        assert (rows["a_system_access"].before[0][0], rows["a_system_access"].after[0][0]) == ("是", "否")

    def test_a_very_long_passage_is_shown_as_replaced_whole(self) -> None:
        left, right = mark_texts("甲" * 5000, "乙" + "甲" * 4999)
        assert left == (("甲" * 5000, True),) and len(right) == 1

    def test_many_like_lines_are_compared_in_no_time(self) -> None:
        began = perf_counter()
        assert "".join(text for text, _ in mark_texts("a\n" * 2500, "b\na\n" * 1250)[1]) == "b\na\n" * 1250
        mark_texts("a\n" * 240, "b\na\n" * 120)
        assert perf_counter() - began < 3, "it took minutes"


class TestMissingAnswers:
    def test_required_and_optional_questions_are_counted_apart_and_no_and_zero_are_answers(self) -> None:
        given = {"own_or_partner": "own", "system_access": False, "cutoff_day": 0, "insurance_types": []}
        missing = find_missing(OF, given)
        assert [a.key for a in missing.required] == [
            a.key
            for a in OF.own_attributes
            if a.required and a.key not in ("own_or_partner", "system_access", "cutoff_day")
        ]
        assert missing.keys == {a.key for a in OF.own_attributes} - {"own_or_partner", "system_access", "cutoff_day"}

    def test_a_complete_content_misses_nothing_required(self) -> None:
        assert find_missing(OF, make_draft().attributes).required == ()


class TestPriceFacts:
    @pytest.mark.parametrize(
        "values",
        [
            {"price_min_fen": 20_00, "price_max_fen": 60_01}, {"price_min_fen": 20_00, "price_max_fen": None},
            {"price_min_fen": None, "price_max_fen": 20_00}, {"price_min_fen": 0, "price_max_fen": 0},
            {"pricing_model": "quote", "price_min_fen": 20_00, "price_max_fen": 20_00},
        ],
    )  # fmt: skip
    def test_a_price_that_says_little_needs_its_basis(self, values: dict[str, object]) -> None:
        assert [p.field for p in find_fee_problems(make_draft(**values, billing_note=" "), spread=3)] == [
            "billing_note"
        ]
        assert find_fee_problems(make_draft(**values, billing_note="按人数"), spread=3) == []

    @pytest.mark.parametrize("high", [20_00, 60_00])
    def test_a_fixed_sum_and_a_narrow_range_stand_for_themselves(self, high: int) -> None:
        assert find_fee_problems(make_draft(price_min_fen=20_00, price_max_fen=high, billing_note=""), spread=3) == []

    def test_the_published_standard_says_model_range_unit_basis_and_tax(self) -> None:
        rows = fee_rows(make_draft(billing_note="按参保人数", tax_note="included"))
        assert [value for _label, value in rows] == ["按人按月", "¥20–¥50 元/人/月", "按参保人数", "价格含税"]

    def test_every_price_model_says_how_it_is_filled_in(self) -> None:
        assert set(MODEL_HELP) == set(PricingModel)


class TestWordCheck:
    @pytest.mark.parametrize(
        ("text", "word", "kind"),
        [
            ("仅 限 男 性，吃苦", "仅 限 男 性", "discrimination"), ("僅限男性", "僅限男性", "discrimination"),
            ("仅*限.男-性", "仅*限.男-性", "discrimination"), ("社保\u200b挂靠", "社保\u200b挂靠", "prohibited"),
            ("要求三十五岁以下", "三十五岁以下", "discrimination"), ("１８－３５岁", "１８－３５岁", "discrimination"),
            ("不招河南人", "不招河南人", "discrimination"), ("少数民族勿扰", "少数民族勿扰", "discrimination"),
            ("已婚已育优先", "已婚已育优先", "discrimination"), ("拒绝残疾人", "拒绝残疾", "discrimination"),
            ("谢绝信教者", "谢绝信教", "discrimination"), ("入职体检加乙肝五项", "入职体检加乙肝", "discrimination"),
            ("代开增值税专用发票", "代开增值税专用发票", "prohibited"), ("办理假离职", "假离职", "prohibited"),
            ("低价买卖简历", "买卖简历", "prohibited"), ("收取员工押金", "收取员工押金", "prohibited"),
            ("扣押身份证", "扣押身份证", "prohibited"), ("许可证出借", "许可证出借", "prohibited"),
            ("工资5000-8000元，有意者请联系", "工资5000-8000元", "job_ad"), ("电话138 0000 1234", "138 0000 1234", "job_ad"),
            ("ｖｘ：abc12345", "ｖｘ：abc12345", "job_ad"), ("QQ:12345678", "QQ:12345678", "job_ad"),
            ("微信号 hr_2026", "微信号 hr_2026", "job_ad"), ("一三八零零零零一二三四", "一三八零零零零一二三四", "job_ad"),
            ("国家级团队", "国家级", "claim"), ("行业第一", "行业第一", "claim"), ("最佳方案", "最佳", "claim"),
        ],
    )  # fmt: skip
    def test_tricks_are_seen_through_and_the_typed_words_are_named(self, text: str, word: str, kind: str) -> None:
        found = find_words(text)
        assert (word, kind) in [(one.word, one.kind) for one in found]
        assert all(text[one.start : one.end] == one.word for one in found)

    @pytest.mark.parametrize(
        "text",
        [
            "绝不收取押金，严禁扣押证件", "防范社保挂靠风险", "反对招聘广告中限男性等歧视", "识别假学历", "仅限上海地区服务", "不限男女",
            "承保年龄16-65周岁", "代发工资 3000 人", "第一时间响应，第一阶段交付", "国家级高新区企业", "企业微信打卡接入", "男女比例不限",
            "残疾人就业保障金咨询", "女职工特殊保护", "订单号 202611251380000123456", "独家委托寻访",
        ],
    )  # fmt: skip
    def test_ordinary_sentences_pass(self, text: str) -> None:
        assert find_words(text) == []

    def test_no_text_of_the_demo_market_is_hit(self) -> None:
        texts = [*TEXTS.values(), *FOCUS, *TIERS, "按实际服务量月度结算，含税。"]
        for offer in offers().values():
            texts += [offer["text"], *offer["titles"].split(";")]
        assert {text: found for text in texts if (found := find_words(text))} == {}

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="仅限男性不收押金急招 最佳*社保挂靠138\n，", max_size=40))
    def test_the_marked_parts_join_to_the_text(self, text: str) -> None:
        parts = marked(text)
        assert "".join(part for part, _kind in parts) == text
        assert [part for part, kind in parts if kind] == [one.word for one in find_words(text)]

    def test_of_a_long_text_only_the_places_are_shown(self) -> None:
        draft = make_draft(description="甲" * 500 + "急招" + "乙" * 500 + "诚聘" + "丙" * 500)
        [mark] = marked_texts(draft)
        assert [text for text, kind in mark.parts if kind] == ["急招", "诚聘"]
        assert sum(len(text) for text, _kind in mark.parts) < 200

    def test_claims_are_shown_and_refuse_nothing(self) -> None:
        draft = make_draft(description="行业第一的团队", summary="急招")
        assert [(mark.field, mark.is_hard) for mark in marked_texts(draft)] == [
            ("summary", True),
            ("description", False),
        ]
        assert [problem.field for problem in word_problems(draft)] == ["summary"]

    def test_every_word_of_the_list_says_why_in_both_languages(self) -> None:
        from marketplace.catalog.rules.words import _words

        assert all(word.kind in KINDS and word.hint_zh and word.hint_en for word in _words())


class TestCopiedTitle:
    def test_a_copy_says_so_is_numbered_and_fits(self) -> None:
        assert copied_title("代缴", set()) == "代缴（副本）"
        assert copied_title("代缴", {"代缴（副本）"}) == "代缴（副本 2）"
        assert copied_title("代缴（副本 2）", {"代缴（副本）", "代缴（副本 2）"}) == "代缴（副本 3）"
        assert len(copied_title("长" * 80, set())) == 80
