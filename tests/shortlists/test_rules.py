"""Rules of deciding that need no database: services side by side, what changed since it was seen."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.catalog.rules.taxonomy import category, child_categories
from marketplace.shortlists.rules.changes import changes_between
from marketplace.shortlists.rules.comparing import (
    Cell,
    Compared,
    compare,
    definition_of,
    only_different,
    price_marks,
)
from marketplace.shortlists.rules.limits import read_ids
from tests.factories.catalog import answer, make_draft

CODES = [one.code for one in child_categories()]


def column(number: int, code: str, answered: bool = True, **values: Any) -> Compared:
    """A service of a category with an answer to every question, or to none."""
    asked = category(code).own_attributes if answered else ()
    ordinary: dict[str, Any] = {
        "common": {"firm": f"机构{number}", "price": f"¥{number}"}, "attributes": {a.key: answer(a) for a in asked},
        "pricing_model": "per_head_month", "price_fen": number * 100,
    }  # fmt: skip
    return Compared(number, f"服务{number}", category_code=code, firm_id=number, **{**ordinary, **values})


def table(columns: Any) -> dict[str, dict[int, Cell]]:
    """Row key to service to cell."""
    return {
        line.key: {one.id: cell for one, cell in zip(columns, line.cells, strict=True)}
        for block in compare(columns) for line in block.lines
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(CODES), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=40)
def test_the_order_of_the_services_changes_no_row_and_no_value(chosen: list[tuple[str, bool]]) -> None:
    columns = [column(n, code, answered) for n, (code, answered) in enumerate(chosen, 1)]
    first = table(columns)
    for other in list(permutations(columns))[1:6]:
        assert table(other) == first and list(table(other)) == list(first)


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=4))
@settings(max_examples=40)
def test_the_rows_are_the_definitions_attributes_in_its_order(codes: list[str]) -> None:
    rows = [key for key in table([column(n, code) for n, code in enumerate(codes, 1)]) if not key.startswith("common.")]
    assert len(rows) == len(set(rows))
    assert set(rows) == {f"{category(code).top}.{a.key}" for code in codes for a in category(code).own_attributes}
    for code in codes:
        own = [f"{category(code).top}.{a.key}" for a in category(code).own_attributes]
        assert [key for key in rows if key in own] == own


def test_what_a_category_does_not_ask_is_not_applicable_and_what_a_firm_left_out_is_not_filled_in() -> None:
    rows = table([column(1, "C0104"), column(2, "C0103"), column(3, "C0301"), column(4, "C0104", answered=False)])
    assert [cell.text for cell in rows["C01.fair_mode"].values()][1:] == ["不适用", "不适用", "未填写"]
    assert rows["C03.cutoff_day"][1].text == "不适用" and not rows["C03.cutoff_day"][3].is_empty


def test_rows_that_differ_are_told_and_a_service_that_is_gone_makes_no_difference() -> None:
    here, gone = column(1, "C0301"), Compared(9, "旧服务", gone="已于 2026-11-01 下架")
    assert only_different(compare([here, gone])) == []
    lines = [line.key for block in only_different(compare([here, column(2, "C0301"), gone])) for line in block.lines]
    assert lines == ["common.firm", "common.price"]


def test_the_lowest_price_is_told_only_among_prices_of_one_kind() -> None:
    same = [column(1, "C0301"), column(2, "C0301"), column(3, "C0301", price_fen=None)]
    assert price_marks(same) == {1: "最低价", 2: "最高价"}
    assert price_marks([column(1, "C0301"), column(2, "C0301", pricing_model="fixed_project")]) == {}
    assert price_marks([column(1, "C0301"), column(2, "C0301", unit="元/户/月")]) == {}
    assert price_marks([column(1, "C0301"), column(1, "C0301")]) == {}


def test_the_attributes_of_sister_categories_stand_in_one_order() -> None:
    keys = [a.key for a in definition_of(["C0104", "C0103", "C0104"])]
    assert len(keys) == len(set(keys)) and "fair_mode" in keys and "campus_list" in keys


@pytest.mark.parametrize(
    ("given", "ids"),
    [(["3", "1", "3"], [3, 1]), (["0", "-1", "x", "", "１", "9" * 40], []), ([str(n) for n in range(1, 8)], list(range(1, 8)))],
)  # fmt: skip
def test_an_address_names_each_service_once(given: list[str], ids: list[int]) -> None:
    assert read_ids(given) == ids


def test_what_changed_is_told_in_words_with_the_price_first() -> None:
    before = make_draft(title="代缴", attributes={"cutoff_day": 15})
    after = make_draft(
        title="代缴", price_min_fen=25_00, city_codes=("310000", "320500"), description="另写", attributes={"cutoff_day": 20}
    )  # fmt: skip
    told = [(one.label, one.before, one.after) for one in changes_between(before, after)]
    assert told[0] == ("价格", "¥20–¥50 元/人/月", "¥25–¥50 元/人/月")
    assert ("服务城市", "上海市", "上海市、苏州市") in told and told[-1] == ("服务详情", "", "")
    assert len(told) == 4 and changes_between(before, before) == []
