"""The forms of listings. The listing form is built from the category's attributes, so a new attribute needs no form."""

from functools import partial
from typing import Any

from wtforms import BooleanField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace.catalog.queries import definition_of
from marketplace.catalog.rules.draft import ListingDraft, field_of, find_problems
from marketplace.catalog.rules.old_answers import OldAnswer, old_answers
from marketplace.catalog.rules.pricing import TAX_NOTES, models_for
from marketplace.catalog.rules.taxonomy import Attribute, Category
from marketplace.core import regions
from marketplace.core.forms import BaseForm, LocalDateField, TagsField, YuanField
from marketplace.core.i18n import _, lazy
from marketplace.core.money import parse_yuan


class HundredthsField(YuanField):
    """A percentage, or a price that is an amount or a percentage by its price model: two decimals in, hundredths out."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip().removesuffix("%").removesuffix("％").strip()
        if not text:
            self.data = None
            return
        try:
            self.data = parse_yuan(text)
        except ValueError as error:
            self.data = None
            raise ValueError(_("请输入数值，最多两位小数")) from error

    def _value(self) -> str:
        text = super()._value()
        return text if self.raw_data else text.removesuffix(".00")


class WholeField(StringField):
    """A whole number that is not negative."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        if not text:
            self.data = None
        elif text.isascii() and text.isdigit() and len(text) < 10:
            self.data = int(text)
        else:
            self.data = None
            raise ValueError(_("请输入整数"))


class YesNoSelectField(SelectField):
    """Yes, no, or not answered."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        choices = [("", _("请选择")), ("yes", _("是")), ("no", _("否"))]
        super().__init__(label, validators, choices=choices, coerce=_yes_no, **kwargs)

    def _choices_generator(self, choices: Any) -> Any:
        shown = {True: "yes", False: "no"}.get(self.data, "")
        for value, label, *rest in choices:
            yield (value, label, value == shown, rest[0] if rest else {})


def _yes_no(value: Any) -> Any:
    return {"yes": True, "no": False, True: True, False: False}.get(value)


class ListingForm(BaseForm):
    """What every listing has; `listing_form` adds the fields of a category."""

    category: Category
    fallen: list[OldAnswer]
    base_version = HiddenField()
    """Of a change: the version that was on line when the page was made."""
    seen = HiddenField()
    """The version of the draft or the change that the page was made of; 0 where there was no change."""
    title = StringField(
        lazy("标题"), [InputRequired(lazy("请填写此项")), Length(max=80, message=lazy("最多 80 字"))],
        description=lazy("说清服务是什么、给谁用；不含联系方式与绝对化用语"),
    )  # fmt: skip
    summary = StringField(lazy("摘要"), [InputRequired(lazy("请填写此项")), Length(max=200, message=lazy("最多 200 字"))],
                          description=lazy("一两句话说明服务对象与成果，显示在搜索结果中"))  # fmt: skip
    description = TextAreaField(
        lazy("详情"), [InputRequired(lazy("请填写此项")), Length(max=5000, message=lazy("最多 5000 字"))],
        description=lazy("服务内容、流程、交付与售后；请勿留个人联系方式，勿发布招聘岗位"),
    )  # fmt: skip
    pricing_model = SelectField(lazy("计价方式"), [InputRequired(lazy("请选择计价方式"))])
    price_min = HundredthsField(lazy("最低价"), [Optional()], description=lazy("元；按比例计价时填百分数，如 20"))
    price_max = HundredthsField(lazy("最高价"), [Optional()], description=lazy("可与最低价相同"))
    unit = StringField(
        lazy("单位"), [Optional(), Length(max=20, message=lazy("最多 20 字"))], description=lazy("留空则按计价方式显示")
    )
    billing_note = TextAreaField(
        lazy("计费说明"), [Optional(), Length(max=300, message=lazy("最多 300 字"))],
        description=lazy("价格包含什么、依据什么定价、何时结算。面议、起价、封顶价或区间跨度较大时必填（《人力资源市场暂行条例》第三十二条）"),
    )  # fmt: skip
    tax_note = SelectField(lazy("税费"), [Optional()], default="")

    def draft(self) -> ListingDraft:
        """What was typed, as the services take it."""
        given = {a.key: self[field_of(a)].data for a in self.category.own_attributes}
        return ListingDraft(
            self.category.code, self.title.data or "", self.summary.data or "", self.description.data or "",
            self.pricing_model.data or "", self.price_min.data, self.price_max.data, self.billing_note.data or "",
            self.unit.data or "", tuple(self["city_codes"].data or ()),
            {key: value for key, value in given.items() if value is not None and value != "" and value != []},
            self.tax_note.data or "",
        )  # fmt: skip

    def validate(self, extra_validators: Any = None) -> bool:
        """The shape first, then the rules of the category; every problem stands beside its field."""
        good = super().validate(extra_validators)
        for problem in find_problems(self.draft()):
            found = self._fields.get(problem.field)
            if found is None:
                self.form_errors.append(problem.text)
            elif not found.errors:
                found.errors = [problem.text]
            good = False
        return good


def listing_form(category: Category, content: ListingDraft | None = None, version: int | None = None) -> ListingForm:
    """The form of a category, filled with what was typed, else with this content, written under that version of the category."""
    fields: dict[str, Any] = {"category": category}
    old = _old_answers(category, content, version)
    again = {one.key: _("原答案“%(text)s”已停用，请重新选择", text=one.text) for one in old if one.is_asked}
    fields["fallen"] = [one for one in old if not one.is_asked]
    cities = category.city_attribute
    fields["city_codes"] = TagsField(
        cities.label if cities else lazy("服务城市"),
        choices=[(city.code, regions.label(city.code)) for city in regions.cities()],
    )
    for attribute in category.own_attributes:
        fields[field_of(attribute)] = _field(attribute, again.get(attribute.key, ""))
    form = type("CategoryListingForm", (ListingForm,), fields)(data=_filled(content) if content else None)
    form.pricing_model.choices = [
        (m.value, f"{m.label}（{'% ' if m.is_rate else ''}{m.unit}）") for m in models_for(category.pricing)
    ]
    form.tax_note.choices = [("", _("不说明")), *((key, str(label)) for key, label in TAX_NOTES.items())]
    return form


def _filled(content: ListingDraft) -> dict[str, Any]:
    return {
        "title": content.title, "summary": content.summary, "description": content.description,
        "pricing_model": content.pricing_model, "price_min": content.price_min_fen, "price_max": content.price_max_fen,
        "unit": content.unit, "billing_note": content.billing_note, "city_codes": list(content.city_codes),
        "tax_note": content.tax_note, **{f"a_{key}": value for key, value in content.attributes.items()},
    }  # fmt: skip


def _old_answers(category: Category, content: ListingDraft | None, version: int | None) -> list[OldAnswer]:
    """What was answered under an older version of the category and the form cannot take."""
    if content is None or version is None:
        return []
    return old_answers(category, definition_of(category.code, version), content.attributes)


_HELP = {
    "multi": lazy("可多选"), "pct": lazy("填百分数，如 20 表示 20%，最多两位小数"), "money": lazy("单位为元，最多两位小数"), "int": lazy("填整数"),
    "days": lazy("填整数天数"), "text": lazy("最多 500 字"), "bool": "", "enum": "",
}  # fmt: skip
"""How a question of each type is answered."""


def help_of(attribute: Attribute) -> str:
    """What stands under the field of an attribute: how to answer, and whether buyers filter by it or must promise it."""
    parts = [str(_HELP.get(attribute.type, ""))]
    if attribute.must_be_true:
        parts.append(_("发布须承诺“是”"))
    if attribute.filterable:
        parts.append(_("采购方可据此筛选"))
    return "；".join(part for part in parts if part)


def _field(attribute: Attribute, note: str = "") -> Field:
    unit = f"（{attribute.unit_label}）" if attribute.unit else ""
    kinds: dict[str, Any] = {
        "int": WholeField, "days": WholeField, "bool": YesNoSelectField, "money": HundredthsField, "pct": HundredthsField,
        "enum": partial(SelectField, choices=[("", _("请选择")), *((c.value, c.label) for c in attribute.choices)]),
        "multi": partial(TagsField, choices=[(c.value, c.label) for c in attribute.choices]),
        "text": partial(StringField, validators=[Length(max=500, message=lazy("最多 500 字"))]),
    }  # fmt: skip
    field: Field = kinds[attribute.type](attribute.label + unit, description=note or help_of(attribute))
    return field


class ReasonForm(BaseForm):
    """A decision that must be explained to the other side."""

    reason = TextAreaField(
        lazy("原因"), [InputRequired(lazy("请填写原因")), Length(max=300, message=lazy("最多 300 字"))]
    )


class WithdrawForm(BaseForm):
    """Taking one's own service down: the reason is public."""

    reason = TextAreaField(
        lazy("下架原因"), [InputRequired(lazy("请填写原因")), Length(max=300, message=lazy("最多 300 字"))],
        description=lazy("此原因将在公开页面向所有人展示，请勿填写客户名称、内部事项或个人信息"),
    )  # fmt: skip


