"""The board: the closed months as they were frozen and the open ones as they stand, remembered for a moment per process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from marketplace.core import clock, regions, settings
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.settings import SettingValue
from marketplace.kpi.models import KpiClosing, KpiSnapshot
from marketplace.kpi.queries import facts as source
from marketplace.kpi.queries.facts import Closed, Platform, Register
from marketplace.kpi.rules.indicators import COUNT_FROM, INDICATORS, indicator, months_between, next_month
from marketplace.kpi.rules.tally import (
    Amounts,
    Fact,
    Figure,
    Split,
    Start,
    Tally,
    booked,
    revenue_figures,
    service_figures,
)
from marketplace.orders.models import Milestone
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.reports.models import ReportLine
from marketplace.reviews.models import Review

SHOWN_MONTHS = 16
MEMORY_SECONDS = 5.0
Figures = dict[str, dict[str, Figure]]
"""month → code → figure."""


@dataclass(frozen=True, slots=True)
class Board:
    """Recent months, the open ones at the end; `closed` is the last frozen one (empty: none yet)."""

    figures: Figures
    closed: str
    current: str
    as_of: datetime

    @property
    def months(self) -> list[str]:
        return sorted(self.figures)

    def is_open(self, month: str) -> bool:
        return month > self.closed


@dataclass(frozen=True, slots=True)
class Value:
    """One indicator in one month: the headline (A + B), its evidence, when it was computed, whether the month is still open."""

    code: str
    period: str
    value: int
    evidence: Split
    as_of: datetime
    provisional: bool
    figure: Figure


_memory: WeakKeyDictionary[Any, tuple[tuple[Any, ...], float, Board]] = WeakKeyDictionary()


def board() -> Board:
    """The board as it stands. One small statement tells whether anything was accepted, declared, decided, set or closed since the last
    look, so such a change shows at once; what else moves slowly (orders placed, a licence that lapses) shows within seconds."""
    stamp = _stamp()
    engine = db.engine
    found = _memory.get(engine)
    if found is not None and found[0] == stamp and found[1] > time.monotonic():
        return found[2]
    made = _build()
    _memory[engine] = (stamp, time.monotonic() + MEMORY_SECONDS, made)
    return made


def _stamp() -> tuple[Any, ...]:
    """Last numbers of what the figures rest on; each is one look into an index. An acceptance falls into the present month, the one
    before is watched for midnight's sake."""
    today = clock.today()
    newest = [
        select(func.max(table.id)).scalar_subquery()
        for table in (ReportLine, KpiClosing, SettingValue, VerificationCheck, Organisation, Licence, Review)
    ]
    since = next_month(clock.month_of(today), -1)
    accepted = select(func.count()).select_from(Milestone).where(Milestone.accepted_period >= since).scalar_subquery()
    return (today, *db.session.execute(select(accepted, *newest)).one())


def _build() -> Board:
    current = clock.month_of(clock.today())
    closed = source.last_closed()
    since = min(next_month(current, 1 - SHOWN_MONTHS), closed.period or current)
    figures = frozen_figures(since)
    months = months_between(closed.first_open, current)
    figures.update(open_figures(closed, months, figures.get(closed.period, {})))
    return Board(figures, closed.period, current, clock.now())


def frozen_figures(since: str = COUNT_FROM, code: str | None = None) -> Figures:
    """The closed months from one on, as they were frozen."""
    query = select(KpiSnapshot.period, KpiSnapshot.code, KpiSnapshot.figure).where(KpiSnapshot.period >= since)
    if code:
        query = query.where(KpiSnapshot.code == code)
    found: Figures = {}
    for period, name, stored in db.session.execute(query.order_by(KpiSnapshot.period)):
        splits = {scope: Split(*stored[scope]) for scope in ("month", "year", "total")}
        found.setdefault(period, {})[name] = Figure(**splits, extra=stored.get("extra", {}))
    return found


def open_figures(closed: Closed, months: Sequence[str], last: Mapping[str, Figure]) -> Figures:
    """The open months live: the sums of the last closing plus what came since. Costs what the open months hold, not what all hold."""
    if not months:
        return {}
    year = int(months[0][:4])
    facts, platform = source.platform_facts(closed, only_open=True)
    facts = source.scoped([*facts, *source.line_facts(closed, only_open=True)])
    totals = source.known_totals(closed, year)
    same = closed.period[:4] == months[0][:4]
    k3, k4, k12 = (last.get(code, Figure()) for code in ("K3", "K4", "K12"))
    start = Start(
        total=Tally(k3.total, k4.total, totals[0]),
        year=Tally(k3.year, k4.year, totals[year]) if same else Tally(),
        year_name=months[0][:4],
        cities=set(k12.extra.get("cities", ())),
        year_cities=set(k12.extra.get("year_cities", ())) if same else set(),
        figures=dict(last),
        period=closed.period,
    )
    amounts, changes = source.amounts_since(closed, f"{int(months[-1][:4]) - 2}-01", months[-1])
    return figures_of(months, booked(facts, months[0]), platform, amounts, changes, start)


