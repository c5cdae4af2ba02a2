"""Editing a category: the next version out of the present one, and what would be wrong with it. Pure; the services decide who may."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from marketplace.catalog.rules.definition import (
    CHOICE_TYPES,
    FIGURE_TYPES,
    LICENCE_LABELS,
    OTHER,
    TYPES,
    Attribute,
    Category,
    Choice,
)
from marketplace.catalog.rules.draft import Problem
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.core.i18n import lazy

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
VALUE = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
RESERVED = frozenset(
    "q category city pricing firm price price_min price_max licensed rating rating_min sort page per_page lang fmt format view compare top"
    " saved next form_key csrf_token submit title summary description unit billing_note category_code city_codes pricing_model".split()
)
"""Names that mean something else in an address or a form."""
MOST_ATTRIBUTES, MOST_CHOICES, MOST_BANDS, MOST_NAME, MOST_LABEL, MOST_BAND = 40, 60, 8, 60, 40, 10_000_000


def open_child(top: Category, code: str) -> Category:
    """An empty child under a top, as its first draft begins: with the gate, prices and attributes of its top."""
    return Category(
        code, top.code, "", "", top.licence, top.gbt4754, top.high_value, pricing=top.pricing,
        asked=tuple(a for a in top.asked if not a.only), number=1,
    )  # fmt: skip


def put_attribute(of: Category, attribute: Attribute) -> Category:
    """With this attribute in the place of the one with its key, or behind all others."""
    if any(a.key == attribute.key for a in of.asked):
        return replace(of, asked=tuple(attribute if a.key == attribute.key else a for a in of.asked))
    return replace(of, asked=(*of.asked, attribute))


def retire_attribute(of: Category, key: str, published: Category | None) -> Category:
    """Without asking for this attribute any more. One that was never published is simply gone."""
    gone = [a for a in of.asked if a.key == key]
    kept = tuple(a for a in of.asked if a.key != key)
    once = published is not None and any(a.key == key for a in (*published.asked, *published.retired))
    return replace(of, asked=kept, retired=(*of.retired, *gone) if once else of.retired)


def reopen_attribute(of: Category, key: str) -> Category:
    """Asking for a retired attribute again, behind all others."""
    back = tuple(a for a in of.retired if a.key == key)
    return replace(of, asked=(*of.asked, *back), retired=tuple(a for a in of.retired if a.key != key))


def move_attribute(of: Category, key: str, by: int) -> Category:
    """With the attribute one place further up (-1) or down (+1); at the end nothing changes."""
    order = list(of.asked)
    place = next((n for n, a in enumerate(order) if a.key == key), None)
    if place is not None and 0 <= place + by < len(order):
        order.insert(place + by, order.pop(place))
    return replace(of, asked=tuple(order))


def put_choices(attribute: Attribute, rows: Iterable[tuple[Choice, bool]], published: Attribute | None) -> Attribute:
    """With these choices in this order; each says whether it is still offered. Published ones that are not are kept as retired."""
    listed = list(rows)
    known = {c.value for c in (*published.choices, *published.retired_choices)} if published else set()
    offered = tuple(choice for choice, is_offered in listed if is_offered)
    retired = tuple(choice for choice, is_offered in listed if not is_offered and choice.value in known)
    return replace(attribute, choices=offered, retired_choices=retired)


def value_from(label_en: str) -> str:
    """The stored value of a new choice out of its English label."""
    return re.sub(r"[^a-z0-9]+", "_", label_en.lower()).strip("_")[:40]


def find_category_problems(new: Category, published: Category | None, siblings: Iterable[str]) -> list[Problem]:
    """Everything that forbids to publish this version. `published` is the present one, `siblings` the codes of a top's children."""
    found = [*_fact_problems(new)]
    if new.parent:
        return found
    keys = [a.key for a in (*new.asked, *new.retired)]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        found.append(Problem("key", "category.key_twice", lazy("属性代码重复：%(keys)s"), {"keys": "、".join(twice)}))
    if len(new.asked) > MOST_ATTRIBUTES:
        found.append(Problem("key", "category.too_many", lazy("最多 %(n)s 项"), {"n": MOST_ATTRIBUTES}))
    if sum(a.type == "regions" for a in new.asked) > 1:
        found.append(Problem("type", "category.regions", lazy("每个类目只能有一个服务城市属性")))
    before = {a.key: a for a in (*published.asked, *published.retired)} if published else {}
    lost = sorted(set(before) - set(keys))
    if lost:
        found.append(
            Problem("key", "category.lost", lazy("已发布的属性只能停用，不能删除：%(keys)s"), {"keys": "、".join(lost)})
        )
    allowed = set(siblings)
    for attribute in new.asked:
        found += find_attribute_problems(attribute, before.get(attribute.key), allowed)
    return found


