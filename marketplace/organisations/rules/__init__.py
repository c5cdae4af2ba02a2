"""The pure rules of organisations: kinds of licences, when to verify again, the letter of the directory, what may be submitted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marketplace.core import clock, regions, settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import LazyString, lazy
from marketplace.core.tabular import Column
from marketplace.organisations.rules.readings import LETTERS, Spelling, pinyin_initial, spell, typed_pinyin

__all__ = ["LETTERS", "Spelling", "pinyin_initial", "spell", "typed_pinyin"]

KINDS: dict[str, LazyString] = {"firm": lazy("人力资源服务机构"), "client": lazy("用工企业")}
SIZES = ("微", "小", "中", "大")
LICENCE_KINDS: dict[str, LazyString] = {
    "business": lazy("营业执照"),
    "HR_PERMIT": lazy("人力资源服务许可证"),
    "HR_FILING": lazy("人力资源服务备案"),
    "DISPATCH": lazy("劳务派遣经营许可证"),
    "ICP": lazy("增值电信业务经营许可证"),
    "OTHER": lazy("其他资质"),
}
TRADE_LICENCES = ("HR_PERMIT", "HR_FILING", "DISPATCH")
DATED_KINDS = ("DISPATCH",)  # three years by law (劳务派遣行政许可实施办法), never without an end
MAX_LICENCES = 30
MAX_PAGES = 5  # scans of one licence
SCOPES: dict[str, dict[str, LazyString]] = {
    "HR_PERMIT": {  # 职业中介, 人力资源市场暂行条例 18
        "refer": lazy("为用人单位推荐人力资源"), "introduce": lazy("为求职者介绍用人单位"), "fair": lazy("举办招聘会"),
        "online": lazy("网络招聘"), "headhunt": lazy("高级人才寻访（猎头）"),
    },
    "HR_FILING": {
        "consult": lazy("人力资源管理咨询"), "assess": lazy("人才测评"), "train": lazy("人力资源培训"),
        "outsource": lazy("人力资源服务外包"), "information": lazy("人力资源供求信息"), "guide": lazy("就业与创业指导"),
    },
    "ICP": {"b21": lazy("在线数据处理与交易处理业务"), "b25": lazy("信息服务业务")},
}  # fmt: skip
RECOGNITION_REGIONS = ("310118", "320509", "330421")  # 青浦、吴江、嘉善（示范区条例 56）
REMIND_DAYS = (90, 60, 30, 7)
DUE_STEPS = (30, 7, 0)  # days before an organisation is due at which it is told; once more when its grace is over
OVERDUE_STEP = -1
EVIDENCE_TYPES = ("application/pdf", "image/jpeg", "image/png")
ROLES: dict[str, LazyString] = {
    "admin": lazy("管理员"),
    "business": lazy("业务"),
    "purchasing": lazy("采购"),
    "finance": lazy("财务"),
    "viewer": lazy("只读"),
}
SOURCES: dict[str, LazyString] = {
    "sign_up": lazy("自主注册"),
    "operator_import": lazy("园区导入"),
    "demo": lazy("演示数据"),
}
CHECK_METHODS: dict[str, LazyString] = {
    "manual": lazy("人工核对"),
    "registry": lazy("国家企业信用信息公示系统查询"),
    "e_licence": lazy("电子营业执照"),
}
CHECK_RESULTS: dict[str, LazyString] = {
    "approved": lazy("通过"),
    "returned": lazy("退回"),
    "suspended": lazy("暂停"),
    "restored": lazy("恢复"),
    "revoked": lazy("作废"),
    "reverified": lazy("复核通过"),
    "closed": lazy("退出"),
    "changed": lazy("变更通过"),
    "change_returned": lazy("变更退回"),
}
_IDENTITY = [
    Column("uscc", "统一社会信用代码", "known_uscc"),
    Column("name", "单位名称", max_length=100),
]
FIRM_COLUMNS = [
    *_IDENTITY,
    Column("short_name", "简称", required=False, max_length=40),
    Column("city_code", "城市代码", max_length=6),
    Column("address", "地址", required=False, max_length=200),
    Column("established_on", "成立日期", "date", required=False),
    Column("registered_capital_wan", "注册资本（万元）", "wan", required=False, minimum=0),
    Column("contact_name", "联系人", required=False, max_length=60),
    Column("contact_mobile", "联系电话", required=False, max_length=20),
    Column("hr_permit_no", "人力资源服务许可证号", required=False, max_length=64),
    Column("hr_filing_no", "备案号", required=False, max_length=64),
    Column("dispatch_permit_no", "劳务派遣许可证号", required=False, max_length=64),
    Column("dispatch_valid_to", "派遣有效期至", "date", required=False),
    Column("intro", "简介", required=False, max_length=4000),
    Column("in_park", "是否在园", "bool", required=False),
    Column("hr_permit_valid_to", "许可证有效期至", "date", required=False),
]
CLIENT_COLUMNS = [
    *_IDENTITY,
    Column("city_code", "城市代码", max_length=6),
    Column("industry", "行业", required=False, max_length=60),
    Column("size", "规模", required=False, max_length=1),
    Column("contact_name", "联系人", required=False, max_length=60),
    Column("contact_mobile", "联系电话", required=False, max_length=20),
]

settings.define(
    "organisations.firm_verify_months",
    "int",
    6,
    lazy("机构复核周期（月）"),
    "网络交易监督管理办法第二十四条",
    minimum=1,
    maximum=24,
)
settings.define(
    "organisations.client_verify_months", "int", 12, lazy("企业复核周期（月）"), "平台核验规则", minimum=1, maximum=36
)
settings.define(
    "organisations.overdue_grace_days",
    "days",
    15,
    lazy("复核逾期后仍可展示服务、下单的天数"),
    "平台核验规则",
    minimum=0,
    maximum=90,
)
settings.define(
    "organisations.confirm_window_days",
    "days",
    30,
    lazy("复核到期前多少天起可声明资料无变化"),
    "平台核验规则",
    minimum=0,
    maximum=180,
)

settings.define(
    "organisations.confirm_before_submit",
    "bool",
    True,
    lazy("提交审核前须验证管理员的邮箱或手机号码"),
    "网络安全法第二十四条",
)


def next_due(verified_on: date, months: int, valid_to: date | None) -> date:
    """When to verify again: some calendar months later, or on the last day of the earliest licence if that is sooner."""
    due = clock.add_months(verified_on, months)
    return min(due, valid_to) if valid_to else due


def missing_licences(kind: str, present: Collection[str]) -> list[str]:
    """Which kinds of licences are still missing before an organisation may be submitted (电子商务法 27; 人力资源市场暂行条例 18).

    Everybody shows a business licence; a firm also one of permit, filing or dispatch permit, named here by its first.
    """
    missing = [] if "business" in present else ["business"]
    if kind == "firm" and not set(TRADE_LICENCES) & set(present):
        missing.append(TRADE_LICENCES[0])
    return missing


def check_licence(kind: str, number: str, valid_to: date | None, is_long_term: bool, today: date) -> None:
    """Refuse a licence of no known kind, without a number, without an end where one is asked, or already past."""
    if kind not in LICENCE_KINDS:
        raise Invalid("licence.kind", lazy("请选择证照类型"), field="kind")
    if not number.strip():
        raise Invalid("licence.number", lazy("请填写证照编号"), field="number")
    if len(number.strip()) > 64:
        raise Invalid("licence.number_long", lazy("证照编号最多 64 个字符"), field="number")
    if is_long_term and valid_to:
        raise Invalid("licence.both", lazy("已选择长期有效，请清空有效期"), field="valid_to")
    if not is_long_term and valid_to is None:
        raise Invalid("licence.valid_to", lazy("请填写有效期至，或选择长期有效"), field="valid_to")
    if is_long_term and kind in DATED_KINDS:
        raise Invalid("licence.dated", lazy("劳务派遣经营许可证有效期为三年，请填写有效期至"), field="valid_to")
    if valid_to is not None and valid_to < today:
        raise Invalid("licence.past", lazy("该证照已过有效期，请上传有效的证照"), field="valid_to")


def check_licence_details(
    kind: str, issued_on: date | None, valid_to: date | None, scope: Collection[str], issuing_code: str,
    recognised_in: Collection[str], today: date,
) -> None:  # fmt: skip
    """Refuse an issue still to come or after the end, a scope of another kind of licence, regions outside the tables."""
    if issued_on is not None and issued_on > today:
        raise Invalid("licence.issued", lazy("发证日期不能晚于今天"), field="issued_on")
    if issued_on is not None and valid_to is not None and valid_to <= issued_on:
        raise Invalid("licence.order", lazy("有效期至应晚于发证日期"), field="valid_to")
    if set(scope) - set(SCOPES.get(kind, ())):
        raise Invalid("licence.scope", lazy("许可范围与证照类型不符，请重新选择"), field="scope")
    if issuing_code and regions.get(issuing_code) is None:
        raise Invalid("licence.issuing_code", lazy("请选择发证地区"), field="issuing_code")
    if set(recognised_in) - set(RECOGNITION_REGIONS):
        raise Invalid("licence.recognised_in", lazy("互认地区仅限青浦、吴江、嘉善"), field="recognised_in")


def reminder_step(days_left: int) -> int | None:
    """The reminder that a licence with so many days left stands at: 90, 60, 30 or 7; None while there is more time, or none left."""
    return min((days for days in REMIND_DAYS if 0 <= days_left <= days), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organisation stands to its six-month verification (网络交易监督管理办法 24): due on a day, then so many days of grace."""

    due_on: date | None
    today: date
    grace_days: int

    @property
    def overdue_days(self) -> int:
        """Whole days since the due day; 0 on it, negative before."""
        return (self.today - self.due_on).days if self.due_on else -1

    @property
    def days_left(self) -> int:
        return -self.overdue_days

    @property
    def is_due(self) -> bool:
        """The due day has come: the banner stands, on the firm's shop a neutral mark."""
        return self.due_on is not None and self.overdue_days >= 0

    @property
    def is_over(self) -> bool:
        """The days of grace have passed: a firm's listings are hidden, a client places no more orders."""
        return self.is_due and self.overdue_days > self.grace_days

    @property
    def grace_left(self) -> int:
        """Days before that, the present one counted; 0 once it has come."""
        return max(0, self.grace_days - self.overdue_days + 1) if self.is_due else 0

    @property
    def over_on(self) -> date | None:
        """The first day on which the listings are hidden."""
        return self.due_on + timedelta(days=self.grace_days + 1) if self.due_on else None

    @property
    def step(self) -> int | None:
        """The reminder it stands at: 30, 7 or 0 days before, `OVERDUE_STEP` once the grace is over; None while there is more time."""
        if self.due_on is None:
            return None
        if self.is_over:
            return OVERDUE_STEP
        return min((days for days in DUE_STEPS if self.days_left <= days), default=None)