def figures_of(
    months: Sequence[str],
    facts: Mapping[str, Sequence[Fact]],
    platform: Platform,
    amounts: Amounts,
    changes: Amounts,
    start: Start,
) -> Figures:
    """Every indicator of a run of months, from what has been read."""
    firms = source.register()
    corrections = source.corrections_of(changes, firms.park)
    counts = source.order_counts(list(months))
    core27 = frozenset(city.code for city in regions.cities() if city.is_core27)
    threshold = settings.get("kpi.scale_threshold")
    found = service_figures(months, facts, start, core27)
    for month, figures in revenue_figures(months, amounts, firms.park, threshold, corrections, start).items():
        found[month].update(figures)
    before, period = dict(start.figures), start.period
    for month in months:
        same = period[:4] == month[:4]
        found[month].update(_platform_figures(month, before, same, platform, counts[month]))
        found[month].update(_register_figures(firms))
        before, period = found[month], month
    return found


def _platform_figures(
    month: str, before: Mapping[str, Figure], same: bool, platform: Platform, counts: Mapping[str, int]
) -> dict[str, Figure]:
    def previous(code: str) -> Figure:
        return before.get(code, Figure())

    volume = previous("K6").followed_by(Split(platform.amount.get(month, 0)), same, top=platform.by_top.get(month, {}))
    high = _running(previous("K14").extra.get("high"), [platform.high_value.get(month, 0)], same)
    scores = _running(
        previous("K13").extra.get("scores"),
        [counts.get("reviews", 0), counts.get("score", 0), counts.get("good", 0)],
        same,
    )
    steps = {name: counts.get(name, 0) for name in ("confirmed", "paid", "completed")}
    share = [Split(_bps(high[scope][0], volume.scope(scope).a)) for scope in ("month", "year", "total")]
    mean = [Split(_mean(scores[scope])) for scope in ("month", "year", "total")]
    return {
        "K6": volume,
        "K8": previous("K8").followed_by(Split(counts.get("placed", 0)), same, **steps),
        "K13": Figure(mean[0], mean[1], mean[2], {"scores": scores}),
        "K14": Figure(share[0], share[1], share[2], {"high": high}),
    }


def _running(before: Mapping[str, list[int]] | None, month: list[int], same: bool) -> dict[str, list[int]]:
    """Sums of a ratio's parts by month, year and total."""
    zero = [0] * len(month)
    last = before or {"year": zero, "total": zero}
    year = [a + b for a, b in zip(last["year"], month, strict=True)] if same else month
    return {"month": month, "year": year, "total": [a + b for a, b in zip(last["total"], month, strict=True)]}


def _bps(part: int, whole: int) -> int:
    return part * 10_000 // whole if whole else 0


def _mean(scores: Sequence[int]) -> int:
    """The mean score in hundredths, half up; 0 without reviews."""
    number, total = scores[0], scores[1]
    return (total * 200 + number) // (number * 2) if number else 0


def _register_figures(firms: Register) -> dict[str, Figure]:
    approved, rate = Split(firms.approved), Split(_bps(firms.compliant, firms.approved))
    return {
        "K5": Figure(approved, approved, approved, {"in_park": len(firms.park)}),
        "K16": Figure(rate, rate, rate, {"compliant": firms.compliant, "approved": firms.approved}),
    }


def compute(code: str, period: str | None = None, as_of: Board | None = None) -> Value:
    """One indicator in one month (`YYYY-MM`, the present one by default): frozen if it has closed, else live and provisional.

    NotFound for a month outside 2023-01 to the present one."""
    one, seen = indicator(code), as_of or board()
    month = period or seen.current
    figures = seen.figures.get(month)
    if figures is None and COUNT_FROM <= month <= seen.current:
        figures = frozen_figures(month, code).get(month)
    if figures is None or code not in figures:
        raise NotFound("kpi.period", lazy("没有这个月份的指标"))
    return value_of(one.code, month, figures[code], seen)


def value_of(code: str, month: str, figure: Figure, seen: Board) -> Value:
    split = figure.scope(indicator(code).scope)
    return Value(code, month, split.value, split, seen.as_of, seen.is_open(month), figure)


def list_values(period: str | None = None) -> list[Value]:
    """Every indicator in one month."""
    seen = board()
    month = period or seen.current
    if month not in seen.figures:
        figures = frozen_figures(month).get(month)
        if figures is None or not COUNT_FROM <= month <= seen.current:
            raise NotFound("kpi.period", lazy("没有这个月份的指标"))
        return [value_of(one.code, month, figures[one.code], seen) for one in INDICATORS if one.code in figures]
    return [compute(one.code, month, seen) for one in INDICATORS if one.code in seen.figures[month]]
