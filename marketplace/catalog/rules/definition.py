"""What a category is: its names, the licence that gates it, and the facts it asks for. Values that never change; a new version is a new value.

The attributes of a top category are shared by its children (`only` keeps one to some of them). A child's definition is complete in itself:
it holds the attributes that concern it, so a listing needs one definition to be read. Nothing that was ever published vanishes from a
definition: it is retired, so that the answers of older listings stay readable.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from marketplace.core.i18n import lazy, local_name

LICENCE_LABELS = {
    "HR_PERMIT": lazy("人力资源服务许可证"),
    "HR_FILING": lazy("人力资源服务备案"),
    "DISPATCH": lazy("劳务派遣经营许可证"),
    "ICP": lazy("电信业务经营许可证"),
}
UNITS = {
    "人": lazy("人"), "天": lazy("天"), "小时": lazy("小时"), "人/月": lazy("人/月"), "元": lazy("元"), "个月": lazy("个月"), "日": lazy("日"),
    "次/月": lazy("次/月"), "年": lazy("年"), "元/人/月": lazy("元/人/月"), "周": lazy("周"), "分钟": lazy("分钟"), "人次": lazy("人次"), "份": lazy("份"),
}  # fmt: skip
"""The usual units of figures in the reader's language; any other an operator writes stands as written."""
OTHER = "OTHER"
"""The licence code of a category without a licence in the park's register."""
TYPES = {
    "enum": lazy("单选"), "multi": lazy("多选"), "bool": lazy("是/否"), "int": lazy("整数"), "days": lazy("天数"),
    "money": lazy("金额（元）"), "pct": lazy("百分比"), "text": lazy("文字"), "regions": lazy("服务城市"),
}  # fmt: skip
CHOICE_TYPES = ("enum", "multi")
FIGURE_TYPES = ("int", "days", "money", "pct")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label_zh: str
    label_en: str

    @property
    def label(self) -> str:
        return local_name({"name_zh": self.label_zh, "name_en": self.label_en})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact a category asks for. `bands` are the steps by which a figure is filtered (`at_least` or at most each).

    `choices` are offered; `retired_choices` are only there to read older answers.
    """

    key: str
    type: str
    label_zh: str
    label_en: str
    choices: tuple[Choice, ...] = ()
    required: bool = False
    must_be_true: bool = False
    filterable: bool = False
    ask_buyer: bool = False
    unit: str = ""
    bands: tuple[int, ...] = ()
    at_least: bool = True
    only: tuple[str, ...] = ()
    retired_choices: tuple[Choice, ...] = ()

    @property
    def label(self) -> str:
        return local_name({"name_zh": self.label_zh, "name_en": self.label_en})

    @property
    def unit_label(self) -> str:
        return str(UNITS.get(self.unit, self.unit))

    def choice(self, value: str) -> Choice | None:
        """The choice of a value, retired ones too: for reading."""
        return next((c for c in (*self.choices, *self.retired_choices) if c.value == value), None)

    def offers(self, value: str) -> bool:
        """May this value be chosen now?"""
        return any(c.value == value for c in self.choices)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Attribute":
        """The attribute out of a stored definition."""
        return cls(
            **{
                **kept, "bands": tuple(kept.get("bands", ())), "only": tuple(kept.get("only", ())),
                "choices": tuple(Choice(**one) for one in kept.get("choices", ())),
                "retired_choices": tuple(Choice(**one) for one in kept.get("retired_choices", ())),
            }
        )  # fmt: skip


@dataclass(frozen=True)
class Category:
    """One version of a category. `asked` and `retired` are the attributes in the order of the form, for a top those of all its children."""

    code: str
    parent: str
    name_zh: str
    name_en: str
    licence: str
    gbt4754: str
    high_value: bool
    pricing: tuple[str, ...] = ()
    """The price models recommended here, in no order; others may be chosen."""
    review_zh: str = ""
    review_en: str = ""
    """What the operator looks at beside the licence gate, where a licence is not in the park's register."""
    is_retired: bool = False
    asked: tuple[Attribute, ...] = field(default=(), repr=False)
    retired: tuple[Attribute, ...] = field(default=(), repr=False)
    number: int = 1

    @property
    def label(self) -> str:
        return local_name(self)

    @property
    def top(self) -> str:
        return self.parent or self.code

    @property
    def is_child(self) -> bool:
        return bool(self.parent)

    @cached_property
    def licences(self) -> tuple[str, ...]:
        """The licence kinds a firm must hold, all of them; none for `OTHER`."""
        return () if self.licence == OTHER else tuple(self.licence.split("+"))

    @property
    def licence_label(self) -> str:
        return " + ".join(str(LICENCE_LABELS[kind]) for kind in self.licences)

    @property
    def review_hint(self) -> str:
        return local_name({"name_zh": self.review_zh, "name_en": self.review_en}) if self.review_zh else ""

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """What is asked here; for a top what all of its children ask."""
        return self.asked if self.parent else tuple(a for a in self.asked if not a.only)

    @cached_property
    def own_attributes(self) -> tuple[Attribute, ...]:
        """The attributes kept in a listing's `attributes` (all but the service cities)."""
        return tuple(a for a in self.attributes if a.type != "regions")

    @cached_property
    def readable_attributes(self) -> tuple[Attribute, ...]:
        """The attributes by which a listing's `attributes` are read: those asked now, then those asked once."""
        return (*self.own_attributes, *(a for a in self.retired if a.type != "regions"))

    @property
    def city_attribute(self) -> Attribute | None:
        """The attribute that is the listing's list of service cities, where the category names one."""
        return next((a for a in self.attributes if a.type == "regions"), None)

    @cached_property
    def filters(self) -> tuple[Attribute, ...]:
        return tuple(a for a in self.own_attributes if a.filterable)

    def attribute(self, key: str) -> Attribute | None:
        """An attribute that is asked here now."""
        return next((a for a in self.attributes if a.key == key), None)

    def readable_attribute(self, key: str) -> Attribute | None:
        """An attribute that is asked here now, or was once."""
        return next((a for a in (*self.attributes, *self.retired) if a.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """The definition as it is stored; code and number stand beside it."""
        kept = asdict(self)
        return {key: value for key, value in kept.items() if key not in ("code", "number")}

    @classmethod
    def from_json(cls, code: str, number: int, kept: Mapping[str, Any]) -> "Category":
        """The category out of a stored definition."""
        return cls(
            code=code, number=number,
            **{
                **kept, "pricing": tuple(kept["pricing"]), "asked": tuple(Attribute.from_json(one) for one in kept["asked"]),
                "retired": tuple(Attribute.from_json(one) for one in kept["retired"]),
            },
        )  # fmt: skip


def inherit(child: Category, top: Category) -> Category:
    """The child with the attributes that its top now says for it; what it asked before and the top no longer asks of it is retired."""
    asked = tuple(a for a in top.asked if not a.only or child.code in a.only)
    now = {a.key for a in asked}
    once = {a.key for a in (*child.asked, *child.retired)}
    retired = tuple(a for a in (*top.retired, *top.asked) if a.key in once and a.key not in now)
    return replace(child, asked=asked, retired=retired)


def same(one: Category, other: Category) -> bool:
    """Do two versions say the same?"""
    return replace(one, number=0) == replace(other, number=0)


def missing_licences(needed: Category, held: set[str] | frozenset[str]) -> tuple[str, ...]:
    """The licence kinds a firm still needs before it may list in this category (人力资源市场条例 18, 劳动合同法 57)."""
    return tuple(kind for kind in needed.licences if kind not in held)
