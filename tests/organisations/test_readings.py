"""How names are read: letters, order, and what typed pinyin finds."""

import pytest
from pypinyin import Style, lazy_pinyin

from marketplace.organisations.rules.readings import _OWN, _table, pinyin_initial, spell, syllables, typed_pinyin

pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("重庆汇贤", "chong qing hui xian"), ("重工", "zhong gong"), ("长三角人才", "chang san jiao ren cai"), ("家长学校", "jia zhang xue xiao"),
        ("厦门博睿", "xia men bo rui"), ("乐清", "yue qing"), ("六安", "lu an"), ("台州", "tai zhou"), ("莘庄", "xin zhuang"),
        ("会计服务", "kuai ji fu wu"), ("曾氏", "zeng shi"), ("翟家", "zhai jia"), ("成都", "cheng du"), ("浒墅关", "xu shu guan"),
        ("ＡＢＣ人力", "abc ren li"), ("58 到家", "58 dao jia"), ("A-B（上海）", "a b shang hai"), ("吕氏", "lv shi"), ("堃淼", "kun miao"),
    ],
)  # fmt: skip
def test_a_name_is_read_as_people_read_it(name: str, read: str) -> None:
    assert syllables(name) == read.split()


@pytest.mark.parametrize(
    ("name", "letter"), [("讯飞", "X"), ("鑫", "X"), ("甪直", "L"), ("①号", "#"), ("😀", "#"), ("", "#"), ("é店", "#")]
)
def test_every_name_has_a_letter(name: str, letter: str) -> None:
    assert pinyin_initial(name) == letter


def test_the_table_agrees_with_pypinyin_but_for_our_own_readings() -> None:
    common = [bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    wrong = {
        sign: (_table().get(sign), lazy_pinyin(sign, style=Style.NORMAL)[0])
        for sign in common
        if sign and sign not in _OWN and _table().get(sign) != lazy_pinyin(sign, style=Style.NORMAL)[0]
    }
    assert wrong == {}


def test_names_stand_syllable_by_syllable_and_what_cannot_be_read_stands_last() -> None:
    names = ["昂立", "安邦", "西安", "线上", "58到家", "先锋", "阿里", "𠮷野"]
    ordered = sorted(names, key=lambda name: spell(name).pinyin_key)
    assert ordered[:6] == ["阿里", "安邦", "昂立", "西安", "先锋", "线上"]
    assert set(ordered[6:]) == {"58到家", "𠮷野"}
    assert all(spell(name).pinyin_key.isalnum() and spell(name).pinyin_key.isascii() for name in names)


def test_the_short_name_files_a_firm_and_both_names_find_it() -> None:
    spelled = spell("上海青浦启航人力资源有限公司", "启航")
    assert spelled.pinyin_initial == "Q"
    for typed in ("qihang", "qh", "qingpu", "qpqh", "shanghai", "hangrenli"):
        assert f" {typed}" in spelled.pinyin_words, typed
    assert " ihang" not in spelled.pinyin_words  # only from the beginning of a syllable


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Qīng Pǔ", "qingpu"),
        ("lǜ", "lv"),
        ("LÜ", "lv"),
        ("q p", "qp"),
        ("青浦", ""),
        ("青 pu", ""),
        ("%", ""),
        ("xi'an", "xian"),
    ],
)
def test_pinyin_is_understood_with_tones_blanks_and_capitals(typed: str, plain: str) -> None:
    assert typed_pinyin(typed) == plain
