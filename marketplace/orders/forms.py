"""What people type about orders: the shape of it only; the rules are in the services."""

from typing import Any

from flask_wtf.file import MultipleFileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.core.forms import BaseForm, LocalDateField, YuanField
from marketplace.core.i18n import lazy
from marketplace.core.money import split
from marketplace.orders.rules import MAX_MILESTONES, MAX_PEOPLE, MAX_QUANTITY, MilestoneDraft


def _typed(field: Any) -> str:
    """What was typed into a field, also where it could not be read."""
    return str(field.raw_data[0]).strip() if field.raw_data else ""


class MilestoneRow(Form):
    """One row of the milestone list; a row without title, amount and day does not count."""

    title = StringField(lazy("里程碑名称"), [Length(max=120, message=lazy("名称最多 120 字"))])
    amount = YuanField(lazy("金额（元）"))
    due_on = LocalDateField(lazy("计划交付日"))

    @property
    def is_blank(self) -> bool:
        return not ((self.title.data or "").strip() or _typed(self.amount) or _typed(self.due_on))

    def validate(self, extra_validators: Any = None) -> bool:
        """A row that was begun needs a title."""
        good = super().validate(extra_validators)
        if good and not self.is_blank and not (self.title.data or "").strip():
            self.title.errors = [str(lazy("请填写里程碑名称"))]
            return False
        return good


class PlaceOrderForm(BaseForm):
    """An order's terms. Rows of milestones repeat; where no amount is typed at all, the total is divided equally."""

    quantity = IntegerField(
        lazy("数量"),
        [
            InputRequired(message=lazy("请填写数量")),
            NumberRange(1, MAX_QUANTITY, message=lazy("数量应为 1 至 1,000,000 的整数")),
        ],
    )
    unit_price = YuanField(lazy("单价（元）"), [InputRequired(message=lazy("请填写单价"))])
    starts_on = LocalDateField(lazy("服务开始日期"), [InputRequired(message=lazy("请填写服务开始日期"))])
    ends_on = LocalDateField(lazy("服务结束日期"), [InputRequired(message=lazy("请填写服务结束日期"))])
    city_code = SelectField(lazy("服务城市"), [Optional()])
    milestones = FieldList(FormField(MilestoneRow), label=lazy("里程碑"), min_entries=3, max_entries=MAX_MILESTONES)
    note = TextAreaField(lazy("补充要求"), [Length(max=2000, message=lazy("文字过长，最多 2000 字"))])
    agree = BooleanField(lazy("我已核对以上全部内容，确认提交"))

    def offer_cities(self, choices: list[tuple[str, str]]) -> None:
        self.city_code.choices = choices

    def add_row(self) -> None:
        if len(self.milestones) < MAX_MILESTONES:
            self.milestones.append_entry()

    @property
    def can_add_row(self) -> bool:
        return len(self.milestones) < MAX_MILESTONES

    def drafts(self) -> list[MilestoneDraft]:
        """The rows that were filled in, with amounts in 分."""
        rows = [row.form for row in self.milestones if not row.form.is_blank]
        amounts = [row.amount.data for row in rows]
        if rows and not any(_typed(row.amount) for row in rows):
            amounts = split((self.quantity.data or 0) * (self.unit_price.data or 0), len(rows))
        return [
            MilestoneDraft((row.title.data or "").strip(), amount or 0, row.due_on.data)
            for row, amount in zip(rows, amounts, strict=True)
        ]

    def terms(self) -> dict[str, Any]:
        """What the services take."""
        return {
            "quantity": self.quantity.data, "unit_price_fen": self.unit_price.data, "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data, "milestones": self.drafts(), "city_code": self.city_code.data or None,
            "note": self.note.data or "",
        }  # fmt: skip


class ReasonForm(BaseForm):
    """The words that go with a no."""

    reason = TextAreaField(
        lazy("原因"),
        [
            InputRequired(message=lazy("请填写原因，对方会看到")),
            Length(max=2000, message=lazy("文字过长，最多 2000 字")),
        ],
    )


class ResolveDisputeForm(ReasonForm):
    """The operator's decision with its grounds."""

    decision = RadioField(
        lazy("裁定结果"),
        [InputRequired(message=lazy("请选择裁定结果"))],
        choices=[("accept", lazy("验收通过并结算")), ("redeliver", lazy("退回机构重新交付"))],
    )


class DeliverMilestoneForm(BaseForm):
    """A delivery: people served (人), the service period, a note and files."""

    people_served = IntegerField(
        lazy("服务人数（人）"),
        [
            InputRequired(message=lazy("请填写服务人数，没有则填 0")),
            NumberRange(0, MAX_PEOPLE, message=lazy("服务人数应为 0 至 1,000,000 的整数")),
        ],
    )
    period_from = LocalDateField(lazy("服务期起"), [InputRequired(message=lazy("请填写服务期起"))])
    period_to = LocalDateField(lazy("服务期止"), [InputRequired(message=lazy("请填写服务期止"))])
    note = TextAreaField(lazy("交付说明"), [Length(max=2000, message=lazy("文字过长，最多 2000 字"))])
    files = MultipleFileField(lazy("交付文件"))
