"""The base of every form and the field types the domains share. Shape of the input only; business rules live in the services."""

import secrets
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField, widgets
from wtforms.validators import ValidationError

from marketplace.core.errors import AccessDenied, ServiceError
from marketplace.core.i18n import _
from marketplace.core.money import format_yuan, parse_yuan
from marketplace.core.uscc import check_uscc


class BaseForm(FlaskForm):
    """A form with CSRF protection and a key that makes its submission safe to repeat."""

    form_key = HiddenField(default=lambda: secrets.token_urlsafe(18))

    def add_service_error(self, error: ServiceError) -> None:
        """Put a service's refusal beside the field it belongs to, or at the top of the form.

        Who may not do this at all, or must first show who they are, is not told so beside a field: that refusal goes on to its own page.
        """
        if isinstance(error, AccessDenied):
            raise error
        field = self._fields.get(error.field) if error.field else None
        if field is None:
            self.form_errors.append(error.text)
        else:
            field.errors = [*field.errors, error.text]


class YuanField(StringField):
    """An amount typed in 元, whose data is integer 分; more than two decimals, signs and exponents are refused."""

    def __init__(self, label: Any = None, validators: Any = None, allow_negative: bool = False, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.allow_negative = allow_negative

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format_yuan(self.data).replace(",", "")

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        if not text:
            self.data = None
            return
        try:
            self.data = parse_yuan(text, allow_negative=self.allow_negative)
        except ValueError as error:
            self.data = None
            raise ValueError(_("请输入金额（元），最多两位小数，例如 1280.50")) from error


class UsccField(StringField):
    """A 统一社会信用代码, normalised; what the check refuses is said in Chinese.

    `defer_checksum` leaves a wrong check character to the service, which knows the codes that two people let pass (dossier 2.1).
    """

    def __init__(self, label: Any = None, validators: Any = None, defer_checksum: bool = False, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.defer_checksum = defer_checksum

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = check_uscc(text).value if text else ""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        result = check_uscc(self.data)
        if result.errors and not (self.defer_checksum and result.errors == ("checksum",)):
            raise ValidationError(uscc_error_text(result.errors[0], self.data))


def uscc_error_text(code: str, value: str) -> str:
    """The Chinese sentence for one of the check's error codes."""
    texts = {
        "length": _("统一社会信用代码应为 18 位，现为 %(n)s 位", n=len(value)),
        "characters": _("统一社会信用代码含有不允许的字符（不使用 I、O、S、V、Z）"),
        "authority": _("统一社会信用代码前两位（登记部门与机构类别）不正确"),
        "checksum": _("统一社会信用代码校验位不正确，请核对营业执照"),
    }
    return texts[code]


class MobileField(StringField):
    """A mainland mobile number: `^1[3-9]\\d{9}$` after removing spaces, hyphens and +86."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip().replace(" ", "").replace("-", "")
        self.data = text.removeprefix("+86")

    def pre_validate(self, form: Any) -> None:
        text = self.data or ""
        if text and not (
            len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1" and text[1] in "3456789"
        ):
            raise ValidationError(_("请输入 11 位手机号码"))


class LocalDateField(StringField):
    """A day as `2026-11-23` (the browser's date input, or typed)."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        if not text:
            self.data = None
            return
        try:
            self.data = date.fromisoformat(text.replace("/", "-"))
        except ValueError as error:
            self.data = None
            raise ValueError(_("请输入日期，格式如 2026-11-23")) from error


class TagsField(SelectMultipleField):
    """Several choices as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()
