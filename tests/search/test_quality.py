"""How well queries are answered, over the demo's listings: the project's thirty queries, and some hundred of our own.

`asked.tsv` has the same columns and a part: nobody may tune lists or rules on what is marked "held"; its share of passes is the honest
one. "wild" ones were written against the grain, passed at 86 and 92 % when first asked, and have been learnt from since; so were the
"unseen" ones, as buyers type, at 94, 88 and 89 %; a fourth set that is kept nowhere passed at 93 %. Rule
(dossier 9): the accepted category is among the first five listings; a forbidden need gets a notice and no result.
"""

import pytest

from marketplace.catalog.queries.understood import narrow
from marketplace.catalog.rules.taxonomy import child_categories
from marketplace.core import regions
from marketplace.search.engine import LISTS, Engine, Query
from marketplace.search.understanding import read_lists
from tests.search.conftest import Folder
from tests.search.market import demo_documents, rows_of

LEAST = {"dev": 0.99, "held": 0.97, "wild": 0.97, "unseen": 0.98}


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """The demo's market: two or three services of every category; each document's categories by id."""
    documents = list(demo_documents(200))
    folder = Folder(tmp_path_factory.mktemp("park") / "index", read_lists(LISTS))
    folder.put(documents)
    return folder.engine, {one.id: set(one.keywords["category"]) for one in documents}


def ask(engine: Engine, text: str, **more):
    return engine.find(Query(text, limit=5, regions=regions.words(), region_facet="city", narrow=narrow, **more))


def is_answered(park, row) -> bool:
    engine, codes = park
    found, wanted = ask(engine, row["query"]), row["must_match_category"]
    blocked = any(notice.is_blocking for notice in found.notices)
    if wanted == "NONE":
        return blocked and not found.total
    return not blocked and any(codes[one] & set(wanted.split("|")) for one in found.ids)


def test_the_projects_queries_are_all_answered(park):
    assert [row["query"] for row in rows_of("queries.tsv") if not is_answered(park, row)] == []


@pytest.mark.parametrize("part", list(LEAST))
def test_our_own_queries_are_answered(park, part):
    rows = [row for row in rows_of("asked.tsv") if row["part"] == part]
    failed = [row for row in rows if not is_answered(park, row)]
    print(f"{part}: {len(rows) - len(failed)} of {len(rows)}; failed: {[row['query'] for row in failed]}")
    assert len(rows) > 100 and len({row["kind"] for row in rows}) == 26
    assert 1 - len(failed) / len(rows) >= LEAST[part], [(row["query"], row["kind"]) for row in failed]


def test_nothing_comes_back_empty_but_what_is_forbidden(park):
    rows = [row for row in (*rows_of("queries.tsv"), *rows_of("asked.tsv")) if row["must_match_category"] != "NONE"]
    empty = [row["query"] for row in rows if not ask(park[0], row["query"]).total]
    assert len(empty) <= len(rows) // 200, empty


def test_both_cities_of_one_spelling_are_meant(park):
    assert ask(park[0], "suzhou lietou").regions == ("320500", "341300")
    assert ask(park[0], "taizhou 社保").regions == ("321200", "331000")
    assert ask(park[0], "宿州 社保").regions == ("341300",)


@pytest.mark.parametrize(
    ("text", "cities"),
    [
        ("江苏 社保", 13), ("长三角 猎头", 41), ("苏锡常 招工", 3), ("上海周边 派遣", 6), ("朱家角 体检", 1), ("上海户口", 0), ("sh 猎头", 1),
        ("kunshan pugong", 1), ("苏州工业园区猎头", 1), ("East China payroll", 41),
    ],
)  # fmt: skip
def test_places_of_all_sizes_are_known_and_not_cut_out_of_words(park, text, cities):
    read = park[0].understand(Query(text, regions=regions.words()))
    assert len(read.regions) == cities