def due_after(
    verified_on: date,
    months: int,
    ends: Collection[date],
    *,
    is_complete: bool,
    lapsed_on: date | None,
    known: date | None,
) -> date:
    """When an organisation is due: `next_due` over the licences in force.

    Where a licence that the law asks for at entry has gone (`is_complete` false), the verification no longer holds: due when it lapsed
    (`lapsed_on`), at the latest on the day known before, until such a licence is in force again.
    """
    due = next_due(verified_on, months, min(ends, default=None))
    if is_complete:
        return due
    return min(day for day in (due, lapsed_on, known) if day is not None)


settings.define(
    "organisations.closing_days",
    "days",
    30,
    lazy("退出平台的公告期（日）"),
    "电子商务法第十六条",
    minimum=30,
    maximum=180,
)


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why an organisation cannot leave yet, in a sentence with its number; the code's first word is the domain it comes from."""

    code: str
    text: Any


CLAIM_FOR = timedelta(hours=2)  # a case taken off the desk is free again after this
TOLD_AGAIN_DAYS = 7  # how often both sides hear that something still blocks a closing
OCCASIONS: dict[str, LazyString] = {
    "submitted": lazy("提交时"),
    "approved": lazy("核验通过时"),
    "changed": lazy("变更通过时"),
    "closed": lazy("退出时"),
}
# What reviewers write most; a click puts it into the reason, where it can be made exact.
RETURN_REASONS: dict[str, LazyString] = {
    "scan": lazy("证照扫描件不清晰或不完整，请重新上传彩色原件扫描件。"),
    "mismatch": lazy("单位名称或统一社会信用代码与营业执照不一致，请核对后修改。"),
    "expired": lazy("证照已过有效期，请上传有效的证照。"),
    "missing": lazy("缺少所经营业务对应的许可或备案，请补充上传。"),
    "address": lazy("住所与营业执照不一致，请按营业执照填写。"),
    "contact": lazy("联系人或联系电话无法核实，请更正。"),
}
CHANGE_REASONS: dict[str, LazyString] = {
    "notice": lazy("请上传登记机关出具的变更通知书或变更后的营业执照。"),
    "differs": lazy("申请的内容与证明文件不一致，请核对后重新提交。"),
    "scan": lazy("证照扫描件不清晰或不完整，请重新上传彩色原件扫描件。"),
}
# On what a measure against an organisation rests (电子商务法 36: 违反法律、法规的处置须及时公示).
MEASURE_RULES: dict[str, LazyString] = {
    "ecl27": lazy("《电子商务法》第二十七条：身份、地址、行政许可等信息不真实或未按期核验更新"),
    "ecl29": lazy("《电子商务法》第二十九条：未取得相应行政许可从事经营活动"),
    "hrm18": lazy("《人力资源市场暂行条例》第十八条：未取得许可开展职业中介活动"),
    "hrm24": lazy("《人力资源市场暂行条例》第二十四条：发布含有歧视性内容的信息"),
    "rules5": lazy("本平台交易规则第五条：发布禁止发布的内容"),
    "rules2": lazy("本平台交易规则第二、三条：不按约定付款、交付或验收"),
    "agreement2": lazy("本平台服务协议第二条：未按期提交真实的主体信息与资质"),
}
# Why a masked number was shown. Codes, since the audit trail keeps no free text about people (decision 15).
REVEAL_REASONS: dict[str, LazyString] = {
    "verification": lazy("核实入驻或变更资料"),
    "complaint": lazy("处理投诉举报"),
    "dispute": lazy("协调订单争议"),
    "service": lazy("回复用户求助"),
    "security": lazy("处置安全事件"),
}
MEASURES: dict[str, LazyString] = {
    "suspended": lazy("暂停平台服务"),
    "revoked": lazy("作废平台登记的资质"),
    "restored": lazy("恢复平台服务"),
}
