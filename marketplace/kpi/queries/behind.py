"""The selects of the rows behind a figure. A closed month's rows are those its closing knew; what came later is a row of the open month."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, or_, select, union_all

from marketplace.core import clock, settings
from marketplace.core.db import db
from marketplace.kpi.models import KpiClosing
from marketplace.kpi.queries.facts import first_day
from marketplace.kpi.rules.indicators import COUNT_FROM, next_month
from marketplace.kpi.rules.tally import DELTA
from marketplace.orders.models import Milestone, Order
from marketplace.orders.states import ACCEPTED_STATES
from marketplace.organisations.models import Organisation
from marketplace.organisations.states import OrganisationState
from marketplace.reports.models import ReportLine
from marketplace.reviews.models import Review


@dataclass(frozen=True, slots=True)
class Window:
    """What is booked in a month: between the closing before it and its own. None: the one before, or its own, has not been."""

    month: str
    after_line: int | None
    after: datetime | None
    until_line: int | None
    until: datetime | None


def window_of(month: str) -> Window:
    query = select(KpiClosing.period, KpiClosing.last_line_id, KpiClosing.created_at)
    closings = {
        row[0]: row[1:]
        for row in db.session.execute(query.where(KpiClosing.period.in_((next_month(month, -1), month))))
    }
    before, own = closings.get(next_month(month, -1), (None, None)), closings.get(month, (None, None))
    return Window(month, before[0], before[1], own[0], own[1])


def _in_force(seen: Window) -> ColumnElement[bool]:
    """Lines not superseded, as the month's closing saw it."""
    now = ReportLine.superseded_at.is_(None)
    return now if seen.until_line is None else or_(now, ReportLine.superseded_by_id > seen.until_line)


def _booked_lines(seen: Window) -> ColumnElement[bool]:
    """The month's own lines and those of closed months that became known since the closing before."""
    known = [] if seen.until_line is None else [ReportLine.id <= seen.until_line]
    own = and_(ReportLine.period == seen.month, *known)
    return own if seen.after_line is None else or_(own, and_(_late_lines(seen), *known))


def _late_lines(seen: Window) -> ColumnElement[bool]:
    return and_(ReportLine.period < seen.month, ReportLine.period >= COUNT_FROM, ReportLine.id > seen.after_line)


def _booked_milestones(seen: Window) -> ColumnElement[bool]:
    """Accepted milestones whose service touches the month, and those of earlier months accepted since the closing before."""
    since, until = first_day(seen.month), first_day(next_month(seen.month))
    first = func.coalesce(Milestone.period_from, Milestone.period_to)
    own = or_(
        and_(Milestone.period_to >= since, first < until, Milestone.accepted_period >= seen.month),
        and_(Milestone.period_to.is_(None), Milestone.accepted_period == seen.month),
    )
    late = and_(first < since, Milestone.accepted_at > seen.after) if seen.after is not None else literal(1) == 0
    known = [] if seen.until is None else [Milestone.accepted_at <= seen.until]
    return and_(Milestone.state.in_(ACCEPTED_STATES), or_(own, late), *known)


def _client_city() -> Any:
    return func.coalesce(Order.terms["client"]["city_code"].as_string(), Organisation.city_code)


