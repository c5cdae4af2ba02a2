"""Forms about people's data, for them and for the park's people."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from marketplace.core import retention
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import lazy
from marketplace.duties.rules.requests import KINDS, MAX_TEXT


class ConsentForm(BaseForm):
    agree = BooleanField(lazy("我已阅读并同意以上文件"))
    shown = HiddenField()
    next = HiddenField()


class CloseAccountForm(BaseForm):
    understood = BooleanField(
        lazy("我已了解注销后账号不能恢复，并确认注销"), [DataRequired(lazy("请阅读说明并勾选确认"))]
    )


class DataRequestForm(BaseForm):
    kind = RadioField(
        lazy("请求类型"),
        [DataRequired(lazy("请选择请求类型"))],
        choices=[(code, label) for code, label in KINDS.items()],
    )
    text = TextAreaField(lazy("内容"), [DataRequired(lazy("请填写内容")), Length(max=MAX_TEXT)])


class AnswerForm(BaseForm):
    answer = TextAreaField(lazy("答复"), [DataRequired(lazy("请填写答复，对方将看到这段文字")), Length(max=MAX_TEXT)])


def _nouns() -> list[tuple[str, Any]]:
    return [("", lazy("请选择")), *((rule.code, rule.noun) for rule in retention.rules() if rule.due is not None)]


class HoldForm(BaseForm):
    subject = RadioField(
        lazy("保全对象"), [DataRequired(lazy("请选择保全对象"))],
        choices=[("organisation", lazy("一个单位")), ("user", lazy("一个人")), ("noun", lazy("一类数据"))],
    )  # fmt: skip
    uscc = StringField(lazy("统一社会信用代码"), [Optional(), Length(max=30)])
    login = StringField(lazy("邮箱、手机号码或用户编号"), [Optional(), Length(max=254)])
    noun = SelectField(lazy("数据类别"), [Optional()], choices=_nouns)
    reason = TextAreaField(
        lazy("保全依据"), [DataRequired(lazy("请填写保全依据，例如案号或来函文号")), Length(max=500)]
    )


class LiftHoldForm(BaseForm):
    reason = TextAreaField(lazy("解除依据"), [DataRequired(lazy("请填写解除依据")), Length(max=500)])
