"""Forms of the operator's own pages."""

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from marketplace.core.forms import BaseForm, LocalDateField, MobileField
from marketplace.core.i18n import lazy


class ChangeSettingForm(BaseForm):
    value = StringField(lazy("新的取值"), [DataRequired(lazy("请填写新的取值")), Length(max=300)])
    effective_on = LocalDateField(lazy("生效日期"), [DataRequired(lazy("请选择生效日期"))])
    reason = TextAreaField(lazy("调整依据"), [DataRequired(lazy("请填写调整依据")), Length(max=300)])


class SearchWordsForm(BaseForm):
    """An entry of the word lists; which fields count depends on its kind."""

    kind = SelectField(lazy("类型"), [DataRequired(lazy("请选择类型"))], choices=[])
    words = TextAreaField(
        lazy("词语"), [DataRequired(lazy("请填写词语")), Length(max=2000)],
        description=lazy("多个词用分号或换行隔开。合规词可用“+”连接须同时出现的部分，用“^”标出须不出现的部分。"),
    )  # fmt: skip
    target = SelectField(lazy("类目"), [Optional()], choices=[], description=lazy("仅“词语对应类目”填写。"))
    name_zh = TextAreaField(
        lazy("合规提示（中文）"), [Length(max=300)], description=lazy("仅“合规词”填写，显示在搜索页。")
    )
    name_en = TextAreaField(lazy("合规提示（英文）"), [Length(max=300)])
    is_blocking = BooleanField(lazy("拦截：只显示提示，不给出结果"))
    note = StringField(lazy("修改说明"), [Length(max=300)])
    known_number = HiddenField(default="0")


class RetireWordsForm(BaseForm):
    kind = HiddenField()
    key = HiddenField()
    known_number = HiddenField(default="0")
    restore = HiddenField(default="")


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
