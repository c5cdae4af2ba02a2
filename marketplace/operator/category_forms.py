"""Forms of the category editor: a category's own facts, one attribute with its choices, a new child, the reason of publishing."""

from dataclasses import replace
from typing import Any

from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

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
from marketplace.catalog.rules.editing import MOST_LABEL, MOST_NAME, put_choices, value_from
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.core.forms import BaseForm, TagsField
from marketplace.core.i18n import _, lazy

BLANK_ROWS = 3
SEPARATORS = str.maketrans({"，": ",", "、": ",", "；": ",", ";": ",", " ": ",", "\u3000": ","})


class _Draft(BaseForm):
    """A form on a draft; `seen` is the version of the draft that stands on the screen."""

    seen = HiddenField()

    @property
    def seen_version(self) -> int:
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def show(self, problems: list[Problem]) -> bool:
        """Put each problem beside its field, else at the top; says whether there was none."""
        for one in problems:
            field = self._fields.get(one.field)
            if field is None or isinstance(field, FieldList):
                self.form_errors.append(one.text)
            elif not field.errors:
                field.errors = [one.text]
        return not problems


class CategoryForm(_Draft):
    """What a category says of itself."""

    name_zh = StringField(
        lazy("中文名称"), [DataRequired(lazy("请填写此项")), Length(max=MOST_NAME, message=lazy("最多 60 字"))]
    )
    name_en = StringField(
        lazy("英文名称"), [DataRequired(lazy("请填写此项")), Length(max=MOST_NAME, message=lazy("最多 60 字"))]
    )
    licences = TagsField(
        lazy("准入许可"),
        description=lazy("机构须全部持有并经园区核验，才能在该类目发布服务；都不选表示无需园区登记的许可"),
    )
    gbt4754 = StringField(
        lazy("国民经济行业代码"), [DataRequired(lazy("请填写此项"))], description=lazy("GB/T 4754-2017 小类，四位数字")
    )
    high_value = BooleanField(lazy("高附加值业态"), description=lazy("计入园区高附加值业态指标"))
    pricing = TagsField(lazy("推荐计价方式"), description=lazy("在发布服务的表单中排在前面；其他方式仍可选用"))
    review_zh = TextAreaField(lazy("审核要点（中文）"), [Optional(), Length(max=200, message=lazy("最多 200 字"))])
    review_en = TextAreaField(lazy("审核要点（英文）"), [Optional(), Length(max=200, message=lazy("最多 200 字"))])
    is_retired = BooleanField(
        lazy("停用该类目"), description=lazy("停用后不再接受新服务；已上架的服务继续展示，机构仍可修改")
    )

    def __init__(self, of: Category, **kwargs: Any) -> None:
        super().__init__(data={**vars(of), "licences": of.licences, "pricing": of.pricing}, **kwargs)
        self.licences.choices = list(LICENCE_LABELS.items())
        self.pricing.choices = [(model.value, model.label) for model in PricingModel]

    def applied(self, to: Category) -> Category:
        """The category with what was typed."""
        kinds = [kind for kind in LICENCE_LABELS if kind in (self.licences.data or ())]
        return replace(
            to, name_zh=(self.name_zh.data or "").strip(), name_en=(self.name_en.data or "").strip(), licence="+".join(kinds) or OTHER,
            gbt4754=(self.gbt4754.data or "").strip(), high_value=bool(self.high_value.data), pricing=tuple(self.pricing.data or ()),
            review_zh=(self.review_zh.data or "").strip(), review_en=(self.review_en.data or "").strip(), is_retired=bool(self.is_retired.data),
        )  # fmt: skip


class NewCategoryForm(BaseForm):
    """A new child category."""

    name_zh = StringField(
        lazy("中文名称"), [DataRequired(lazy("请填写此项")), Length(max=MOST_NAME, message=lazy("最多 60 字"))]
    )
    name_en = StringField(
        lazy("英文名称"), [DataRequired(lazy("请填写此项")), Length(max=MOST_NAME, message=lazy("最多 60 字"))]
    )


