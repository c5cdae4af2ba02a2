"""Conditions written into a query."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from marketplace.core import regions
from marketplace.search import tokens
from marketplace.search.dictionary import Dictionary
from marketplace.search.hints import number_of, recognise
from marketplace.search.understanding import cut, read_literally, understand
from marketplace.search.wordbook import LISTS
from marketplace.search.wordlists import clean, read_lists

YUAN = 100


@pytest.mark.parametrize(
    ("text", "low", "high", "rest"),
    [
        ("社保代缴 100元以内", None, 100, "社保代缴"), ("预算5万 薪酬咨询", None, 50_000, "薪酬咨询"), ("20-50元/人/月 社保", 20, 50, "社保"),
        ("低于3000 背调", None, 3000, "背调"), ("一万以下 培训", None, 10_000, "培训"), ("三千五以内 背调", None, 3500, "背调"),
        ("1-2万 咨询", 10_000, 20_000, "咨询"), ("5k以内 测评", None, 5000, "测评"), ("年会 10w预算", None, 100_000, "年会"),
        ("派遣 100元左右", 50, 150, "派遣"), ("猎头 5万元以上", 50_000, None, "猎头"), ("不超过两百元 体检", None, 200, "体检"),
    ],
)  # fmt: skip
def test_prices_are_read_in_figures_and_words(text, low, high, rest):
    hints, left = recognise(text)
    price = next(hint for hint in hints if hint.kind == "price")
    told = tuple(None if fen is None else fen / YUAN for fen in (price.low, price.high))
    assert (told, left) == ((low, high), rest)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("4.5分以上 猎头", ["rating"]), ("好评 体检", ["rating"]), ("有派遣证的 公司", ["licensed"]), ("资质齐全 社保", ["licensed"]),
        ("昆山 500人 普工", ["volume"]), ("300名操作工", ["volume"]), ("按人按月 社保", ["pricing"]), ("包年 系统", ["pricing"]),
        ("n+1 补偿", []), ("三支一扶", []), ("五险一金", []), ("360度测评", []), ("996", []), ("51job", []), ("保用期90天", []), ("120积分", []),
        ("按人天 驻场", ["pricing"]), ("企业内训", []), ("双11仓库", []),
    ],
)  # fmt: skip
def test_other_conditions_are_told_from_words_that_look_like_them(text, kinds):
    assert [hint.kind for hint in recognise(text).hints] == kinds


def test_chinese_numerals_are_read_as_people_say_them():
    said = {"两百": 200, "三千五": 3500, "一千二百": 1200, "十五": 15, "五十": 50, "九千九百九十九": 9999, "一万": None}
    assert {word: number_of(word) for word in said if said[word]} == {
        word: value for word, value in said.items() if value
    }


class Empty:
    """An index that holds nothing."""

    def occurs(self, wording_tokens):
        return False

    def suggest(self, typed, limit=10):
        return []


KNOWN = Dictionary(read_lists(LISTS), regions.words())
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            "上海 猎头 社保 100元以内 派遣 sh suzhou 的 找 fake 4.5分 假 ① ﷺ 千 3-5万 rpo \x00 \ud800".split(" ")
        ),
        max_size=8,
    ).map("".join),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
@example("千元以内")
@example("İı①ǅﬁ㍿")
def test_any_text_is_read_without_an_error_and_normal_form_stays_itself(text):
    assert tokens.normalise(tokens.normalise(text)) == tokens.normalise(text)
    read = understand(text, KNOWN, Empty())
    assert set(read.regions) <= {code for codes in regions.words().values() for code in codes}
    assert all(hint.text.strip() in clean(text) for hint in read.hints if hint.kind != "licensed")
    pieces = cut(clean(text), KNOWN)
    assert "".join(piece.text for piece in pieces) == clean(text)
    literal = read_literally(text, KNOWN, Empty())
    assert not literal.regions and not literal.hints and not literal.topics
