"""Forms of accounts."""

from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from marketplace.accounts.rules import MAX_PASSWORD
from marketplace.core.forms import BaseForm, MobileField
from marketplace.core.i18n import lazy


class SignInForm(BaseForm):
    email = StringField(lazy("邮箱或手机号码"), [DataRequired(lazy("请填写邮箱或手机号码")), Length(max=254)])
    password = PasswordField(lazy("密码"), [DataRequired(lazy("请填写密码")), Length(max=MAX_PASSWORD)])
    next = HiddenField()


class CodeForm(BaseForm):
    code = StringField(lazy("验证码"), [DataRequired(lazy("请填写验证码")), Length(max=20)])
    next = HiddenField()


class ConfirmForm(BaseForm):
    """Password or, for who has an authenticator, a code of it: one of them is enough."""

    password = PasswordField(lazy("密码"), [Length(max=MAX_PASSWORD)])
    code = StringField(lazy("验证码"), [Length(max=20)])
    next = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and not self.password.data and not (self.code.data or "").strip():
            self.password.errors = [lazy("请填写密码")]
            return False
        return valid


class ForgotForm(BaseForm):
    login = StringField(lazy("邮箱或手机号码"), [DataRequired(lazy("请填写邮箱或手机号码")), Length(max=254)])


class ResetForm(BaseForm):
    password = PasswordField(lazy("新密码"), [DataRequired(lazy("请填写新密码"))])
    repeat = PasswordField(lazy("再次输入新密码"), [EqualTo("password", lazy("两次输入的密码不一致"))])


class ProfileForm(BaseForm):
    name = StringField(lazy("姓名"), [DataRequired(lazy("请填写姓名")), Length(max=60)])


class ContactsForm(BaseForm):
    email = StringField(lazy("邮箱"), [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))])
    mobile = MobileField(lazy("手机号码"), [Optional()])


class EnrolForm(BaseForm):
    code = StringField(lazy("验证码"), [DataRequired(lazy("请填写验证码")), Length(max=20)])
    ticket = HiddenField()
    next = HiddenField()


class ChangePasswordForm(BaseForm):
    current = PasswordField(lazy("当前密码"), [DataRequired(lazy("请填写当前密码"))])
    password = PasswordField(lazy("新密码"), [DataRequired(lazy("请填写新密码"))])
    repeat = PasswordField(lazy("再次输入新密码"), [EqualTo("password", lazy("两次输入的密码不一致"))])
