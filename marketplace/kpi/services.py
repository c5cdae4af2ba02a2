"""Closing months: their figures are frozen as published; what comes later is booked into the open month (dossier 4.4)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text

from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.kpi.access import can_close_months
from marketplace.kpi.models import KpiClientTotal, KpiClosing, KpiFirmMonth, KpiSnapshot
from marketplace.kpi.queries import facts as source
from marketplace.kpi.queries.board import figures_of, frozen_figures
from marketplace.kpi.rules.indicators import CLOSING_DAY, COUNT_FROM, indicator, months_between, next_month
from marketplace.kpi.rules.tally import Amounts, Fact, Figure, Start, booked, gather
from marketplace.reports.models import ReportLine

BATCH = 5000


def last_due(day: date) -> str:
    """The last month that is due to be closed on a day: a month closes on the 10th of the next."""
    return next_month(clock.month_of(day), -1 if day.day >= CLOSING_DAY else -2)


def close_month(*, actor: Actor, period: str) -> None:
    """Freeze one month and any before it that are still open. Refused: a month that is not due yet or has closed already."""
    require(can_close_months(actor))
    if period > last_due(clock.today()):
        raise Conflict("kpi.not_due", lazy("该月份尚未到关账日（次月 10 日）"))
    if period <= source.last_closed().period:
        raise Conflict("kpi.closed", lazy("该月份已经关账"))
    close_months_until(period, actor=actor)


def close_months_until(last: str, *, actor: Actor = SCHEDULER) -> list[str]:
    """Freeze every open month up to one; returns which. One pass over all facts, after which the sums that the live month starts from
    are made anew, so that a correction of a closed month reaches every later total."""
    require(can_close_months(actor))
    _wait_for_writers()
    moment, closed = clock.now(), source.last_closed()
    months = months_between(closed.first_open, last)
    if not months:
        return []
    mark = db.session.scalar(select(func.max(ReportLine.id))) or 0
    own, platform = source.platform_facts(closed, only_open=False)
    facts = [f for f in source.scoped([*own, *source.line_facts(closed, only_open=False)]) if f.month <= last]
    amounts = source.all_amounts(last)
    figures = figures_of(
        months, booked([f for f in facts if _is_open(f, closed.period)], months[0]), platform, amounts,
        _changes(amounts, closed.period), _start(facts, closed.period, months[0]),
    )  # fmt: skip
    _freeze(months, figures, mark, moment)
    _remake_client_totals(facts, last)
    _remake_firm_months(amounts)
    audit.record("kpi.closed", "kpi_closing", None, actor=actor, first=months[0], last=months[-1])
    return months


def _wait_for_writers() -> None:
    """Let imports and acceptances under way end, and hold later ones until the closing is written: a line whose number lies below the
    closing's but which commits after it would belong to no month. SQLite has one writer anyhow."""
    if not is_sqlite():
        db.session.execute(text("LOCK TABLE report_line, milestone IN SHARE ROW EXCLUSIVE MODE"))


def _is_open(fact: Fact, closed: str) -> bool:
    return fact.late or fact.month > closed


def _start(facts: Sequence[Fact], closed: str, first: str) -> Start:
    """The tallies as the facts of closed months make them today, and the figures that were frozen last."""
    start = Start(year_name=first[:4], figures=frozen_figures(closed).get(closed, {}) if closed else {}, period=closed)
    old = [fact for fact in facts if not _is_open(fact, closed)]
    of_year = [fact for fact in old if fact.month[:4] == start.year_name]
    start.total.add(old)
    start.year.add(of_year)
    start.cities = {fact.region for fact in old if fact.grade != "C"}
    start.year_cities = {fact.region for fact in of_year if fact.grade != "C"}
    return start


def _changes(amounts: Amounts, closed: str) -> Amounts:
    """What has changed in closed months since they were frozen."""
    if not closed:
        return {}
    before = source.frozen_amounts()
    keys = {key for key in (*amounts, *before) if key[1] <= closed}
    zero = [0, 0, 0, 0]
    changes = {k: [a - b for a, b in zip(amounts.get(k, zero), before.get(k, zero), strict=True)] for k in keys}
    return {key: change for key, change in changes.items() if any(change)}


def _freeze(months: Sequence[str], figures: Mapping[str, Mapping[str, Figure]], mark: int, moment: datetime) -> None:
    rows: list[dict[str, Any]] = []
    for month in months:
        for code, figure in figures[month].items():
            stored = {
                "month": list(figure.month), "year": list(figure.year), "total": list(figure.total), "extra": figure.extra,
            }  # fmt: skip
            value = figure.scope(indicator(code).scope).value
            rows.append({"period": month, "code": code, "value": value, "figure": stored, "created_at": moment})
    db.session.execute(insert(KpiSnapshot), rows)
    db.session.execute(insert(KpiClosing), [{"period": m, "last_line_id": mark, "created_at": moment} for m in months])


def _remake_client_totals(facts: Sequence[Fact], last: str) -> None:
    """Each client's people by grade, over everything and over the year that is under way (and the one before, for January's closing)."""
    years = {0: gather(facts)}
    for name in {last[:4], next_month(last)[:4]}:
        years[int(name)] = gather(fact for fact in facts if fact.month[:4] == name)
    db.session.execute(delete(KpiClientTotal))
    rows = [
        {"client_uscc": client, "year": year, "people_a": people[0], "people_b": people[1], "people_c": people[2]}
        for year, clients in years.items()
        for client, people in clients.items()
    ]
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(KpiClientTotal), rows[start : start + BATCH])


def _remake_firm_months(amounts: Amounts) -> None:
    db.session.execute(delete(KpiFirmMonth))
    rows = [
        {
            "firm_id": firm,
            "period": period,
            "grade": grade,
            "revenue_fen": sums[place],
            "pass_through_fen": sums[place + 2],
        }
        for (firm, period), sums in amounts.items()
        for place, grade in enumerate("BC")
        if sums[place] or sums[place + 2]
    ]
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(KpiFirmMonth), rows[start : start + BATCH])


__all__ = ["COUNT_FROM", "close_month", "close_months_until", "last_due"]
