"""The pure rules of organisations: kinds of licences, when to verify again, the letter of the directory, what may be submitted."""

from collections.abc import Collection
from datetime import date

from marketplace.core import clock, settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import LazyString, lazy
from marketplace.core.tabular import Column

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
REMIND_DAYS = (90, 60, 30, 7)
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
    "closed": lazy("退出"),
}
_IDENTITY = [
    Column("uscc", "统一社会信用代码", "uscc"),
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
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ#"
# Where each letter begins among the 3,755 commonest characters of GB 2312, which stand in the order of their readings.
_GB2312_STARTS = (
    (0xB0A1, "A"), (0xB0C5, "B"), (0xB2C1, "C"), (0xB4EE, "D"), (0xB6EA, "E"), (0xB7A2, "F"), (0xB8C1, "G"), (0xB9FE, "H"),
    (0xBBF7, "J"), (0xBFA6, "K"), (0xC0AC, "L"), (0xC2E8, "M"), (0xC4C3, "N"), (0xC5B6, "O"), (0xC5BE, "P"), (0xC6DA, "Q"),
    (0xC8BB, "R"), (0xC8F6, "S"), (0xCBFA, "T"), (0xCDDA, "W"), (0xCEF4, "X"), (0xD1B9, "Y"), (0xD4D1, "Z"), (0xD7FA, ""),
)  # fmt: skip
# Readings that the order gives wrongly for a name, and rarer characters that names of firms like to begin with.
_OWN_INITIALS = {
    "重庆": "C", "厦": "X", "长": "C", "睿": "R", "昕": "X", "晟": "S", "沪": "H", "皓": "H", "祺": "Q", "鑫": "X", "钰": "Y", "骏": "J",
    "翊": "Y", "羿": "Y", "琪": "Q", "瑾": "J", "璟": "J", "颢": "H", "禾": "H", "珺": "J", "茗": "M", "蕙": "H", "衢": "Q", "亳": "B",
    "濮": "P", "泗": "S", "浔": "X", "淞": "S", "溧": "L", "邗": "H", "邳": "P", "沭": "S", "滁": "C", "昱": "Y", "晖": "H", "煜": "Y",
    "铄": "S", "懿": "Y", "隽": "J", "箐": "Q", "鲲": "K", "麒": "Q", "骐": "Q", "馨": "X", "琨": "K", "珏": "J", "岚": "L", "弈": "Y",
}  # fmt: skip

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


def pinyin_initial(name: str) -> str:
    """The letter under which a name stands in the directory; `#` when its first character has none that we know."""
    text = name.strip()
    for head in (text[:2], text[:1]):
        if head in _OWN_INITIALS:
            return _OWN_INITIALS[head]
    first = text[:1].upper()
    if first.isascii():
        return first if first.isalpha() else "#"
    try:
        code = int.from_bytes(first.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return "#"
    letter = ""
    for start, candidate in _GB2312_STARTS:
        if code < start:
            break
        letter = candidate
    return letter or "#"


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
