"""The check of 统一社会信用代码, by the vectors of dossier 2.1 and with python-stdnum as an oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as oracle

from marketplace.core.forms import uscc_error_text
from marketplace.core.uscc import ALPHABET, WEIGHTS, check_character, check_uscc, organisation_digit

VALID = (
    "91310118MA0000015P", "91310118MA00000660", "91320509MA000004XW", "92330421MA0000066Y", "123101180000000196", "52340100MJ0000018U",
)  # fmt: skip


@pytest.mark.parametrize("code", VALID)
def test_a_valid_code_passes_without_a_word(code: str) -> None:
    result = check_uscc(code)
    assert (result.value, result.errors, result.warnings) == (code, (), ())
    assert oracle.is_valid(code)


@pytest.mark.parametrize(
    "typed", ["91310118ma0000015p", " 9131 0118-MA00 0001 5P ", "９１３１０１１８ＭＡ０００００１５Ｐ"]
)
def test_a_code_may_be_typed_in_small_wide_or_spaced_characters(typed: str) -> None:
    assert check_uscc(typed).value == "91310118MA0000015P"
    assert check_uscc(typed).is_valid


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("91310118MA0000015Q", "checksum"),
        ("91310181MA0000015P", "checksum"),
        ("91310118MAO000015P", "characters"),
        ("91310118SA0000015P", "characters"),
        ("91310118MA000001P", "length"),
        ("91310118MA0000016P", "checksum"),
        ("91350100M0001TGQXM", "checksum"),
        ("91350211M0000XUF46", "checksum"),
        ("91350203M0001FUE2P", "checksum"),
        ("94310118MA0000015P", "authority"),
        ("B1310118MA0000015P", "authority"),
        ("", "length"),
    ],
)
def test_a_wrong_code_is_refused_with_its_reason(code: str, error: str) -> None:
    result = check_uscc(code)
    assert result.errors == (error,)
    assert not oracle.is_valid(code) or error == "authority"
    assert uscc_error_text(error, result.value)


@pytest.mark.parametrize(
    ("code", "warning"), [("91310118MA0000016T", "organisation_digit"), ("91999999MA00000154", "region")]
)
def test_a_doubtful_code_is_accepted_with_a_warning(code: str, warning: str) -> None:
    result = check_uscc(code)
    assert result.is_valid
    assert warning in result.warnings


@pytest.mark.parametrize(
    ("code", "expected"), [("91350100M0001TGQXM", "1"), ("91350211M0000XUF46", "R"), ("91350203M0001FUE2P", "J")]
)
def test_the_pilot_areas_codes_miss_the_character_that_the_rule_expects(code: str, expected: str) -> None:
    assert check_character(code[:17]) == expected


def test_the_weights_are_the_powers_of_three() -> None:
    assert WEIGHTS == (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def test_a_code_of_the_agricultural_authority_passes_though_the_library_refuses_it() -> None:
    assert check_uscc("N2310118MF0000013B").is_valid
    assert not oracle.is_valid("N2310118MF0000013B")


@given(st.text(ALPHABET, min_size=9, max_size=9), st.sampled_from(["91310118", "92330421", "12310118", "51340100"]))
def test_the_check_character_agrees_with_the_library(body: str, head: str) -> None:
    first17 = head + body
    assert check_character(first17) == oracle.calc_check_digit(first17)
    assert check_uscc(first17 + check_character(first17)).is_valid


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_character_is_always_noticed(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]
    assert (changed == code) or not check_uscc(changed).is_valid


@pytest.mark.parametrize(("eight", "digit"), [("MA000001", "5"), ("MA000004", "X"), ("00000001", "9")])
def test_the_organisation_digit_follows_gb_11714(eight: str, digit: str) -> None:
    assert organisation_digit(eight) == digit
