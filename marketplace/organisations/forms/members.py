"""Forms by which people come into an organisation and are given their roles."""

from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from marketplace.core.forms import BaseForm, MobileField, UsccField
from marketplace.core.i18n import lazy
from marketplace.organisations.forms import city_choices
from marketplace.organisations.rules import KINDS, ROLES
from marketplace.organisations.rules.joining import MAX_MESSAGE

ROLE_CHOICES = list(ROLES.items())
EMAIL = [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))]
MESSAGE = [Optional(), Length(max=MAX_MESSAGE, message=lazy("附言最多 300 字"))]


class RoleForm(BaseForm):
    role = RadioField(lazy("角色"), [DataRequired(lazy("请选择角色"))], choices=ROLE_CHOICES)


class InviteForm(BaseForm):
    role = SelectField(lazy("角色"), [DataRequired(lazy("请选择角色"))], choices=ROLE_CHOICES, default="viewer")
    email = StringField(lazy("发送到邮箱"), EMAIL)
    mobile = MobileField(lazy("发送到手机"), [Optional()])


class ApproveJoinForm(BaseForm):
    role = SelectField(lazy("角色"), [DataRequired(lazy("请选择角色"))], choices=ROLE_CHOICES, default="viewer")


class AskToJoinForm(BaseForm):
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))])
    message = TextAreaField(lazy("给管理员的附言"), MESSAGE)


class RegisterOrganisationForm(BaseForm):
    """For a person who has an account and no organisation."""

    kind = RadioField(lazy("单位类型"), [DataRequired(lazy("请选择单位类型"))], choices=list(KINDS.items()))
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))])
    name = StringField(lazy("单位全称"), [DataRequired(lazy("请填写营业执照上的单位全称")), Length(min=2, max=100)])
    city_code = SelectField(lazy("所在城市"), [DataRequired(lazy("请选择所在城市"))], choices=city_choices)
    message = TextAreaField(lazy("给管理员的附言"), MESSAGE)


class JoinForm(BaseForm):
    """For a new person who opens an invitation."""

    person_name = StringField(lazy("姓名"), [DataRequired(lazy("请填写姓名")), Length(max=60)])
    email = StringField(lazy("邮箱"), EMAIL)
    mobile = MobileField(lazy("手机号码"), [Optional()])
    password = PasswordField(lazy("密码"), [DataRequired(lazy("请设置密码"))])
    repeat = PasswordField(lazy("再次输入密码"), [EqualTo("password", lazy("两次输入的密码不一致"))])
    agree = BooleanField(
        lazy("我已阅读并同意平台服务协议、交易规则和个人信息处理规则"), [DataRequired(lazy("请先阅读并同意平台规则"))]
    )
