"""How a service is priced (dossier 1.3): label, unit and the top categories that mainly use each model."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace.core.i18n import _, is_english, lazy
from marketplace.core.money import format_yuan


@dataclass(frozen=True, slots=True)
class _Model:
    label: Any
    unit: Any
    tops: tuple[str, ...]
    is_rate: bool = False


class PricingModel(StrEnum):
    """A price model. The prices of a rate model are percentages: their `price_*_fen` columns hold hundredths of a percent."""

    PER_HEAD_MONTH = "per_head_month"
    PER_HIRE_FIXED = "per_hire_fixed"
    PCT_ANNUAL_SALARY = "pct_annual_salary"
    PCT_PAYROLL = "pct_payroll"
    PER_HOUR = "per_hour"
    PER_DAY = "per_day"
    PER_PIECE = "per_piece"
    PER_REPORT = "per_report"
    PER_PERSON_TIME = "per_person_time"
    PER_PERSON_YEAR = "per_person_year"
    PER_EVENT = "per_event"
    PER_ACCOUNT_YEAR = "per_account_year"
    FIXED_PROJECT = "fixed_project"
    QUOTE = "quote"

    @property
    def label(self) -> Any:
        return _MODELS[self].label

    @property
    def unit(self) -> Any:
        """What one unit of the price is, as shown behind the figure (元/人/月)."""
        return _MODELS[self].unit

    @property
    def tops(self) -> tuple[str, ...]:
        """The top categories that mainly price this way in the first version of the taxonomy; operators change it per category."""
        return _MODELS[self].tops

    @property
    def is_rate(self) -> bool:
        """Is the price a percentage rather than an amount?"""
        return _MODELS[self].is_rate


_MODELS = {
    PricingModel.PER_HEAD_MONTH: _Model(lazy("按人按月"), lazy("元/人/月"), ("C03", "C04", "C05", "C06", "C14")),
    PricingModel.PER_HIRE_FIXED: _Model(lazy("按入职人数（固定）"), lazy("元/人"), ("C01",)),
    PricingModel.PCT_ANNUAL_SALARY: _Model(lazy("按年薪比例"), lazy("× 税前年薪"), ("C02", "C01"), True),
    PricingModel.PCT_PAYROLL: _Model(lazy("按发放额费率"), lazy("× 发放额"), ("C07", "C04"), True),
    PricingModel.PER_HOUR: _Model(lazy("按小时"), lazy("元/小时"), ("C07", "C06", "C10")),
    PricingModel.PER_DAY: _Model(lazy("按人天"), lazy("元/人天"), ("C07", "C06", "C10")),
    PricingModel.PER_PIECE: _Model(lazy("计件"), lazy("元/件"), ("C06",)),
    PricingModel.PER_REPORT: _Model(lazy("按份"), lazy("元/份"), ("C11", "C04")),
    PricingModel.PER_PERSON_TIME: _Model(lazy("按人次"), lazy("元/人次"), ("C09", "C13")),
    PricingModel.PER_PERSON_YEAR: _Model(lazy("按人按年"), lazy("元/人/年"), ("C13",)),
    PricingModel.PER_EVENT: _Model(lazy("按场"), lazy("元/场"), ("C01",)),
    PricingModel.PER_ACCOUNT_YEAR: _Model(lazy("按账号按年"), lazy("元/账号/年"), ("C14",)),
    PricingModel.FIXED_PROJECT: _Model(lazy("项目一口价"), lazy("元/项目"), ("C08", "C12")),
    PricingModel.QUOTE: _Model(lazy("面议（询价）"), lazy("元"), ()),
}


TAX_NOTES: dict[str, Any] = {"included": lazy("价格含税"), "excluded": lazy("价格不含税，税费另计")}
"""What a firm may say about tax beside its price; empty where it says nothing."""


def models_for(recommended: Collection[str]) -> list[PricingModel]:
    """All price models, those recommended in a category first and the quote last."""
    return sorted(PricingModel, key=lambda m: (m is PricingModel.QUOTE, m not in recommended))


PRICE_BANDS: tuple[tuple[str, int | None, int | None], ...] = (
    ("0-100", None, 100_00), ("100-1000", 100_00, 1_000_00), ("1000-5000", 1_000_00, 5_000_00),
    ("5000-20000", 5_000_00, 20_000_00), ("20000-100000", 20_000_00, 100_000_00), ("100000-", 100_000_00, None),
)  # fmt: skip
"""Price bands of the search page in 分: at least the first bound, below the second."""


def band_of(fen: int) -> str:
    """The price band an amount in 分 lies in."""
    return next(code for code, low, high in PRICE_BANDS if (low is None or fen >= low) and (high is None or fen < high))


def band_label(code: str) -> str:
    """The band in words, such as `100–1,000 元`."""
    low, high = next((low, high) for name, low, high in PRICE_BANDS if name == code)
    if low is None:
        return _("%(n)s 元以下", n=f"{(high or 0) // 100:,}")
    if high is None:
        return _("%(n)s 元及以上", n=f"{low // 100:,}")
    return _("%(low)s–%(high)s 元", low=f"{low // 100:,}", high=f"{high // 100:,}")


RATE_BANDS: tuple[tuple[str, int | None, int | None], ...] = (
    ("0-1", None, 1_00), ("1-5", 1_00, 5_00), ("5-15", 5_00, 15_00), ("15-20", 15_00, 20_00), ("20-25", 20_00, 25_00),
    ("25-30", 25_00, 30_00), ("30-", 30_00, None),
)  # fmt: skip
"""Bands of the rates of percentage models (of pay paid out, of a yearly salary) in hundredths of a percent, as the price bands are."""


def rate_label(code: str) -> str:
    """The band in words, such as `20%–25%`."""
    low, high = next((low, high) for name, low, high in RATE_BANDS if name == code)
    if low is None:
        return _("%(n)s%% 以下", n=(high or 0) // 100)
    if high is None:
        return _("%(n)s%% 及以上", n=low // 100)
    return f"{low // 100}%–{high // 100}%"


def figure(model: PricingModel, value: int) -> str:
    """A price as people read it: 元 without an empty `.00`, or a percentage for a rate model."""
    text = format_yuan(value).removesuffix(".00")
    if model.is_rate:
        whole, _dot, rest = text.partition(".")
        return whole + (f".{rest.rstrip('0')}" if rest else "") + "%"
    return f"CNY {text}" if is_english() else f"¥{text}"


def unit_text(model: PricingModel, low: int | None, high: int | None, unit: str = "") -> str:
    """What stands behind the figure: the firm's own word, else the model's (`元/人/月`, `× 税前年薪`); nothing behind 面议."""
    if low is None and high is None:
        return ""
    # The English figure names the currency itself.
    return unit or str(model.unit).removeprefix("CNY")


def price_text(model: PricingModel, low: int | None, high: int | None) -> str:
    """The price in one line without its unit: `¥20–¥100`, `20%–30%`, `¥3,800 起`, `面议`."""
    if low is None and high is None:
        return _("面议")
    if low is not None and high is not None:
        return figure(model, low) if low == high else f"{figure(model, low)}–{figure(model, high).removeprefix('CNY ')}"
    if low is not None:
        return _("%(price)s 起", price=figure(model, low))
    return _("%(price)s 以内", price=figure(model, high or 0))
