import csv
from pathlib import Path

import pytest

from marketplace.search.documents import Document, Suggestion
from marketplace.search.engine import LISTS, Query
from marketplace.search.understanding import read_lists
from tests.search.conftest import Folder

HERE = Path(__file__).parent
REGIONS = {"上海": "310000", "苏州": "320500", "苏州工业园区": "320500", "昆山": "320500", "kunshan": "320500"}


def categories():
    with open(HERE / "categories.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def queries():
    with open(HERE / "queries.tsv", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """One listing per child category, in Shanghai and Suzhou; nobody changes it."""
    rows = categories()
    names = {row["code"]: row["name_zh"] for row in rows}
    folder = Folder(tmp_path_factory.mktemp("market") / "index", read_lists(LISTS))
    folder.put(
        Document(
            number,
            f"{row['name_zh']}服务",
            f"为长三角企业提供{row['name_zh']}，专业团队，流程规范。",
            f"{names[row['parent']]} {row['name_en']}",
            {"category": [row["parent"], row["code"]], "city": ["310000", "320500"]},
            {},
            [Suggestion(row["name_zh"], "category", row["code"]), Suggestion("上海示例人才服务有限公司", "firm", "1")],
        )
        for number, row in enumerate((one for one in rows if one["parent"]), 1)
    )
    folder.codes = {
        number: {row["code"], row["parent"]} for number, row in enumerate((one for one in rows if one["parent"]), 1)
    }
    return folder


def ask(market, text):
    return market.engine.find(Query(text, regions=REGIONS, region_facet="city", facets=("category",), limit=5))


@pytest.mark.parametrize("row", queries(), ids=lambda row: row["query"])
def test_the_accepted_category_is_among_the_first_five(market, row):
    result = ask(market, row["query"])
    if row["must_match_category"] == "NONE":
        assert result.total == 0 and result.ids == [] and result.notices[0].is_blocking
        return
    found = set().union(*(market.codes[one] for one in result.ids))
    assert found & set(row["must_match_category"].split("|")), (
        row,
        result,
        [sorted(market.codes[i]) for i in result.ids],
    )


@pytest.mark.parametrize("text", ["社保挂靠", "找公司挂靠社保", "代开发票", "买卖简历", "假离职", "代開發票"])
def test_a_forbidden_need_gets_a_notice_and_no_results(market, text):
    result = ask(market, text)
    assert result.total == 0 and [one.is_blocking for one in result.notices] == [True]


def test_outsourcing_never_answers_for_dispatch(market):
    for text in ("劳务派遣", "派遣用工"):
        first = market.codes[ask(market, text).ids[0]]
        assert "C05" in first
    synonyms = read_lists(LISTS).synonyms
    for word, others in synonyms.items():
        if "派遣" in word:
            assert not any("外包" in other for other in others)


def test_labour_outsourcing_is_answered_with_a_hint(market):
    result = ask(market, "劳务外包")
    assert result.total and [one.code for one in result.notices] == ["outsourcing_is_not_dispatch"]


def test_a_homophone_is_corrected_and_said_so(market):
    assert ask(market, "列头公司").corrected == "猎头公司"


def test_a_correct_query_is_not_corrected(market):
    assert ask(market, "猎头公司").corrected is None
    assert ask(market, "ＲＰＯ").corrected is None


def test_pinyin_of_several_words_is_read(market):
    result = ask(market, "liehuoyonggong")
    assert result.corrected is None or result.total
    assert ask(market, "linghuoyonggong").corrected == "灵活用工"


def test_a_place_in_the_text_filters_the_region(market):
    result = ask(market, "昆山 猎头")
    assert result.regions == ("320500",) and result.total


def test_a_place_without_any_result_does_not_empty_the_page(make_folder):
    folder = make_folder("lonely", True)
    folder.put([Document(1, "猎头服务", keywords={"city": ["310000"]})])
    result = folder.engine.find(Query("苏州猎头", regions=REGIONS, region_facet="city"))
    assert result.ids == [1] and result.regions == ()


def test_a_place_that_is_part_of_a_known_word_stays_in_it(market):
    assert ask(market, "上海户口").regions == ()


def test_an_own_choice_of_region_wins_over_the_text(make_folder):
    folder = make_folder("choice", True)
    folder.put([Document(1, "猎头", keywords={"city": ["310000"]}), Document(2, "猎头", keywords={"city": ["320500"]})])
    result = folder.engine.find(Query("苏州猎头", {"city": {"310000"}}, regions=REGIONS, region_facet="city"))
    assert result.ids == [1]


def test_only_stop_phrases_still_search_for_themselves(market):
    assert ask(market, "公司").corrected is None


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("劳务", "劳务协作与跨省输送"),
        ("派遣", "生产操作派遣"),
        ("gaoguan", "高管寻访"),
        ("gqjl", "股权激励"),
        ("wxyj", "社保公积金代缴（五险一金）"),
        ("rpo", "招聘流程外包（RPO）"),
        ("shanghaishili", "上海示例人才服务有限公司"),
    ],
)
def test_suggestions_take_chinese_pinyin_and_initials(market, typed, text):
    offers = [offer.text for offer in market.engine.suggest(typed, 20)]
    assert text in offers or any(text in offer for offer in offers), offers


def test_a_suggestion_disappears_with_its_last_document(folder):
    folder.put([Document(1, "甲", suggestions=[Suggestion("股权激励", "term")]), Document(2, "乙")])
    assert [offer.text for offer in folder.engine.suggest("gqjl")] == ["股权激励"]
    folder.put([], [1])
    assert folder.engine.suggest("gqjl") == []


def test_a_category_that_no_list_knows_is_found_by_its_whole_name(folder):
    named = [Suggestion("宠物关怀与人生", "category", "C99")]
    folder.put([Document(1, "甲", keywords={"category": ["C9901", "C99"]}, suggestions=named), Document(2, "乙")])
    assert folder.engine.find(Query("宠物关怀与人生")).ids == [1]
    assert folder.engine.find(Query("宠物关怀")).ids == []