@pytest.mark.parametrize(
    "text",
    [
        "产假证明办理", "病假工资单", "车间做流水线工人", "招聘流程外包过程", "学历认证代办", "现代考核体系", "请假考勤系统", "产假离职手续",
        "社保挂靠风险培训", "发票管理", "简历筛选系统", "离职证明",
    ],
)  # fmt: skip
def test_honest_needs_are_not_blocked(park, text):
    assert not any(notice.is_blocking for notice in ask(park[0], text).notices)
    assert ask(park[0], text).total


@pytest.mark.parametrize(
    "text",
    [
        "员工自愿放弃社保的风险",
        "真外包假派遣风险",
        "员工不来上班还要交社保吗",
        "员工要求不交社保怎么办",
        "怎么查假学历",
        "被公司扣押毕业证怎么办",
        "购买简历管理系统",
    ],
)
def test_questions_about_a_wrong_are_not_blocked_as_the_wrong(park, text):
    assert not any(notice.is_blocking for notice in ask(park[0], text).notices)
    assert ask(park[0], text).total


@pytest.mark.parametrize(
    "text",
    [
        "代开考勤证明",
        "假工资流水",
        "低风险社保挂靠 零风险",
        "出售求职者简历",
        "装作离职领失业金",
        "招十六岁以下小工",
        "出租派遣资质",
    ],
)
def test_forbidden_needs_are_known_in_other_words(park, text):
    assert any(notice.is_blocking for notice in ask(park[0], text).notices) and not ask(park[0], text).total


@pytest.mark.parametrize(
    "text",
    [
        "人才引进落户中介费用",
        "员工上班路上出车祸算工伤吗",
        "投资前创始人背调",
        "面试官用的结构化题库",
        "美国回来的博士怎么招",
        "年后返工缺人",
    ],
)
def test_ordinary_words_are_not_corrected(park, text):
    assert ask(park[0], text).corrected is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("叉车司机 仓储 外包", "C0606"), ("育婴师 养老护理员 培训", "C1002"), ("国外工作经历核实", "C1105"), ("市场75分位工资", "C0403"),
        ("cepingzhongxin", "C09"), ("ITwaibao", "C0604"), ("一直招不到合适的人", "C01"),
    ],
)  # fmt: skip
def test_the_need_outweighs_the_job_and_the_trade(park, text, code):
    engine, codes = park
    assert code in codes[ask(engine, text).ids[0]]


def test_only_services_of_the_kind_meant_are_found_by_a_common_word(park):
    engine, codes = park
    assert all("C0301" in codes[one] for one in ask(engine, "五险一金 苏州 50元以内").ids)
    assert all("C0304" not in codes[one] for one in engine.find(Query("社保", limit=200)).ids)


def test_a_top_category_is_found_by_its_name(park):
    engine, codes = park
    for name, code in (("人事代理与社保公积金", "C03"), ("Training and skills", "C10")):
        found = set().union(*(codes[one] for one in engine.find(Query(name, limit=200)).ids))
        assert found >= {one.code for one in child_categories() if one.parent == code}


def test_a_text_taken_literally_has_no_filters_and_stays_reachable(park):
    engine = park[0]
    meant, literal = ask(engine, "上海 社保 50元以内"), ask(engine, "上海 社保 50元以内", is_literal=True)
    assert meant.regions and meant.hints and meant.total
    assert not literal.regions and not literal.hints and literal.corrected is None
    assert ask(engine, "社保卦靠", is_literal=True).total == 0
    assert ask(engine, "社保挂靠", is_literal=True).notices


def test_conditions_that_would_leave_nothing_are_dropped_and_said_so(park):
    found = ask(park[0], "股权激励 100元以内")
    assert found.total and not found.hints and [one.kind for one in found.dropped[1]] == ["price"]


def test_suggestions_are_not_given_for_a_forbidden_need(park):
    assert park[0].suggest("社保挂靠") == [] and park[0].suggest("社保")


@pytest.mark.parametrize(
    ("typed", "word"), [("居转", "居转户"), ("juzhuan", "居转户"), ("背", "背调"), ("pay", "payroll")]
)
def test_words_for_a_need_are_suggested_beside_services(park, typed, word):
    assert word in [offer.text for offer in park[0].suggest(typed) if offer.kind == "term"]
