"""Masks: what a page shows of a number, an address or a name, and never more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import filters

BLANK = ["Cs", "Cc", "Zs", "Zl", "Zp"]
SIGNS = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=0x9FFF, exclude_characters="*@—", exclude_categories=BLANK),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (filters.mask_email, "zhang@example.com", "z***@example.com"), (filters.mask_email, "z@example.com", "***@example.com"),
        (filters.mask_email, "nonsense", "******se"), (filters.mask_login, "zhang@example.com", "z***@example.com"),
        (filters.mask_login, "13812345678", "138****5678"), (filters.mask_id, "310118199001011234", "310***********1234"),
        (filters.mask_id, "310118900101123", "310********1123"), (filters.mask_id, "G12345678", "*******78"),
        (filters.mask_account, "6222 0000 1111 2345", "**** 2345"), (filters.mask_account, "12345", "***45"),
        (filters.mask_name, "张三", "张**"), (filters.mask_name, "欧阳娜娜", "欧**"), (filters.mask_name, "张", "**"),
    ],
)  # fmt: skip
def test_a_mask_shows_what_is_agreed(mask: object, value: str, shown: str) -> None:
    assert mask(value) == shown  # type: ignore[operator]


@pytest.mark.parametrize("name", ["mask_email", "mask_login", "mask_id", "mask_account", "mask_name"])
def test_nothing_is_masked_as_a_dash(name: str) -> None:
    assert filters.FILTERS[name]("") == filters.FILTERS[name](None) == "—"


def clear(shown: str) -> str:
    """The signs that are left readable."""
    return shown.replace("*", "").replace(" ", "")


@given(SIGNS)
def test_an_identity_number_keeps_at_most_seven_signs_and_hides_at_least_half(value: str) -> None:
    left = clear(filters.mask_id(value))
    assert len(left) <= 7 and len(left) <= len(value) / 2 and all(sign in value for sign in left)


@given(SIGNS)
def test_an_account_keeps_at_most_its_last_four_signs_and_hides_at_least_half(value: str) -> None:
    left = clear(filters.mask_account(value))
    assert len(left) <= 4 and len(left) <= len(value) / 2 and value.endswith(left)


@given(SIGNS)
def test_a_name_keeps_at_most_its_first_sign_and_gives_no_length_away(value: str) -> None:
    shown = filters.mask_name(value)
    assert clear(shown) in ("", value[0]) and len(clear(shown)) < len(value) and len(shown) <= 3


@given(SIGNS, st.from_regex(r"[a-z]{1,10}\.[a-z]{2,3}", fullmatch=True))
def test_an_address_keeps_its_domain_and_at_most_one_sign_of_the_mailbox(mailbox: str, domain: str) -> None:
    shown = filters.mask_email(f"{mailbox}@{domain}")
    left, _, behind = shown.partition("***@")
    assert behind == domain and len(left) <= 1 and len(left) < len(mailbox)


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_a_number_shown_by_any_mask_cannot_be_told_from_others(value: str) -> None:
    for mask in (filters.mask_id, filters.mask_account, filters.mask_login):
        assert len(clear(mask(value))) < len(value)
