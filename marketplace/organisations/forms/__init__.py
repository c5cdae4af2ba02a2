"""Forms of organisations, for their own people and for the operator."""

from typing import Any

from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from marketplace.core import regions
from marketplace.core.forms import BaseForm, LocalDateField, MobileField, TagsField, UsccField, YuanField
from marketplace.core.i18n import lazy
from marketplace.organisations.rules import (
    CHECK_METHODS,
    KINDS,
    LICENCE_KINDS,
    MEASURE_RULES,
    RECOGNITION_REGIONS,
    REVEAL_REASONS,
    SCOPES,
)
from marketplace.organisations.rules.joining import MAX_MESSAGE


def city_choices() -> list[tuple[str, str]]:
    return [("", str(lazy("请选择"))), *((c.code, regions.label(c.code)) for c in regions.cities())]


def _words(table: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(table.items())


class SignUpForm(BaseForm):
    kind = RadioField(lazy("单位类型"), [DataRequired(lazy("请选择单位类型"))], choices=_words(KINDS))
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))], defer_checksum=True)
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


def issuing_choices() -> list[tuple[str, str]]:
    """The cities, Shanghai's districts and the zone's counties of the table; blank for every other place."""
    known = [r for r in regions.all_regions().values() if r.level in ("city", "district")]
    return [("", str(lazy("其他地区或不详"))), *((r.code, regions.label(r.code)) for r in known)]


def recognition_choices() -> list[tuple[str, str]]:
    return [(code, regions.label(code)) for code in RECOGNITION_REGIONS]


class LicenceForm(BaseForm):
    kind = SelectField(lazy("证照类型"), [DataRequired(lazy("请选择证照类型"))], choices=_words(LICENCE_KINDS))
    number = StringField(lazy("证照编号"), [DataRequired(lazy("请填写证照编号")), Length(max=64)])
    scope = TagsField(lazy("许可或备案范围"), choices=[])
    issued_on = LocalDateField(lazy("发证日期"), [Optional()])
    is_long_term = BooleanField(lazy("长期有效"))
    valid_to = LocalDateField(lazy("有效期至"), [Optional()])
    issuing_code = SelectField(lazy("发证地区"), [Optional()], choices=issuing_choices)
    issuing_region = StringField(lazy("发证机关"), [Optional(), Length(max=60)])
    recognised_in = TagsField(lazy("示范区互认地区"), choices=recognition_choices)
    file = MultipleFileField(lazy("扫描件"), [Optional()])

    def offer_scopes(self, kind: str) -> None:
        """Offer the scope of one kind of licence, or of every kind where none is known yet; the service refuses another kind's."""
        known = {kind: SCOPES[kind]} if kind in SCOPES else {} if kind in LICENCE_KINDS else SCOPES
        self.scope.choices = [(code, label) for labels in known.values() for code, label in labels.items()]

    def facts(self) -> dict[str, Any]:
        """What the licence says beside kind and number, as the services take it."""
        names = ("valid_to", "is_long_term", "scope", "issued_on", "issuing_code", "issuing_region", "recognised_in")
        return {name: self[name].data or ([] if name in ("scope", "recognised_in") else None) for name in names} | {
            "is_long_term": bool(self.is_long_term.data), "issuing_code": self.issuing_code.data or "",
            "issuing_region": self.issuing_region.data or "",
        }  # fmt: skip

    @property
    def uploads(self) -> list[Any]:
        """The files that were chosen, without the empty part a browser sends for none."""
        return [one for one in self.file.data or [] if getattr(one, "filename", "")]


class ReviewLicenceForm(BaseForm):
    method = SelectField(lazy("核验方式"), choices=_words(CHECK_METHODS))
    evidence = FileField(lazy("核验证据"), [Optional()])
    reason = TextAreaField(lazy("审核意见"), [Optional(), Length(max=500)])