class SeenForm(BaseForm):
    """A decision on exactly what was on the page: a version that moved meanwhile is refused."""

    seen = HiddenField()


class SeenReasonForm(SeenForm, ReasonForm):
    """The same with a reason."""


def show_versions(form: ListingForm, seen: int, base_version: int | None = None) -> None:
    """Write into the form of which versions it is made; what was posted with it counts no longer."""
    for one, number in ((form.seen, seen), (form.base_version, base_version)):
        one.data, one.raw_data = "" if number is None else str(number), None


def seen_in(form: ListingForm) -> int | None:
    """The version that the person had before them; None where the form does not say."""
    return whole(form.seen.data) if form.seen.data else None


def whole(text: str | None) -> int:
    """The number in a hidden field; -1, which fits nothing, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


class SaveSearchForm(BaseForm):
    """A search that a person keeps: its name, and whether new services in it are told."""

    name = StringField(
        lazy("名称"), [InputRequired(lazy("请填写名称")), Length(max=60, message=lazy("最多 %(max)d 个字"))]
    )
    notify = BooleanField(lazy("有新服务时提醒我（站内消息与邮件，每天最多一次）"))


class PromotionForm(BaseForm):
    """An advertisement that the operator places."""

    listing_id = StringField(lazy("服务编号"), [InputRequired(lazy("请填写服务编号"))])
    category_code = SelectField(lazy("投放位置"), choices=[], validate_choice=False)
    first_day = LocalDateField(lazy("开始日期"), [InputRequired(lazy("请填写日期"))])
    last_day = LocalDateField(lazy("结束日期（含当日）"), [InputRequired(lazy("请填写日期"))])
    note = TextAreaField(lazy("备注（合同号等，仅园区可见）"), [Length(max=200, message=lazy("最多 %(max)d 个字"))])
