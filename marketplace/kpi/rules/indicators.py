"""Each indicator: its code and slug, names, unit, target, definition and source (dossier 4.4), and the settings they read."""

from dataclasses import dataclass
from typing import Any

from marketplace.core import settings
from marketplace.core.i18n import LazyString, lazy, local_name

COUNT_FROM = "2023-01"
FORECAST_TO = "2027-12"
CLOSING_DAY = 10
SUPPRESS_BELOW = 5

settings.define(
    "kpi.scale_threshold", "fen", 1_000_000_000, lazy("规模型企业营业收入门槛（分）"), "国家统计局规模以上服务业标准"
)
settings.define("kpi.count_individual", "bool", True, lazy("服务企业数计入个体工商户（92 开头）"), "指标口径")
settings.define(
    "kpi.region_rule", "text", "client", lazy("长三角口径：client 客户注册地，service 服务所在地"), "指标口径"
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. `unit` is `count`, `people`, `fen`, `bps` (0.01 %), `score` (0.01); `scope` says which of a month's figures is the
    headline: the `month`, the accounting `year` to date, or the `total` since 2023. `source` is where its rows come from; `rows` says which
    they are: `facts` (services), `accepted` milestones, `placed` orders, `reviews`, `revenue`, `firms`, firms of `scale`."""

    code: str
    slug: str
    name_zh: str
    name_en: str
    unit: str
    scope: str
    definition: LazyString
    source: LazyString
    target: int | None = None
    upper: int | None = None
    rows: str = "facts"
    icon: str = "bar-chart"
    is_headline: bool = False
    is_estimate: bool = False
    unit_label: Any = ""

    @property
    def label(self) -> str:
        return local_name(self)


_ROWS = lazy("平台验收单（A）、已核验的机构月报（B）、机构自行申报（C）")
_REPORTS = lazy("机构月报：运营方已核验（B）、机构自行申报（C）")
_PLATFORM = lazy("平台订单与验收记录（A）")
_REGISTER = lazy("入驻与资质登记")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "K1", "scale-firms", "规模型企业数", "Firms of scale", "count", "month",
        lazy("在园且已认证、上一会计年度营业收入达到门槛（默认 1,000 万元，含）的机构数，按统一社会信用代码去重。申报收入未经核验的机构单列为 C。"),
        _REPORTS, target=40, rows="scale", icon="buildings", is_headline=True, unit_label=lazy("家"),
    ),
    Indicator(
        "K2", "revenue", "年营业收入", "Yearly revenue", "fen", "year",
        lazy("在园机构本会计年度（1 至 12 月）营业收入合计，会计口径，以机构月报为准；园区内机构之间的交易不抵减。平台验收不影响此指标。"),
        _REPORTS, target=200_000_000_000, rows="revenue", icon="currency-yen", is_headline=True, unit_label=lazy("元"),
    ),
    Indicator(
        "K3", "clients", "服务长三角企业数", "Delta enterprises served", "count", "total",
        lazy(
            "自 2023 年 1 月起，至少接受过一次有效服务的客户数，按客户统一社会信用代码跨机构、跨服务去重；客户注册地在沪苏浙皖。"
            "有效服务指已验收的订单里程碑（按验收单所载服务期间计月）或列明客户代码的月报。未验收的订单不计。"
        ),
        _ROWS, target=20_000, icon="building-check", is_headline=True, unit_label=lazy("家"),
    ),
    Indicator(
        "K4", "people", "服务群体人数", "People served", "people", "total",
        lazy("每个客户每月取各服务线人数的最大值，跨月取最大月份，再对客户求和。以人数而非名册计，因此为估算值。10 万人为下限，20 万人为上限标志。"),
        _ROWS, target=100_000, upper=200_000, icon="people", is_headline=True, is_estimate=True, unit_label=lazy("人"),
    ),
    Indicator(
        "K2n", "net-revenue", "净服务费收入", "Net service revenue", "fen", "year",
        lazy("年营业收入减去代收代付（代发工资、代缴社保等）。"), _REPORTS, rows="revenue", icon="cash-stack", unit_label=lazy("元"),
    ),
    Indicator(
        "K3v", "client-visits", "服务家次", "Client services", "count", "total",
        lazy("客户、机构、服务类目、月份四者不同的组合数，不去重客户。"), _ROWS, icon="arrow-repeat", unit_label=lazy("家次"),
    ),
    Indicator(
        "K4v", "person-visits", "服务人次", "Person services", "people", "total",
        lazy("各验收单与月报所载服务人数之和，不去重。"), _ROWS, icon="person-lines-fill", unit_label=lazy("人次"),
    ),
    Indicator(
        "K5", "registered-firms", "注册机构数", "Registered firms", "count", "month",
        lazy("已认证的人力资源服务机构数，其中登记为在园的另列。"), _REGISTER, rows="firms", icon="patch-check", unit_label=lazy("家"),
    ),
    Indicator(
        "K6", "volume", "平台成交额", "Platform volume", "fen", "total",
        lazy("已验收里程碑的金额之和，按验收日期计月，累计自 2023 年起。"), _PLATFORM, rows="accepted", icon="bag-check", unit_label=lazy("元"),
    ),
    Indicator(
        "K8", "orders", "订单与转化", "Orders", "count", "total",
        lazy("当月下单数，及其中机构确认、付款到账、全部验收完成的订单数（各按其发生月份）。"),
        _PLATFORM, rows="placed", icon="receipt", unit_label=lazy("单"),
    ),
    Indicator(
        "K12", "cities", "长三角覆盖城市数", "Delta cities covered", "count", "total",
        lazy("至少有一个 A 或 B 级证据客户的长三角城市数（共 41 个，其中中心区 27 个）。"),
        _ROWS, target=41, icon="geo-alt", unit_label=lazy("个"),
    ),
    Indicator(
        "K13", "satisfaction", "满意度", "Satisfaction", "score", "total",
        lazy("已完成订单评价的平均分（1 至 5 分），每单一次；另列 4 分及以上的占比。"),
        lazy("平台订单评价"), rows="reviews", icon="emoji-smile", unit_label=lazy("分"),
    ),
    Indicator(
        "K14", "high-value-share", "高附加值业态占比", "Share of high-value services", "bps", "total",
        lazy("高附加值类目的成交额占平台成交额的比例。"), _PLATFORM, rows="accepted", icon="gem", unit_label=lazy("%"),
    ),
    Indicator(
        "K16", "compliance", "资质合规率", "Licence compliance", "bps", "month",
        lazy("营业执照与人力资源类资质齐全且在有效期内、未逾复核期限的机构，占已认证机构的比例。"),
        _REGISTER, target=10_000, rows="firms", icon="shield-check", unit_label=lazy("%"),
    ),
)  # fmt: skip
_BY_CODE = {one.code: one for one in INDICATORS}
_BY_SLUG = {one.slug: one for one in INDICATORS}


def indicator(code: str) -> Indicator:
    """The indicator of a code; KeyError for an unknown one."""
    return _BY_CODE[code]


def find_indicator(slug: str) -> Indicator | None:
    return _BY_SLUG.get(slug)


def next_month(period: str, step: int = 1) -> str:
    """The month some months later (`step` may be negative)."""
    index = int(period[:4]) * 12 + int(period[5:7]) - 1 + step
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; none when the first comes later."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found
