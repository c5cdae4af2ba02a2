"""Forms of the park's finance people."""

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from marketplace.core.forms import BaseForm, UsccField
from marketplace.core.i18n import lazy
from marketplace.payments.states import Decision


class ImportStatementForm(BaseForm):
    file = FileField(lazy("银行流水文件（CSV 或 XLSX）"), [FileRequired(lazy("请选择银行流水文件"))])


class ProposeMatchForm(BaseForm):
    decision = RadioField(
        lazy("处理方式"),
        [DataRequired(lazy("请选择处理方式"))],
        choices=[(d.value, d.label) for d in Decision],
        default="match",
    )
    payment = StringField(lazy("付款单号或附言编号"), [Optional(), Length(max=20)])
    organisation_uscc = UsccField(lazy("转入余额的企业（统一社会信用代码）"), [Optional()])
    reason = TextAreaField(lazy("理由"), [DataRequired(lazy("请填写理由，复核人将据此判断")), Length(max=300)])


class DecideMatchForm(BaseForm):
    note = TextAreaField(lazy("复核意见"), [Optional(), Length(max=300)])