def select_facts(seen: Window) -> Select[Any]:
    """Services in the delta: accepted milestones (A) and declared lines that name a client (B, C), by the settings in force."""
    by_service = settings.get("kpi.region_rule") == "service"
    city = func.coalesce(Order.city_code, _client_city()) if by_service else _client_city()
    milestones = (
        select(
            literal("A").label("grade"), Milestone.id.label("id"), Organisation.uscc.label("client"), city.label("city"),
            Order.firm_id.label("firm_id"), Order.category_code.label("category"), Milestone.people_served.label("people"),
            Milestone.accepted_period.label("period"), Milestone.period_from.label("since"), Milestone.period_to.label("until"),
        )
        .join(Order, Order.id == Milestone.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(_booked_milestones(seen), func.substr(city, 1, 2).in_(DELTA))
    )  # fmt: skip
    region = func.coalesce(ReportLine.client_city_code, func.substr(ReportLine.client_uscc, 3, 6))
    lines = select(
        ReportLine.grade, ReportLine.id, ReportLine.client_uscc, ReportLine.client_city_code, ReportLine.firm_id,
        ReportLine.category_code, ReportLine.people_served, ReportLine.period, literal(None, Milestone.period_from.type),
        literal(None, Milestone.period_to.type),
    ).where(
        _in_force(seen), _booked_lines(seen), ReportLine.client_uscc.is_not(None),
        or_(ReportLine.revenue_fen > 0, ReportLine.people_served > 0), func.substr(region, 1, 2).in_(DELTA),
    )  # fmt: skip
    both = union_all(milestones, lines).subquery()
    query: Any = select(both).order_by(both.c.grade, both.c.id.desc())
    return query if settings.get("kpi.count_individual") else query.where(not_(both.c.client.startswith("92")))


def select_accepted(month: str) -> Select[Any]:
    """Milestones by the month of acceptance, which no later step can change."""
    query: Any = (
        select(
            literal("A").label("grade"), Milestone.id, Organisation.uscc.label("client"), _client_city().label("city"), Order.firm_id,
            Order.category_code.label("category"), Milestone.people_served.label("people"), Milestone.amount_fen,
        )
        .join(Order, Order.id == Milestone.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(Milestone.state.in_(ACCEPTED_STATES), Milestone.accepted_period == month)
        .order_by(Milestone.accepted_at.desc(), Milestone.id.desc())
    )  # fmt: skip
    return query


def _within(column: Any, month: str) -> ColumnElement[bool]:
    since, until = (clock.start_of_day(first_day(m)) for m in (month, next_month(month)))
    return and_(column >= since, column < until)


def select_placed(month: str) -> Select[Any]:
    """Orders by the month of placing, with how far they have come by now."""
    query: Any = (
        select(
            literal("A").label("grade"), Order.id, Organisation.uscc.label("client"), _client_city().label("city"), Order.firm_id,
            Order.category_code.label("category"), Order.state, Order.total_fen.label("amount_fen"),
        )
        .join(Organisation, Organisation.id == Order.client_id)
        .where(_within(Order.placed_at, month))
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )  # fmt: skip
    return query


def select_reviews(month: str) -> Select[Any]:
    query: Any = (
        select(
            literal("A").label("grade"), Review.id, Organisation.uscc.label("client"), _client_city().label("city"), Order.firm_id,
            Order.category_code.label("category"), Review.score,
        )
        .join(Order, Order.id == Review.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(_within(Review.created_at, month))
        .order_by(Review.created_at.desc(), Review.id.desc())
    )  # fmt: skip
    return query


def select_revenue(seen: Window, names: bool) -> Select[Any]:
    """What K2 books in the month: its own lines, and corrections of closed months as new lines less those they replaced. For the park
    by firm; for everybody by top category, with the number of firms behind each sum."""
    columns = (
        ReportLine.firm_id, ReportLine.category_code, ReportLine.grade, ReportLine.period, ReportLine.revenue_fen,
        ReportLine.pass_through_fen,
    )  # fmt: skip
    parts = [select(literal(1).label("sign"), *columns).where(_in_force(seen), _booked_lines(seen))]
    if seen.after_line is not None:
        gone = [
            ReportLine.superseded_by_id > seen.after_line,
            ReportLine.id <= seen.after_line,
            ReportLine.period < seen.month,
        ]
        if seen.until_line is not None:
            gone.append(ReportLine.superseded_by_id <= seen.until_line)
        parts.append(select(literal(-1), *columns).where(*gone))
    line = union_all(*parts).subquery().c
    revenue = line.sign * line.revenue_fen
    sums = (
        func.sum(case((line.grade == "B", revenue), else_=0)).label("verified_fen"),
        func.sum(case((line.grade == "C", revenue), else_=0)).label("reported_fen"),
        func.sum(line.sign * line.pass_through_fen).label("through_fen"),
        func.sum(case((line.period < seen.month, revenue), else_=0)).label("corrected_fen"),
    )
    query: Any
    if names:
        query = select(line.firm_id, literal(1).label("firms"), *sums).group_by(line.firm_id)
    else:
        top = func.substr(func.coalesce(line.category_code, ""), 1, 3)
        query = select(top.label("category"), func.count(line.firm_id.distinct()).label("firms"), *sums).group_by(top)
    found: Select[Any] = query.join(Organisation, Organisation.id == line.firm_id).where(
        Organisation.in_park.is_(True), Organisation.state == OrganisationState.APPROVED
    )
    return found.order_by(sums[0].desc())


def select_firms() -> Select[Any]:
    query: Any = select(
        Organisation.id.label("firm_id"), Organisation.city_code.label("city"), Organisation.in_park, Organisation.name
    ).where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)  # fmt: skip
    found: Select[Any] = query.order_by(Organisation.in_park.desc(), Organisation.name)
    return found
