"""The pure rules of an order: what terms may say, how money divides, and the deadlines the operator decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from marketplace.core import clock, settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.money import percent_floor

MAX_QUANTITY = 1_000_000
MAX_TOTAL_FEN = 100_000_000_000 * 100
MAX_MILESTONES = 24
MAX_YEARS = 5
MAX_PEOPLE = 1_000_000

settings.define(
    "orders.commission_bps", "bps", 300, lazy("平台服务费率（万分之）"), "平台收费标准", minimum=0, maximum=3000
)
settings.define(
    "orders.confirm_days", "days", 5, lazy("机构确认订单的期限（天）"), "平台交易规则", minimum=1, maximum=60
)
settings.define("orders.pay_days", "days", 15, lazy("确认后付款的期限（天）"), "平台交易规则", minimum=1, maximum=90)
settings.define(
    "orders.auto_accept_days", "days", 10, lazy("交付后视为验收的期限（天）"), "平台交易规则", minimum=1, maximum=90
)
settings.define(
    "orders.approval_days", "days", 7, lazy("企业内部审批采购的期限（天）"), "平台交易规则", minimum=1, maximum=60
)


def needs_approval(total_fen: int, limit_fen: int | None, role: str) -> bool:
    """Does an order of this total (分) wait for a second person of the client? Above its limit, and not when an administrator orders."""
    return limit_fen is not None and total_fen > limit_fen and role != "admin"


@dataclass(frozen=True, slots=True)
class MilestoneDraft:
    """One milestone as agreed: what is delivered, for how much (分), until when."""

    title: str
    amount_fen: int
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a client and a firm agree on, beside the listing itself."""

    quantity: int
    unit_price_fen: int
    starts_on: date
    ends_on: date
    milestones: tuple[MilestoneDraft, ...]
    city_code: str | None = None
    note: str = ""

    @property
    def total_fen(self) -> int:
        return self.quantity * self.unit_price_fen


@dataclass(frozen=True, slots=True)
class Share:
    """How one amount (分) divides: what the platform keeps and what the firm gets; together exactly the amount."""

    amount_fen: int
    commission_fen: int

    @property
    def firm_fen(self) -> int:
        return self.amount_fen - self.commission_fen


def share_of(amount_fen: int, bps: int) -> Share:
    """The platform's commission of a milestone, floored to the 分, and the firm's share, which is the rest."""
    return Share(amount_fen, percent_floor(amount_fen, bps))


def check_amounts(terms: OrderTerms) -> None:
    """Refuse amounts that are no order: not positive, too large, or milestones that do not add up to the total."""
    if not 1 <= terms.quantity <= MAX_QUANTITY:
        raise Invalid(
            "order.quantity", lazy("数量应为 1 至 %(most)s 的整数"), field="quantity", most=f"{MAX_QUANTITY:,}"
        )
    if terms.unit_price_fen <= 0:
        raise Invalid("order.unit_price", lazy("单价必须大于 0"), field="unit_price")
    if terms.total_fen > MAX_TOTAL_FEN:
        raise Invalid("order.total", lazy("订单总额超出平台上限（1000 亿元），请拆分订单"), field="quantity")
    check_milestones(terms.milestones, terms.total_fen)


