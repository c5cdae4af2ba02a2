"""Half years, as the market regulator counts its reports: `2026H1` runs from January to June, `2026H2` from July to December."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from marketplace.core import clock
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


@dataclass(frozen=True, slots=True, order=True)
class Half:
    """One half of a year."""

    year: int
    part: int

    @property
    def code(self) -> str:
        return f"{self.year}H{self.part}"

    @property
    def label(self) -> str:
        part = lazy("上半年") if self.part == 1 else lazy("下半年")
        return str(lazy("%(year)s 年%(part)s", year=self.year, part=part))

    @property
    def first(self) -> date:
        return date(self.year, 1 if self.part == 1 else 7, 1)

    @property
    def start(self) -> datetime:
        """The moment at which it begins in Asia/Shanghai."""
        return clock.start_of_day(self.first)

    @property
    def end(self) -> datetime:
        """The moment at which the next one begins."""
        return clock.start_of_day(clock.add_months(self.first, 6))

    @property
    def before(self) -> "Half":
        return Half(self.year, 1) if self.part == 2 else Half(self.year - 1, 2)


def half_of(day: date) -> Half:
    return Half(day.year, 1 if day.month <= 6 else 2)


def parse_half(text: str) -> Half:
    """`2026H1`, also in small letters. Refused: anything else, and a half year that has not begun."""
    found = re.fullmatch(r"(20\d\d)[Hh]([12])", text.strip())
    half = Half(int(found[1]), int(found[2])) if found else None
    if half is None or half.first > clock.today():
        raise Invalid("half.unknown", lazy("请选择已开始的半年，例如 2026H1"), field="half")
    return half


def recent_halves(count: int = 7) -> list[Half]:
    """The half year under way and those before it, newest first: three years and a half."""
    halves = [half_of(clock.today())]
    while len(halves) < count:
        halves.append(halves[-1].before)
    return halves


def half_due(day: date) -> Half | None:
    """The half year whose report is due in this month: January and July (网络交易监督管理办法 25); None in the others."""
    return half_of(day).before if day.month in (1, 7) else None
