"""The facts behind the indicators, out of accepted milestones and declared lines: all of them for a closing, the open ones for a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select, union_all

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import clock, regions, settings
from marketplace.core.db import db
from marketplace.kpi.models import KpiClientTotal, KpiClosing, KpiFirmMonth
from marketplace.kpi.rules.indicators import COUNT_FROM, months_between, next_month
from marketplace.kpi.rules.tally import Amounts, Fact, Split, in_scope
from marketplace.orders.models import Milestone, Order
from marketplace.orders.states import ACCEPTED_STATES
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.rules import missing_licences
from marketplace.organisations.states import OrganisationState
from marketplace.reports.models import ReportLine
from marketplace.reviews.models import Review

LONGEST_WAIT = timedelta(days=180)
LONGEST = 36  # months one milestone may span


@dataclass(frozen=True, slots=True)
class Closed:
    """The last closed month, the last report line it knew and when it closed; before the first closing everything is open."""

    period: str = ""
    last_line_id: int = 0
    at: datetime | None = None

    @property
    def first_open(self) -> str:
        return next_month(self.period) if self.period else COUNT_FROM


@dataclass(slots=True)
class Platform:
    """What the platform itself proved, by month of acceptance: amounts (分), the high-value part, and amounts by top category."""

    amount: dict[str, int]
    high_value: dict[str, int]
    by_top: dict[str, dict[str, int]]


def last_closed() -> Closed:
    """The last closing, or none."""
    row = db.session.execute(
        select(KpiClosing.period, KpiClosing.last_line_id, KpiClosing.created_at)
        .order_by(KpiClosing.period.desc())
        .limit(1)
    ).first()
    return Closed(row.period, row.last_line_id, row.created_at) if row else Closed()


def region_of(uscc: str, declared: str | None) -> str:
    """The city a client counts for: the one declared, else the authority that registered it (digits 3 to 8 of its code)."""
    code = declared or uscc[2:8]
    found = regions.get(code)
    if found is not None:
        return regions.city_of(code)
    return f"{code[:2]}0000" if code[:2] in ("11", "12", "31", "50") else f"{code[:4]}00"


def _in_force() -> ColumnElement[bool]:
    return ReportLine.superseded_at.is_(None)


def _open_lines(closed: Closed) -> ColumnElement[bool]:
    return or_(ReportLine.period > closed.period, ReportLine.id > closed.last_line_id)


def line_facts(closed: Closed, *, only_open: bool) -> Iterator[Fact]:
    """Facts out of declared lines that name their client and earned something or served somebody."""
    query = select(
        ReportLine.id, ReportLine.period, ReportLine.grade, ReportLine.client_uscc, ReportLine.client_city_code, ReportLine.firm_id,
        ReportLine.category_code, ReportLine.people_served,
    ).where(
        _in_force(), ReportLine.client_uscc.is_not(None), ReportLine.period >= COUNT_FROM,
        or_(ReportLine.revenue_fen > 0, ReportLine.people_served > 0),
    )  # fmt: skip
    if only_open and closed.period:
        query = query.where(_open_lines(closed))
    places: dict[tuple[str, str | None], str] = {}
    rows: Any = db.session.execute(query.execution_options(yield_per=5000))
    for number, period, grade, client, city, firm, category, people in rows:
        key = (client[2:8], city)
        region = places.get(key) or places.setdefault(key, region_of(client, city))
        yield Fact(period, grade, client, region, firm, category or "", people, number > closed.last_line_id)


def _milestones(closed: Closed, only_open: bool) -> Select[Any]:
    """Accepted milestones with what the indicators need. The client's city is the one copied into the order when it was placed."""
    city = func.coalesce(Order.terms["client"]["city_code"].as_string(), Organisation.city_code)
    query: Any = (
        select(
            Milestone.id, Milestone.accepted_at, Milestone.accepted_period, Milestone.period_from, Milestone.period_to,
            Milestone.people_served, Milestone.amount_fen, Order.firm_id, Order.category_code, Order.city_code,
            Organisation.uscc, city.label("client_city"),
        )
        .join(Order, Order.id == Milestone.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(Milestone.state.in_(ACCEPTED_STATES))
    )  # fmt: skip
    return query.where(Milestone.accepted_period > closed.period) if only_open and closed.period else query


def platform_facts(closed: Closed, *, only_open: bool) -> tuple[list[Fact], Platform]:
    """Facts and amounts out of accepted milestones. A milestone counts in every month of its service period, its amount once, in the
    month of acceptance. `only_open`: what the last closing did not know."""
    by_service = settings.get("kpi.region_rule") == "service"
    facts: list[Fact] = []
    platform = Platform({}, {}, {})
    for row in db.session.execute(_milestones(closed, only_open).execution_options(yield_per=5000)):
        month = row.accepted_period or clock.month_of(row.accepted_at)
        _add_amount(platform, month, row.category_code, row.amount_fen)
        region = region_of(row.uscc, (row.city_code if by_service else None) or row.client_city)
        late = closed.at is not None and row.accepted_at > closed.at
        for served in _service_months(row, month):
            if late or served > closed.period or not only_open:
                facts.append(
                    Fact(served, "A", row.uscc, region, row.firm_id, row.category_code, row.people_served or 0, late)
                )
    return facts, platform


def _service_months(row: Any, accepted: str) -> list[str]:
    """The months of the service period on the acceptance sheet, none after acceptance; the month of acceptance where it says none."""
    last = min(clock.month_of(row.period_to), accepted) if row.period_to else accepted
    first = min(clock.month_of(row.period_from), last) if row.period_from else last
    return [m for m in months_between(max(first, next_month(last, 1 - LONGEST)), last) if m >= COUNT_FROM]


def _add_amount(platform: Platform, month: str, category_code: str, fen: int) -> None:
    category = find_category(category_code)
    platform.amount[month] = platform.amount.get(month, 0) + fen
    if category is not None and category.high_value:
        platform.high_value[month] = platform.high_value.get(month, 0) + fen
    tops = platform.by_top.setdefault(month, {})
    top = category.top if category else category_code[:3]
    tops[top] = tops.get(top, 0) + fen


def scoped(facts: Iterator[Fact] | list[Fact]) -> list[Fact]:
    """The facts that count by the settings in force: clients of the delta, individual businesses or not."""
    count_individual = settings.get("kpi.count_individual")
    return [fact for fact in facts if in_scope(fact, count_individual)]


def known_totals(closed: Closed, year: int) -> dict[int, dict[str, list[int]]]:
    """What the closings knew of the clients that open facts touch: year (0 = all) → client → people by grade."""
    if not closed.period:
        return {0: {}, year: {}}
    touched = union_all(
        select(ReportLine.client_uscc).where(_in_force(), ReportLine.client_uscc.is_not(None), _open_lines(closed)),
        select(Organisation.uscc)
        .join(Order, Order.client_id == Organisation.id)
        .join(Milestone, Milestone.order_id == Order.id)
        .where(Milestone.accepted_period > closed.period, Milestone.state.in_(ACCEPTED_STATES)),
    ).subquery()
    query = select(
        KpiClientTotal.year,
        KpiClientTotal.client_uscc,
        KpiClientTotal.people_a,
        KpiClientTotal.people_b,
        KpiClientTotal.people_c,
    ).where(KpiClientTotal.year.in_((0, year)), KpiClientTotal.client_uscc.in_(select(touched.c[0])))
    found: dict[int, dict[str, list[int]]] = {0: {}, year: {}}
    for name, client, a, b, c in db.session.execute(query):
        found[name][client] = [a, b, c]
    return found


def all_amounts(until: str) -> Amounts:
    """Declared revenue of every firm and month up to one, out of the lines in force."""
    query = (
        select(
            ReportLine.firm_id, ReportLine.period, ReportLine.grade, func.sum(ReportLine.revenue_fen),
            func.sum(ReportLine.pass_through_fen),
        )
        .where(_in_force(), ReportLine.period <= until)
        .group_by(ReportLine.firm_id, ReportLine.period, ReportLine.grade)
    )  # fmt: skip
    amounts: Amounts = {}
    for firm, period, grade, revenue, through in db.session.execute(query):
        _add(amounts, firm, period, grade, int(revenue), int(through))
    return amounts


def amounts_since(closed: Closed, since: str, until: str) -> tuple[Amounts, Amounts]:
    """Revenue as it stands now, and its changes of closed months; everything from the lines while nothing has closed."""
    return live_amounts(closed, since) if closed.period else (all_amounts(until), {})


def frozen_amounts() -> Amounts:
    """The same as the last closing knew it."""
    amounts: Amounts = {}
    columns = (
        KpiFirmMonth.firm_id,
        KpiFirmMonth.period,
        KpiFirmMonth.grade,
        KpiFirmMonth.revenue_fen,
        KpiFirmMonth.pass_through_fen,
    )
    for firm, period, grade, revenue, through in db.session.execute(select(*columns)):
        _add(amounts, firm, period, grade, revenue, through)
    return amounts


def live_amounts(closed: Closed, since: str) -> tuple[Amounts, Amounts]:
    """Revenue as it stands now from a month on, and of it the changes of closed months since they closed (new lines less superseded)."""
    columns = (
        ReportLine.firm_id, ReportLine.period, ReportLine.grade, ReportLine.revenue_fen, ReportLine.pass_through_fen,
    )  # fmt: skip
    late = ReportLine.id > closed.last_line_id
    # the lines of each part are found by an index of their own, then summed: grouping the table itself would read all of it
    fresh = [_summed(1, select(*columns).where(_in_force(), ReportLine.period > closed.period)),
             _summed(1, select(*columns).where(_in_force(), late, ReportLine.period <= closed.period))]  # fmt: skip
    gone = _summed(
        -1,
        select(*columns).where(
            ReportLine.superseded_by_id > closed.last_line_id, not_(late), ReportLine.period <= closed.period
        ),
    )
    frozen = select(
        literal(0),
        KpiFirmMonth.firm_id,
        KpiFirmMonth.period,
        KpiFirmMonth.grade,
        KpiFirmMonth.revenue_fen,
        KpiFirmMonth.pass_through_fen,
    ).where(KpiFirmMonth.period >= since)
    amounts: Amounts = {}
    changes: Amounts = {}
    found: Any = db.session.execute(union_all(frozen, *fresh, gone))
    for sign, firm, period, grade, revenue, through in found:
        weight = sign or 1
        if period >= since:
            _add(amounts, firm, period, grade, weight * int(revenue), weight * int(through))
        if sign and period <= closed.period:
            _add(changes, firm, period, grade, weight * int(revenue), weight * int(through))
    return amounts, changes


def _summed(sign: int, lines: Any) -> Select[Any]:
    """Sums of some lines by firm, month and grade. The subquery keeps its own index (its LIMIT stops the planner from flattening it)."""
    part = lines.limit(2_000_000_000).subquery()
    group: Any = (part.c.firm_id, part.c.period, part.c.grade)
    query: Any = select(
        literal(sign), *group, func.sum(part.c.revenue_fen), func.sum(part.c.pass_through_fen)
    ).group_by(*group)
    return query


def _add(amounts: Amounts, firm: int, period: str, grade: str, revenue: int, through: int) -> None:
    sums = amounts.setdefault((firm, period), [0, 0, 0, 0])
    place = 0 if grade == "B" else 1
    sums[place] += revenue
    sums[place + 2] += through


def corrections_of(changes: Amounts, park: frozenset[int]) -> dict[str, Split]:
    """Changes of closed months as what K2 and K2n book into the first open one."""
    sums = [sum(numbers[i] for (firm, _), numbers in changes.items() if firm in park) for i in range(4)]
    return {"K2": Split(0, sums[0], sums[1]), "K2n": Split(0, sums[0] - sums[2], sums[1] - sums[3])}


@dataclass(frozen=True, slots=True)
class Register:
    """The firms as the register has them today."""

    park: frozenset[int]
    approved: int
    compliant_firms: frozenset[int]

    @property
    def compliant(self) -> int:
        return len(self.compliant_firms)


def register() -> Register:
    """Approved firms, those in the park, and those of which no licence the law asks for is missing or has lapsed, and no check is overdue."""
    today = clock.today()
    query = (
        select(Organisation.id, Organisation.in_park, Organisation.next_due_on, Licence.kind)
        .outerjoin(Licence, and_(Licence.organisation_id == Organisation.id, Licence.counting_on(today)))
        .where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)
    )
    kinds: dict[int, set[str]] = {}
    park, due = set(), set()
    for firm, in_park, next_due, kind in db.session.execute(query):
        kinds.setdefault(firm, set()).add(kind or "")
        if in_park:
            park.add(firm)
        if next_due is not None and next_due < today:
            due.add(firm)
    compliant = frozenset(
        firm for firm, held in kinds.items() if not missing_licences("firm", held) and firm not in due
    )
    return Register(frozenset(park), len(kinds), compliant)