def check_milestones(milestones: Sequence[MilestoneDraft], total_fen: int) -> None:
    """Refuse milestones that are none or too many, lack a title or an amount, or miss the total by a 分."""
    if not 1 <= len(milestones) <= MAX_MILESTONES:
        raise Invalid(
            "order.milestones", lazy("请填写 1 至 %(most)s 个里程碑"), field="milestones", most=MAX_MILESTONES
        )
    for number, draft in enumerate(milestones, 1):
        if not draft.title.strip():
            raise Invalid("order.milestone_title", lazy("第 %(n)s 个里程碑缺少名称"), field="milestones", n=number)
        if draft.amount_fen <= 0:
            raise Invalid(
                "order.milestone_amount", lazy("第 %(n)s 个里程碑的金额必须大于 0"), field="milestones", n=number
            )
    planned = sum(draft.amount_fen for draft in milestones)
    if planned != total_fen:
        raise Invalid(
            "order.milestone_sum",
            lazy("里程碑金额合计 %(planned)s 元，应等于订单总额 %(total)s 元"),
            field="milestones", planned=_yuan(planned), total=_yuan(total_fen),
        )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def check_period(terms: OrderTerms, today: date) -> None:
    """Refuse a period that ends before it starts, starts before today, exceeds five years, or misses a milestone."""
    if terms.ends_on < terms.starts_on:
        raise Invalid("order.period", lazy("服务结束日期不能早于开始日期"), field="ends_on")
    if terms.starts_on < today:
        raise Invalid("order.past", lazy("服务开始日期不能早于今天"), field="starts_on")
    if (terms.ends_on - terms.starts_on).days > MAX_YEARS * 366:
        raise Invalid("order.too_long", lazy("服务期限最长 %(n)s 年"), field="ends_on", n=MAX_YEARS)
    for number, draft in enumerate(terms.milestones, 1):
        if draft.due_on and not terms.starts_on <= draft.due_on <= terms.ends_on:
            raise Invalid(
                "order.milestone_due", lazy("第 %(n)s 个里程碑的日期不在服务期内"), field="milestones", n=number
            )


def check_price(unit_price_fen: int, least_fen: int | None, most_fen: int | None) -> None:
    """Refuse a unit price outside the listing's published range (分); without one the two sides agree on it."""
    if least_fen is not None and unit_price_fen < least_fen:
        raise Invalid(
            "order.price_low", lazy("单价不能低于公示价格 %(least)s 元"), field="unit_price", least=_yuan(least_fen)
        )
    if most_fen is not None and unit_price_fen > most_fen:
        raise Invalid(
            "order.price_high", lazy("单价不能高于公示价格 %(most)s 元"), field="unit_price", most=_yuan(most_fen)
        )


def check_delivery(people_served: int, period_from: date, period_to: date, today: date) -> None:
    """Refuse people served (人) that are negative or absurd, and a service period reversed or not yet over."""
    if not 0 <= people_served <= MAX_PEOPLE:
        raise Invalid(
            "milestone.people", lazy("服务人数应为 0 至 %(most)s 的整数"), field="people_served", most=f"{MAX_PEOPLE:,}"
        )
    if period_to < period_from:
        raise Invalid("milestone.period", lazy("服务期止不能早于服务期起"), field="period_to")
    if period_to > today:
        raise Invalid("milestone.future", lazy("服务期止不能晚于今天：只能交付已完成的服务"), field="period_to")


settings.define("orders.work_opens", "int", 9, lazy("工作时间开始（时）"), "平台服务承诺", minimum=0, maximum=12)
settings.define("orders.work_closes", "int", 18, lazy("工作时间结束（时）"), "平台服务承诺", minimum=13, maximum=24)
settings.define(
    "orders.response_days", "days", 180, lazy("机构响应时间的统计范围（天）"), "平台服务承诺", minimum=30, maximum=730
)
settings.define(
    "orders.response_least", "int", 5, lazy("展示机构响应时间所需的最少订单数"), "平台服务承诺", minimum=1, maximum=100
)


def working_minutes(start: datetime, end: datetime, opens: int, closes: int) -> int:
    """Whole working minutes between two moments: Monday to Friday from `opens` to `closes` o'clock in Asia/Shanghai (statutory holidays and
    the workdays that make up for them are not known here)."""
    first, last = clock.local(start), clock.local(end)
    total, day = timedelta(), first.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < last:
        if day.weekday() < 5:
            begins, ends = day + timedelta(hours=opens), day + timedelta(hours=closes)
            total += max(min(last, ends) - max(first, begins), timedelta())
        day += timedelta(days=1)
    return total // timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """How fast a firm answers new orders: the median in working minutes (None without any), and of how many."""

    minutes: int | None = None
    count: int = 0
    workday: int = 540  # working minutes of a day


def median_minutes(minutes: Sequence[int]) -> int | None:
    """The middle one; of an even number the mean of the two in the middle, in whole minutes half up."""
    return int(median(minutes) + 0.5) if minutes else None
