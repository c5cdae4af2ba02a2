"""Forms of the operator's own pages."""

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from marketplace.core.forms import BaseForm, LocalDateField, MobileField
from marketplace.core.i18n import lazy


class ChangeSettingForm(BaseForm):
    value = StringField(lazy("新的取值"), [DataRequired(lazy("请填写新的取值")), Length(max=300)])
    effective_on = LocalDateField(lazy("生效日期"), [DataRequired(lazy("请选择生效日期"))])
    reason = TextAreaField(lazy("调整依据"), [DataRequired(lazy("请填写调整依据")), Length(max=300)])


class StaffAccountForm(BaseForm):
    name = StringField(lazy("姓名"), [DataRequired(lazy("请填写姓名")), Length(max=60)])
    email = StringField(
        lazy("工作邮箱"), [DataRequired(lazy("请填写邮箱")), Length(max=254), Email(lazy("请输入有效的邮箱地址"))]
    )
    mobile = MobileField(lazy("手机号码"), [Optional()])


class IdentityReportForm(BaseForm):
    half = SelectField(lazy("期间"), [DataRequired(lazy("请选择期间"))], choices=[])
    recipient = StringField(
        lazy("接收单位"),
        [DataRequired(lazy("请填写接收单位")), Length(max=100)],
        default=lambda: str(lazy("青浦区市场监督管理局")),
    )
    reason = StringField(
        lazy("报送依据"), [DataRequired(lazy("请填写报送依据")), Length(max=300)],
        default=lambda: str(lazy("《电子商务法》第二十八条、《网络交易监督管理办法》第二十五条")),
    )  # fmt: skip
