"""Money: reading, showing, capitals, splitting and rates, in whole 分."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.money import (
    capitals,
    format_yuan,
    parse_yuan,
    percent_floor,
    percent_half_up,
    short_yuan,
    short_yuan_en,
    split,
)

FEN = st.integers(min_value=-(10**17), max_value=10**17)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00 元"),
        (999_999, "9,999.99 元"),
        (1_000_000, "1万元"),
        (1_234_500, "1.23万元"),
        (20_000_000, "20万元"),
        (-3_600_000, "-3.6万元"),
        (9_999_499_900, "9,999.5万元"),
        (9_999_999_900, "1亿元"),
        (10_000_000_000, "1亿元"),
        (200_000_000_000, "20亿元"),
        (123_456_789_000, "12.35亿元"),
    ],
)
def test_a_headline_amount_is_rounded_before_its_unit_is_chosen(fen: int, text: str) -> None:
    assert short_yuan(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (999_999, "CNY 9,999.99"),
        (1_234_500, "CNY 12.35K"),
        (99_999_999, "CNY 1M"),
        (-12_846_000_000, "-CNY 128.46M"),
        (200_000_000_000, "CNY 2B"),
    ],
)
def test_english_readers_get_thousands_millions_and_billions(fen: int, text: str) -> None:
    assert short_yuan_en(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (7, "柒分"),
        (50, "伍角整"),
        (100_500, "壹仟零伍元整"),
        (10_000_000, "壹拾万元整"),
        (1_005_030, "壹万零伍拾元叁角整"),
        (60_000_000, "陆拾万元整"),
        (12_345_678_901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
        (200_000_000_000, "贰拾亿元整"),
        (-128_050, "负壹仟贰佰捌拾元伍角整"),
        (10_000_000_500, "壹亿零伍元整"),
        (101_000_000, "壹佰零壹万元整"),
        (120_000_000_000_000, "壹万贰仟亿元整"),
        (100_000_000_000_500, "壹万亿零伍元整"),
        (1_205, "壹拾贰元零伍分"),
        (1_215, "壹拾贰元壹角伍分"),
    ],
)
def test_capitals_follow_the_rules_for_bills(fen: int, text: str) -> None:
    assert capitals(fen) == text


_VALUES = {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
_PLACES = {"拾": 10, "佰": 100, "仟": 1000}


def _read_capitals(text: str) -> int:
    """An independent reader of 大写: unit by unit, knowing nothing of how it was written."""
    sign, text = (-1, text[1:]) if text.startswith("负") else (1, text)
    total = section = digit = fen = 0
    for char in text:
        if char in _VALUES:
            digit = _VALUES[char]
        elif char in _PLACES:
            section, digit = section + digit * _PLACES[char], 0
        elif char == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif char == "亿":
            total, section, digit = (total + section + digit) * 100_000_000, 0, 0
        elif char == "元":
            total, section, digit = total + section + digit, 0, 0
        elif char in "角分":
            fen, digit = fen + digit * (10 if char == "角" else 1), 0
    return sign * (total * 100 + fen)


@given(FEN)
def test_capitals_can_be_read_back_to_the_same_amount(fen: int) -> None:
    assert _read_capitals(capitals(fen)) == fen


@given(FEN)
def test_capitals_never_double_a_zero_nor_end_a_part_with_one(fen: int) -> None:
    text = capitals(fen)
    assert "零零" not in text
    assert fen == 0 or not any(bad in text for bad in ("零元", "零万", "零亿", "零角", "零分"))


def test_an_amount_beyond_all_place_names_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        capitals(10**18)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1280.5", 128_050),
        ("1,234,567.89", 123_456_789),
        ("１２８０．５０", 128_050),
        ("１，２３４", 123_400),
        (" ¥ 88 元 ", 8_800),
        ("￥88", 8_800),
        ("+3", 300),
        ("0", 0),
        ("007", 700),
    ],
)
def test_an_amount_is_understood_as_people_type_it(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234",
        "1e3",
        "NaN",
        "Infinity",
        "12,34",
        "1,2345",
        "一百",
        "1 000",
        "--1",
        "1.",
        ".5",
        "٣",
        "9" * 16,
        "-1",
        "−1",
    ],
)
def test_what_is_not_a_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount"):
        parse_yuan(text)


def test_a_minus_is_taken_only_where_it_is_allowed() -> None:
    assert parse_yuan("-1,000.01", allow_negative=True) == -100_001
    assert parse_yuan("－５", allow_negative=True) == -500


@given(st.integers(min_value=-(10**17) + 1, max_value=10**17 - 1))
def test_an_amount_shown_can_be_typed_again(fen: int) -> None:
    assert parse_yuan(format_yuan(fen), allow_negative=True) == fen


@given(FEN, st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=20).filter(any))
def test_a_split_adds_up_and_no_part_is_a_fen_off(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_the_largest_remainder_gets_the_fen_and_the_earlier_part_wins_a_tie() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(100, 3) == [34, 33, 33]
    assert split(10, [1, 6, 3]) == [1, 6, 3]
    assert split(5, [10, 15, 25]) == [1, 2, 2]


@given(FEN, st.lists(st.integers(min_value=0, max_value=999), min_size=1, max_size=9).filter(any))
def test_a_reversal_is_split_as_the_mirror_image(total: int, weights: list[int]) -> None:
    assert split(-total, weights) == [-part for part in split(total, weights)]


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1], 0])
def test_a_split_without_proper_weights_is_refused(weights: list[int] | int) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)


def test_commission_is_cut_and_subsidy_is_rounded_half_up() -> None:
    assert percent_floor(99_99, 300) == 299
    assert percent_half_up(99_99, 300) == 300
    assert percent_half_up(50, 100) == 1
    assert percent_floor(-99_99, 300) == -299
    assert percent_half_up(-50, 100) == -1


@given(FEN, st.integers(min_value=0, max_value=100_000))
def test_a_rate_never_strays_a_fen_from_the_exact_share(fen: int, bps: int) -> None:
    exact = abs(fen) * bps
    assert 0 <= exact - abs(percent_floor(fen, bps)) * 10_000 < 10_000
    assert abs(exact - abs(percent_half_up(fen, bps)) * 10_000) * 2 <= 10_000


def test_a_negative_rate_is_refused() -> None:
    for rate in (percent_floor, percent_half_up):
        with pytest.raises(ValueError, match="rate"):
            rate(100, -1)
