import random

from marketplace.search import tokens
from marketplace.search.engine import highlight


def test_full_width_upper_case_and_traditional_text_become_one_form():
    assert tokens.normalise("ＲＰＯ　勞務派遣") == "rpo 劳务派遣"


def test_a_chinese_run_becomes_pairs_and_its_last_character():
    assert tokens.document_tokens("五险一金") == ["五险", "险一", "一金", "金"]


def test_script_changes_and_punctuation_separate_runs():
    assert tokens.document_tokens("IT外包/驻场") == ["it", "外包", "包", "驻场", "场"]


def test_every_substring_of_two_characters_is_found_by_its_tokens():
    source = random.Random(3)
    text = "".join(source.choices("劳务派遣灵活用工薪酬外包测评", k=200))
    own = set(tokens.document_tokens(text))
    for _ in range(300):
        start = source.randrange(len(text) - 1)
        part = text[start : start + source.randint(2, 8)]
        if len(part) > 1:
            assert set(tokens.query_tokens(part)) <= own


def test_one_chinese_character_is_a_prefix():
    assert tokens.query_tokens("税") == ["税"]
    assert tokens.is_prefix("税") and not tokens.is_prefix("a") and not tokens.is_prefix("个税")


def test_traditional_pairs_are_consistent():
    for index in range(0, len(tokens._PAIRS), 2):
        assert tokens.normalise(tokens._PAIRS[index]) == tokens.normalise(tokens._PAIRS[index + 1])


def test_highlight_marks_the_words_and_keeps_the_text():
    text = "提供勞務派遣與 RPO 服务，Rpoxy 除外"
    parts = highlight(text, "劳务派遣 rpo")
    assert "".join(part for part, _ in parts) == text
    assert [part for part, hit in parts if hit] == ["勞務派遣", "RPO"]


def test_highlight_of_an_empty_text_has_no_parts():
    assert highlight("", "派遣") == []