STEPS = {
    "placed": Order.placed_at, "confirmed": Order.confirmed_at, "paid": Order.funded_at, "completed": Order.completed_at,
}  # fmt: skip


def order_counts(months: list[str]) -> dict[str, dict[str, int]]:
    """Orders by step and month, and reviews: how many, the sum of scores, how many of 4 and more; one statement."""
    parts = []
    for month in months:
        since, until = (clock.start_of_day(first_day(m)) for m in (month, next_month(month)))
        for name, column in STEPS.items():
            step = select(literal(month), literal(name), func.count(), literal(0)).where(
                column >= since, column < until
            )
            # confirming and paying follow placing within the deadlines of an order, so the index on placed_at narrows them
            parts.append(
                step
                if name == "completed"
                else step.where(Order.placed_at >= since - LONGEST_WAIT, Order.placed_at < until)
            )
        scores = select(literal(month), literal("reviews"), func.count(), func.coalesce(func.sum(Review.score), 0))
        parts.append(scores.where(Review.created_at >= since, Review.created_at < until))
        good = select(literal(month), literal("good"), func.count(), literal(0))
        parts.append(good.where(Review.created_at >= since, Review.created_at < until, Review.score >= 4))
    found: dict[str, dict[str, int]] = {month: {} for month in months}
    for start in range(0, len(parts), 120):
        for month, name, number, total in db.session.execute(union_all(*parts[start : start + 120])):
            found[month][name] = number
            if name == "reviews":
                found[month]["score"] = int(total)
    return found


def first_day(period: str) -> date:
    return date(int(period[:4]), int(period[5:7]), 1)
