"""Reference numbers: made, checked, and found in the memo a bank clerk or an app has mangled."""

import random
import unicodedata

import pytest

from marketplace.payments.rules.references import ALPHABET, find_references, new_reference


def test_a_new_reference_is_found_in_itself():
    for _ in range(200):
        reference = new_reference()
        assert len(reference) == 11 and find_references(reference) == [reference]


@pytest.mark.parametrize(
    "dirty",
    [
        lambda r: f"货款 {r} 谢谢",
        lambda r: " ".join(r),
        str.lower,
        lambda r: "".join(chr(ord(c) + 0xFEE0) for c in r),
        lambda r: f"摘要:{r[:2]}-{r[2:6]}-{r[6:]}",
        lambda r: f"订单{r}/发票",
        lambda r: f"HR服务费{r}HR",
        lambda r: f"{r}，{r}",
    ],
)
def test_a_reference_is_found_in_a_dirty_memo(dirty):
    reference = new_reference()
    assert find_references(dirty(reference)) == [reference]


def test_a_truncated_reference_is_not_found():
    assert find_references(new_reference()[:-1]) == []


def test_every_single_wrong_character_is_caught():
    rng = random.Random(7)
    for _ in range(100):
        reference = new_reference()
        place = rng.randrange(2, 11)
        for character in ALPHABET:
            if character != reference[place]:
                assert reference not in find_references(reference[:place] + character + reference[place + 1 :])
                assert find_references(reference[:place] + character + reference[place + 1 :]) == []


def test_two_references_are_both_found_in_order():
    first, second = new_reference(), new_reference()
    assert find_references(f"{first}与{second}") == [first, second]


def test_a_memo_without_a_reference_holds_none():
    for memo in ("", "服务费", "HR", "ＨＲ部门团建", unicodedata.normalize("NFKD", "工资ＨＲ123456789")):
        assert find_references(memo) == []
