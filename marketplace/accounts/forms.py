"""Forms of accounts."""

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from marketplace.accounts.rules import MAX_PASSWORD
from marketplace.core.forms import BaseForm, MobileField
from marketplace.core.i18n import lazy


class SignInForm(BaseForm):
    email = StringField(lazy("邮箱或手机号码"), [DataRequired(lazy("请填写邮箱或手机号码")), Length(max=254)])
    password = PasswordField(lazy("密码"), [DataRequired(lazy("请填写密码")), Length(max=MAX_PASSWORD)])
    next = HiddenField()


class ConfirmForm(BaseForm):
    password = PasswordField(lazy("密码"), [DataRequired(lazy("请填写密码")), Length(max=MAX_PASSWORD)])
    next = HiddenField()


class ProfileForm(BaseForm):
    name = StringField(lazy("姓名"), [DataRequired(lazy("请填写姓名")), Length(max=60)])
    email = StringField(lazy("邮箱"), [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))])
    mobile = MobileField(lazy("手机号码"), [Optional()])


class ChangePasswordForm(BaseForm):
    current = PasswordField(lazy("当前密码"), [DataRequired(lazy("请填写当前密码"))])
    password = PasswordField(lazy("新密码"), [DataRequired(lazy("请填写新密码"))])
    repeat = PasswordField(lazy("再次输入新密码"), [EqualTo("password", lazy("两次输入的密码不一致"))])