class ChoiceForm(Form):
    """One choice of an attribute."""

    place = StringField(lazy("次序"))
    value = StringField(lazy("代码"))
    label_zh = StringField(lazy("中文标签"))
    label_en = StringField(lazy("英文标签"))
    is_offered = BooleanField(lazy("可选"), default=True)

    @property
    def is_blank(self) -> bool:
        return not any((field.data or "").strip() for field in (self.value, self.label_zh, self.label_en))

    @property
    def order(self) -> int:
        text = (self.place.data or "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 9_999


class AttributeForm(_Draft):
    """One attribute. Key and type are typed once; they never change after publication."""

    key = StringField(
        lazy("属性代码"),
        description=lazy("小写英文字母、数字和下划线，出现在搜索地址、导入文件和接口中，发布后不能更改"),
    )
    type = SelectField(lazy("类型"), choices=list(TYPES.items()), description=lazy("发布后不能更改"))
    label_zh = StringField(
        lazy("中文标签"), [DataRequired(lazy("请填写此项")), Length(max=MOST_LABEL, message=lazy("最多 40 字"))]
    )
    label_en = StringField(
        lazy("英文标签"), [DataRequired(lazy("请填写此项")), Length(max=MOST_LABEL, message=lazy("最多 40 字"))]
    )
    required = SelectField(
        lazy("必填"), choices=[("no", lazy("否")), ("yes", lazy("是")), ("must", lazy("必须承诺“是”"))],
        description=lazy("必须承诺“是”仅用于是/否属性"),
    )  # fmt: skip
    filterable = BooleanField(lazy("采购方可按此筛选"))
    ask_buyer = BooleanField(lazy("采购方在需求单中也填写"))
    unit = StringField(
        lazy("单位"),
        [Optional(), Length(max=12, message=lazy("最多 %(n)s 字", n=12))],
        description=lazy("用于数值属性，例如：天、人/月"),
    )
    bands = StringField(
        lazy("筛选档位"),
        [Optional()],
        description=lazy("数值属性按档位筛选，从小到大，用逗号分隔，例如：30, 60, 90；金额以元计"),
    )
    direction = SelectField(lazy("档位含义"), choices=[("least", lazy("不低于该档")), ("most", lazy("不高于该档"))])
    only = TagsField(lazy("仅用于以下子类目"), description=lazy("都不选表示全部子类目共用"))
    choices = FieldList(FormField(ChoiceForm))

    def __init__(
        self, top: Category, children: list[tuple[str, str]], attribute: Attribute | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data=_filled(attribute) if attribute else {"required": "no", "direction": "least"}, **kwargs)
        self.top, self.attribute = top, attribute
        self.only.choices = children
        self.bad_bands = False
        if attribute is not None:
            self.key.data, self.type.data = attribute.key, attribute.type
        if not self.is_submitted() and (attribute is None or attribute.type in CHOICE_TYPES):
            for _row in range(BLANK_ROWS):
                self.choices.append_entry({})

    def applied(self, published: Attribute | None) -> Attribute:
        """The attribute as typed; unit, steps and choices count only where the type has them."""
        kind = self.type.data or ""
        figures, words = kind in FIGURE_TYPES, kind in CHOICE_TYPES
        made = Attribute(
            (self.key.data or "").strip(), kind, (self.label_zh.data or "").strip(), (self.label_en.data or "").strip(),
            required=self.required.data != "no", must_be_true=self.required.data == "must", filterable=bool(self.filterable.data),
            ask_buyer=bool(self.ask_buyer.data), unit=(self.unit.data or "").strip() if figures else "",
            bands=self._bands() if figures else (), at_least=self.direction.data != "most", only=tuple(self.only.data or ()),
        )  # fmt: skip
        return put_choices(made, self._rows(), published) if words else made

    def _bands(self) -> tuple[int, ...]:
        parts = [part for part in (self.bands.data or "").translate(SEPARATORS).split(",") if part]
        if all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
            return tuple(int(part) for part in parts)
        self.bad_bands = True
        return ()

    def _rows(self) -> list[tuple[Choice, bool]]:
        rows: list[tuple[int, Choice, bool]] = []
        for entry in self.choices:
            row: Any = entry.form
            if row.is_blank:
                continue
            zh, en = (row.label_zh.data or "").strip(), (row.label_en.data or "").strip()
            value = (row.value.data or "").strip() or value_from(en)
            rows.append((row.order, Choice(value, zh, en), bool(row.is_offered.data)))
        return [(choice, offered) for _place, choice, offered in sorted(rows, key=lambda one: one[0])]

    def show(self, problems: list[Problem]) -> bool:
        """As for every draft; steps that are no numbers are told here, since no attribute can hold them."""
        if self.bad_bands:
            problems = [
                Problem("bands", "category.bands", lazy("请填写正整数，用逗号分隔")),
                *(p for p in problems if p.field != "bands"),
            ]
        return super().show(problems)


def _filled(attribute: Attribute) -> dict[str, Any]:
    rows = [(choice, True) for choice in attribute.choices] + [(choice, False) for choice in attribute.retired_choices]
    return {
        "key": attribute.key, "type": attribute.type, "label_zh": attribute.label_zh, "label_en": attribute.label_en,
        "required": "must" if attribute.must_be_true else "yes" if attribute.required else "no", "filterable": attribute.filterable,
        "ask_buyer": attribute.ask_buyer, "unit": attribute.unit, "bands": ", ".join(map(str, attribute.bands)),
        "direction": "least" if attribute.at_least else "most", "only": attribute.only,
        "choices": [
            {"place": str(n), "value": c.value, "label_zh": c.label_zh, "label_en": c.label_en, "is_offered": offered}
            for n, (c, offered) in enumerate(rows, 1)
        ],
    }  # fmt: skip


class PublishForm(_Draft):
    """Why a version is published."""

    reason = TextAreaField(
        lazy("发布原因"), [DataRequired(lazy("请填写发布原因")), Length(max=300, message=lazy("最多 300 字"))],
        description=lazy("记入版本历史，供以后查阅"),
    )  # fmt: skip


def child_choices(children: list[Category]) -> list[tuple[str, str]]:
    """The children of a top as choices of a form."""
    return [(child.code, _("%(code)s %(name)s", code=child.code, name=child.label)) for child in children]
