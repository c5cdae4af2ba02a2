"""Forms of an organisation's own file. What is empty may be saved so: the steps say what is still missing."""

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from marketplace.core.forms import BaseForm, LocalDateField, UsccField, YuanField
from marketplace.core.i18n import lazy
from marketplace.organisations.forms import city_choices
from marketplace.organisations.rules import SIZES
from marketplace.organisations.rules.money import INVOICE_KINDS

ADDRESS = Length(max=200, message=lazy("地址最多 200 字"))
PERSON = Length(max=60, message=lazy("最多 60 字"))


class IdentityForm(BaseForm):
    name = StringField(lazy("单位全称"), [DataRequired(lazy("请填写营业执照上的单位全称")), Length(min=2, max=100)])
    uscc = UsccField(lazy("统一社会信用代码"), [DataRequired(lazy("请填写统一社会信用代码"))], defer_checksum=True)
    legal_representative = StringField(lazy("法定代表人"), [Optional(), PERSON])
    registrar = StringField(lazy("登记机关"), [Optional(), PERSON])
    city_code = SelectField(lazy("所在城市"), [DataRequired(lazy("请选择所在城市"))], choices=city_choices)
    address = StringField(lazy("地址"), [Optional(), ADDRESS])
    established_on = LocalDateField(lazy("成立日期"), [Optional()])
    registered_capital_fen = YuanField(lazy("注册资本（元）"), [Optional()])
    industry = StringField(lazy("行业"), [Optional(), PERSON])
    size = SelectField(lazy("规模"), [Optional()], choices=[("", lazy("未填写")), *((s, s) for s in SIZES)])
    business_scope = TextAreaField(lazy("经营范围"), [Optional(), Length(max=4000)])


class ContactsForm(BaseForm):
    contact_name = StringField(lazy("联系人"), [Optional(), PERSON])
    contact_mobile = StringField(lazy("联系电话"), [Optional(), Length(max=20, message=lazy("联系电话最多 20 个字符"))])


class PublicProfileForm(BaseForm):
    short_name = StringField(lazy("简称"), [Optional(), Length(max=40, message=lazy("简称最多 40 字"))])
    website = StringField(lazy("官方网站"), [Optional(), Length(max=200, message=lazy("网址最多 200 个字符"))])
    service_hotline = StringField(
        lazy("服务热线"), [Optional(), Length(max=30, message=lazy("服务热线最多 30 个字符"))]
    )
    service_highlights = TextAreaField(lazy("服务亮点"), [Optional(), Length(max=400)])
    industry = StringField(lazy("行业"), [Optional(), PERSON])
    size = SelectField(lazy("规模"), [Optional()], choices=[("", lazy("未填写")), *((s, s) for s in SIZES)])
    intro = TextAreaField(lazy("单位简介"), [Optional(), Length(max=4000, message=lazy("单位简介最多 4000 字"))])


class BankAccountForm(BaseForm):
    bank_name = StringField(lazy("开户银行"), [DataRequired(lazy("请填写开户银行（2 至 60 字）")), PERSON])
    branch = StringField(lazy("开户支行"), [Optional(), Length(max=80, message=lazy("开户支行最多 80 字"))])
    account = StringField(lazy("银行账号"), [DataRequired(lazy("请填写银行账号")), Length(max=60)])
    seen = HiddenField()


class InvoiceDataForm(BaseForm):
    invoice_kind = RadioField(
        lazy("发票类型"),
        [DataRequired(lazy("请选择发票类型"))],
        choices=list(INVOICE_KINDS.items()),
        default="ordinary",
    )
    email = StringField(
        lazy("接收发票的邮箱"),
        [DataRequired(lazy("请填写接收发票的邮箱")), Length(max=254), Email(lazy("请输入有效的邮箱地址"))],
    )
    address = StringField(lazy("开票地址"), [Optional(), ADDRESS])
    phone = StringField(lazy("开票电话"), [Optional(), Length(max=30, message=lazy("开票电话最多 30 个字符"))])
    bank_name = StringField(lazy("开票开户银行"), [Optional(), Length(max=100)])
    account = StringField(lazy("开票银行账号"), [Optional(), Length(max=60)])


class ApprovalLimitForm(BaseForm):
    mode = RadioField(
        lazy("采购审批"), [DataRequired(lazy("请选择是否启用采购审批"))],
        choices=[("off", lazy("不启用：采购人员可直接下单")), ("on", lazy("启用：订单总额超过下列额度时，须经管理员或财务审批"))],
    )  # fmt: skip
    limit = YuanField(lazy("审批额度（元）"), [Optional()])
