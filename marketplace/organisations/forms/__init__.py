"""Forms of organisations, for their own people and for the operator."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from marketplace.core import regions
from marketplace.core.forms import BaseForm, LocalDateField, MobileField, TagsField, UsccField
from marketplace.core.i18n import lazy
from marketplace.organisations.rules import CHECK_METHODS, KINDS, LICENCE_KINDS
from marketplace.organisations.rules.joining import MAX_MESSAGE


def city_choices() -> list[tuple[str, str]]:
    return [("", str(lazy("请选择"))), *((c.code, regions.label(c.code)) for c in regions.cities())]


def _words(table: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(table.items())


class SignUpForm(BaseForm):
    kind = RadioField(lazy("单位类型"), [DataRequired(lazy("请选择单位类型"))], choices=_words(KINDS))
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))])
    name = StringField(lazy("单位全称"), [DataRequired(lazy("请填写营业执照上的单位全称")), Length(min=2, max=100)])
    city_code = SelectField(lazy("所在城市"), [DataRequired(lazy("请选择所在城市"))], choices=city_choices)
    person_name = StringField(lazy("经办人姓名"), [DataRequired(lazy("请填写经办人姓名")), Length(max=60)])
    email = StringField(lazy("邮箱"), [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))])
    mobile = MobileField(lazy("手机号码"), [Optional()])
    password = PasswordField(lazy("密码"), [DataRequired(lazy("请设置密码"))])
    repeat = PasswordField(lazy("再次输入密码"), [EqualTo("password", lazy("两次输入的密码不一致"))])
    message = TextAreaField(lazy("给管理员的附言"), [Optional(), Length(max=MAX_MESSAGE)])
    agree = BooleanField(
        lazy("我已阅读并同意平台服务协议、交易规则和个人信息处理规则"), [DataRequired(lazy("请先阅读并同意平台规则"))]
    )


class LicenceForm(BaseForm):
    kind = SelectField(lazy("证照类型"), [DataRequired(lazy("请选择证照类型"))], choices=_words(LICENCE_KINDS))
    number = StringField(lazy("证照编号"), [DataRequired(lazy("请填写证照编号")), Length(max=64)])
    issuing_region = StringField(lazy("发证机关"), [Optional(), Length(max=60)])
    is_long_term = BooleanField(lazy("长期有效"))
    valid_to = LocalDateField(lazy("有效期至"), [Optional()])
    file = FileField(lazy("扫描件"), [FileRequired(lazy("请上传证照扫描件"))])


class ReasonForm(BaseForm):
    reason = TextAreaField(lazy("原因"), [DataRequired(lazy("请填写原因，对方将看到这段文字")), Length(max=500)])


class ApproveForm(BaseForm):
    licences = TagsField(lazy("同时核准的证照"), coerce=int, choices=[])
    method = SelectField(lazy("核验方式"), choices=_words(CHECK_METHODS))
    in_park = BooleanField(lazy("在园机构"))


class OpenAccountForm(BaseForm):
    person_name = StringField(lazy("管理员姓名"), [DataRequired(lazy("请填写管理员姓名")), Length(max=60)])
    email = StringField(lazy("邮箱"), [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))])
    mobile = MobileField(lazy("手机号码"), [Optional()])
    password = PasswordField(lazy("初始密码"), [DataRequired(lazy("请设置初始密码"))])