class ReverifyForm(BaseForm):
    method = SelectField(lazy("核验方式"), choices=_words(CHECK_METHODS))
    evidence = FileField(lazy("核验证据"), [Optional()])
    note = TextAreaField(lazy("复核说明"), [Optional(), Length(max=500)])


class ProposeOverrideForm(BaseForm):
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))], defer_checksum=True)
    name = StringField(lazy("单位全称"), [DataRequired(lazy("请填写营业执照上的单位全称")), Length(min=2, max=100)])
    reason = TextAreaField(lazy("理由"), [DataRequired(lazy("请填写理由")), Length(max=500)])
    evidence = FileField(lazy("证据"), [FileRequired(lazy("请上传营业执照扫描件或公示系统查询截图"))])


class DecideOverrideForm(BaseForm):
    note = TextAreaField(lazy("复核意见"), [Optional(), Length(max=500)])


class ReasonForm(BaseForm):
    reason = TextAreaField(lazy("原因"), [DataRequired(lazy("请填写原因，对方将看到这段文字")), Length(max=500)])


class ApproveForm(BaseForm):
    licences = TagsField(lazy("同时核准的证照"), coerce=int, choices=[])
    method = SelectField(lazy("核验方式"), choices=_words(CHECK_METHODS))
    evidence = FileField(lazy("核验证据"))
    in_park = BooleanField(lazy("在园机构"))


class OpenAccountForm(BaseForm):
    person_name = StringField(lazy("管理员姓名"), [DataRequired(lazy("请填写管理员姓名")), Length(max=60)])
    email = StringField(lazy("邮箱"), [Optional(), Length(max=254), Email(lazy("请输入有效的邮箱地址"))])
    mobile = MobileField(lazy("手机号码"), [Optional()])
    password = PasswordField(lazy("初始密码"), [DataRequired(lazy("请设置初始密码"))])


class ChangeForm(BaseForm):
    """The locked facts, filled with what stands; what differs is asked for."""

    name = StringField(lazy("单位全称"), [DataRequired(lazy("请填写营业执照上的单位全称")), Length(min=2, max=100)])
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))], defer_checksum=True)
    city_code = SelectField(lazy("所在城市"), [DataRequired(lazy("请选择所在城市"))], choices=city_choices)
    address = StringField(lazy("住所"), [Optional(), Length(max=200)])
    legal_representative = StringField(lazy("法定代表人"), [Optional(), Length(max=60)])
    established_on = LocalDateField(lazy("成立日期"), [Optional()])
    registered_capital_fen = YuanField(lazy("注册资本（元）"), [Optional()])
    registrar = StringField(lazy("登记机关"), [Optional(), Length(max=60)])
    business_scope = TextAreaField(lazy("经营范围"), [Optional(), Length(max=4000)])
    reason = TextAreaField(lazy("变更原因"), [DataRequired(lazy("请填写变更原因")), Length(max=500)])
    file = FileField(lazy("变更证明"))


class ClosingForm(BaseForm):
    reason = TextAreaField(lazy("退出原因"), [DataRequired(lazy("请填写退出原因")), Length(max=500)])
    agree = BooleanField(
        lazy("我已知悉：公告期内不再接受新订单，在途订单继续履行完毕，退出后仍可查阅交易记录"),
        [DataRequired(lazy("请先确认已知悉退出的影响"))],
    )


class SuspendForm(ReasonForm):
    rule = SelectField(
        lazy("处置依据"), [Optional()], choices=lambda: [("", str(lazy("请选择"))), *_words(MEASURE_RULES)]
    )
    is_public = BooleanField(lazy("在“处罚公示”页面公示本次处置（仅公示日期、依据与措施）"))


class MethodForm(BaseForm):
    method = SelectField(lazy("核验方式"), choices=_words(CHECK_METHODS))


class RevealForm(BaseForm):
    reason = SelectField(lazy("查看原因"), [DataRequired(lazy("请选择查看原因"))], choices=_words(REVEAL_REASONS))
    case_number = StringField(lazy("订单号或工单号（选填）"), [Optional(), Length(max=40)])