def _fact_problems(new: Category) -> Iterator[Problem]:
    for name, text in (("name_zh", new.name_zh), ("name_en", new.name_en)):
        if not text.strip():
            yield Problem(name, "category.required", lazy("请填写此项"))
        elif len(text) > MOST_NAME:
            yield Problem(name, "category.too_long", lazy("最多 %(n)s 字"), {"n": MOST_NAME})
    kinds = new.licence.split("+")
    if new.licence != OTHER and (set(kinds) - set(LICENCE_LABELS) or len(kinds) != len(set(kinds))):
        yield Problem("licences", "category.licence", lazy("没有这种许可"))
    if not (len(new.gbt4754) == 4 and new.gbt4754.isascii() and new.gbt4754.isdigit()):
        yield Problem("gbt4754", "category.gbt4754", lazy("请填写四位国民经济行业小类代码（GB/T 4754）"))
    if set(new.pricing) - set(PricingModel):
        yield Problem("pricing", "category.pricing", lazy("没有这种计价方式"))
    if bool(new.review_zh.strip()) != bool(new.review_en.strip()):
        yield Problem(
            "review_en" if new.review_zh.strip() else "review_zh",
            "category.review",
            lazy("审核要点须同时填写中文和英文"),
        )


def find_attribute_problems(attribute: Attribute, published: Attribute | None, siblings: set[str]) -> list[Problem]:
    """Everything that is wrong with one attribute."""
    found = [*_shape_problems(attribute, published)]
    for name, text in (("label_zh", attribute.label_zh), ("label_en", attribute.label_en)):
        if not text.strip():
            found.append(Problem(name, "category.required", lazy("请填写此项")))
        elif len(text) > MOST_LABEL:
            found.append(Problem(name, "category.too_long", lazy("最多 %(n)s 字"), {"n": MOST_LABEL}))
    if attribute.must_be_true and attribute.type != "bool":
        found.append(Problem("required", "category.must", lazy("只有是/否属性可以要求承诺")))
    if set(attribute.only) - siblings:
        found.append(Problem("only", "category.only", lazy("没有这个子类目")))
    if attribute.filterable and attribute.type == "text":
        found.append(Problem("filterable", "category.filter_text", lazy("文字属性不能用于筛选")))
    if attribute.filterable and attribute.type in FIGURE_TYPES and not attribute.bands:
        found.append(Problem("bands", "category.filter_bands", lazy("数值属性用于筛选时须填写档位")))
    return [*found, *_band_problems(attribute), *_choice_problems(attribute, published)]


def _shape_problems(attribute: Attribute, published: Attribute | None) -> Iterator[Problem]:
    if not KEY.fullmatch(attribute.key):
        yield Problem("key", "category.key", lazy("属性代码由小写字母开头，只含小写字母、数字和下划线，2 至 40 位"))
    elif attribute.key in RESERVED:
        yield Problem(
            "key", "category.key_reserved", lazy("“%(key)s”是系统保留的名称，请换一个"), {"key": attribute.key}
        )
    if attribute.type not in TYPES:
        yield Problem("type", "category.type", lazy("请选择类型"))
    if published is not None and published.type != attribute.type:
        yield Problem("type", "category.type_fixed", lazy("已发布属性的类型不能更改，请停用后新建属性"))


def _band_problems(attribute: Attribute) -> Iterator[Problem]:
    bands = attribute.bands
    if bands and attribute.type not in FIGURE_TYPES:
        yield Problem("bands", "category.bands_type", lazy("只有数值属性有档位"))
    elif len(bands) > MOST_BANDS or any(not 0 < one <= MOST_BAND for one in bands):
        yield Problem("bands", "category.bands", lazy("档位为 1 至 %(n)s 个正整数"), {"n": MOST_BANDS})
    elif list(bands) != sorted(set(bands)):
        yield Problem("bands", "category.bands_order", lazy("档位须从小到大，不重复"))


def _choice_problems(attribute: Attribute, published: Attribute | None) -> Iterator[Problem]:
    everything = (*attribute.choices, *attribute.retired_choices)
    if attribute.type not in CHOICE_TYPES:
        if everything:
            yield Problem("choices", "category.choices_type", lazy("只有单选和多选属性有选项"))
        return
    if not attribute.choices:
        yield Problem("choices", "category.choices", lazy("请至少填写一个选项"))
    if len(everything) > MOST_CHOICES:
        yield Problem("choices", "category.too_many", lazy("最多 %(n)s 项"), {"n": MOST_CHOICES})
    values = [c.value for c in everything]
    if any(not VALUE.fullmatch(value) for value in values):
        yield Problem("choices", "category.choice_value", lazy("选项代码只含小写字母、数字和下划线"))
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        yield Problem(
            "choices", "category.choice_twice", lazy("选项代码重复：%(values)s"), {"values": "、".join(twice)}
        )
    if any(
        not c.label_zh.strip() or not c.label_en.strip() or max(len(c.label_zh), len(c.label_en)) > MOST_LABEL
        for c in everything
    ):
        yield Problem(
            "choices", "category.choice_label", lazy("每个选项须有中文和英文标签，各不超过 %(n)s 字"), {"n": MOST_LABEL}
        )
    labels = [c.label_zh for c in attribute.choices]
    if len(labels) != len(set(labels)):
        yield Problem("choices", "category.choice_same", lazy("两个选项的中文标签相同"))
    lost = {c.value for c in (*published.choices, *published.retired_choices)} - set(values) if published else set()
    if lost:
        text = lazy("已发布的选项只能停用，不能删除：%(values)s")
        yield Problem("choices", "category.choice_lost", text, {"values": "、".join(sorted(lost))})
