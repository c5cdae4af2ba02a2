"""What may be published of a category: pure rules, and the seed they begin from."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.catalog.queries import (
    definition_of,
)
from marketplace.catalog.rules.changes import differences
from marketplace.catalog.rules.definition import Category, Choice, inherit
from marketplace.catalog.rules.editing import (
    find_category_problems,
    move_attribute,
    reopen_attribute,
    retire_attribute,
)
from marketplace.catalog.rules.taxonomy import category, child_categories, children, top_categories
from tests.factories.categories import added, changed, make_attribute


class TestRules:
    """Pure: what may be published."""

    @pytest.mark.parametrize(
        "key", ["q", "page", "sort", "price", "firm", "category", "Key", "1st", "a-b", "a", "保用期", "job_level"]
    )
    def test_a_key_is_plain_free_and_not_a_name_of_the_search_address(self, key: str) -> None:
        new = added(make_attribute(key))(category("C03"))
        if key == "job_level":
            assert refusals(new) == []  # another top's keys are its own
        else:
            assert any(one.startswith("category.key") for one in refusals(new))

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"label_en": ""}, "category.required"), ({"label_zh": " "}, "category.required"), ({"choices": ()}, "category.choices"),
            ({"choices": (Choice("a", "甲", "A"), Choice("a", "乙", "B"))}, "category.choice_twice"),
            ({"choices": (Choice("a", "甲", ""),)}, "category.choice_label"), ({"choices": (Choice("a b", "甲", "A"),)}, "category.choice_value"),
            ({"type": "file"}, "category.type"), ({"type": "text", "choices": ()}, "category.filter_text"),
            ({"type": "int", "choices": ()}, "category.filter_bands"), ({"type": "int", "choices": (), "bands": (5, 3)}, "category.bands_order"),
            ({"type": "int", "choices": (), "bands": (0, 3)}, "category.bands"), ({"type": "int", "bands": (1,)}, "category.choices_type"),
            ({"bands": (1, 2)}, "category.bands_type"), ({"must_be_true": True}, "category.must"), ({"only": ("C0401",)}, "category.only"),
            ({"type": "regions", "choices": (), "filterable": False}, "category.regions"),
        ],
    )  # fmt: skip
    def test_an_attribute_that_would_not_work_is_refused(self, values: dict[str, Any], code: str) -> None:
        assert code in refusals(added(make_attribute(**values))(category("C03")))

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"name_en": ""}, "category.required"), ({"licence": "HR_PERMIT+XX"}, "category.licence"), ({"gbt4754": "72A"}, "category.gbt4754"),
            ({"pricing": ("free",)}, "category.pricing"), ({"review_zh": "核对"}, "category.review"),
            ({"asked": category("C03").asked[1:]}, "category.lost"), ({"asked": category("C03").asked * 2}, "category.key_twice"),
        ],
    )  # fmt: skip
    def test_a_category_that_would_not_work_is_refused(self, values: dict[str, Any], code: str) -> None:
        assert code in refusals(replace(category("C03"), **values))

    def test_what_is_published_keeps_its_type_and_its_choices(self) -> None:
        assert "category.type_fixed" in refusals(changed("cutoff_day", type="days")(category("C03")))
        fewer = category("C03").asked[1].choices[:1]
        assert "category.choice_lost" in refusals(changed("own_or_partner", choices=fewer)(category("C03")))

    @given(
        st.lists(st.tuples(st.sampled_from(["up", "down", "retire", "reopen"]), st.integers(0, 9)), max_size=12),
        st.sampled_from([c.code for c in top_categories()]),
    )
    @settings(max_examples=60, deadline=None)
    def test_no_sequence_of_edits_loses_a_published_attribute_or_breaks_a_child(
        self, moves: list[tuple[str, int]], code: str
    ) -> None:
        of = first = category(code)
        keys = [a.key for a in first.asked]
        for move, place in moves:
            key = keys[place % len(keys)]
            if move in ("up", "down"):
                of = move_attribute(of, key, -1 if move == "up" else 1)
            else:
                of = retire_attribute(of, key, first) if move == "retire" else reopen_attribute(of, key)
        assert sorted(a.key for a in (*of.asked, *of.retired)) == sorted(keys)
        assert find_category_problems(of, first, [c.code for c in children(code)]) == []
        assert Category.from_json(code, 1, json.loads(json.dumps(of.as_json()))) == of
        for child in children(code):
            now = inherit(child, of)
            assert {a.key for a in child.asked} <= {a.key for a in (*now.asked, *now.retired)}
            assert (differences(child, now) == []) == (now.asked == child.asked)

    def test_a_child_that_an_attribute_is_taken_from_can_still_read_it(self) -> None:
        narrowed = changed("system_access", only=("C0301",))(category("C03"))
        kept, taken = inherit(category("C0301"), narrowed), inherit(category("C0302"), narrowed)
        assert kept.attribute("system_access") and not taken.attribute("system_access")
        assert taken.readable_attribute("system_access") in taken.retired


def refusals(new: Category) -> list[str]:
    return [one.code for one in find_category_problems(new, category(new.code), [c.code for c in children(new.code)])]


def test_the_seed_is_version_one_of_86_categories_without_a_row(app: Flask) -> None:
    assert {one.number for one in (*top_categories(), *child_categories())} == {1}
    assert definition_of("C0301", 1) is category("C0301")
