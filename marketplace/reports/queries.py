"""Reads of declared figures; only lines that nothing supersedes count."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, clamp, paginate
from marketplace.core.worklist import Queue, register_queue
from marketplace.organisations.models import Organisation
from marketplace.reports.models import ReportImport, ReportLine
from marketplace.reports.rules import Key


@dataclass(frozen=True, slots=True)
class FirmMonth:
    """One firm's month: totals (分, 人), how many lines, how many of them unverified."""

    firm_id: int
    firm_name: str
    period: str
    revenue_fen: int
    pass_through_fen: int
    clients: int
    people: int
    lines: int
    unverified: int


def firm_ids_by_uscc(codes: Iterable[str]) -> dict[str, int]:
    """The ids of the firms with these codes, in steps that both engines take."""
    wanted, found = sorted(set(codes)), {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        query = select(Organisation.uscc, Organisation.id).where(
            Organisation.kind == "firm", Organisation.uscc.in_(part)
        )
        found.update({row.uscc: row.id for row in db.session.execute(query)})
    return found


def lines_by_key(pairs: Iterable[tuple[int, str]]) -> dict[Key, ReportLine]:
    """The lines in force of these firm-months by firm, period, client and category."""
    by_firm: dict[int, set[str]] = {}
    for firm_id, period in pairs:
        by_firm.setdefault(firm_id, set()).add(period)
    found: dict[Key, ReportLine] = {}
    for firm_id, periods in by_firm.items():
        query = select(ReportLine).where(
            ReportLine.firm_id == firm_id, ReportLine.period.in_(sorted(periods)), ReportLine.superseded_at.is_(None)
        )
        for line in db.session.scalars(query):
            found[(line.firm_id, line.period, line.client_uscc, line.category_code)] = line
    return found


def _months(firm_id: int | None, period: str, unverified: bool) -> Any:
    unverified_count = func.sum((ReportLine.grade == "C").cast(db.Integer))
    query: Any = (
        select(
            ReportLine.firm_id, Organisation.name.label("firm_name"), ReportLine.period,
            func.sum(ReportLine.revenue_fen).label("revenue_fen"), func.sum(ReportLine.pass_through_fen).label("pass_through_fen"),
            func.count(ReportLine.client_uscc.distinct()).label("clients"), func.sum(ReportLine.people_served).label("people"),
            func.count().label("lines"), unverified_count.label("unverified"),
        )
        .join(Organisation, Organisation.id == ReportLine.firm_id)
        .where(ReportLine.superseded_at.is_(None))
        .group_by(ReportLine.firm_id, Organisation.name, ReportLine.period)
        .order_by(ReportLine.period.desc(), ReportLine.firm_id)
    )  # fmt: skip
    if firm_id is not None:
        query = query.where(ReportLine.firm_id == firm_id)
    if period:
        query = query.where(ReportLine.period == period)
    return query.having(unverified_count > 0) if unverified else query


def list_firm_months(
    *, firm_id: int | None = None, period: str = "", unverified: bool = False, page: int = 1, per_page: int = 20
) -> Page[FirmMonth]:
    """A page of firm-months, newest first."""
    number, size = clamp(page, per_page)
    query = _months(firm_id, period, unverified)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(size).offset((number - 1) * size))
    months = [
        FirmMonth(
            **{
                **r._mapping,
                **{n: int(r._mapping[n] or 0) for n in ("revenue_fen", "pass_through_fen", "people", "unverified")},
            }
        )
        for r in rows
    ]
    return Page(months, total, number, size)


def list_lines(
    *, firm_id: int, period: str, grade: str = "", history: bool = False, page: int = 1, per_page: int = 50
) -> Page[ReportLine]:
    """The lines of one firm-month, largest first; with `history` those that a correction has superseded too."""
    query = select(ReportLine).where(ReportLine.firm_id == firm_id, ReportLine.period == period)
    if not history:
        query = query.where(ReportLine.superseded_at.is_(None))
    if grade in ("B", "C"):
        query = query.where(ReportLine.grade == grade)
    return paginate(query.order_by(ReportLine.revenue_fen.desc(), ReportLine.id), page, per_page)


def list_unverified(firm_id: int, period: str) -> Sequence[ReportLine]:
    """The lines of a firm-month that wait for verification."""
    query = select(ReportLine).where(
        ReportLine.firm_id == firm_id,
        ReportLine.period == period,
        ReportLine.grade == "C",
        ReportLine.superseded_at.is_(None),
    )
    return db.session.scalars(query.order_by(ReportLine.id)).all()


def list_evidence(firm_id: int, period: str) -> Sequence[ReportImport]:
    """What the operator has seen when verifying lines of a firm-month, newest first."""
    imports = select(ReportLine.import_id).where(ReportLine.firm_id == firm_id, ReportLine.period == period)
    query = select(ReportImport).where(ReportImport.id.in_(imports), ReportImport.evidence != "")
    return db.session.scalars(query.order_by(ReportImport.id.desc()).limit(20)).all()


def lock_firms(firm_ids: Collection[int]) -> None:
    """Hold these firms' reports against other writers until commit, so that two imports of one line end as one line (PostgreSQL;
    SQLite has one writer)."""
    wanted = sorted(firm_ids)
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        db.session.execute(
            select(Organisation.id).where(Organisation.id.in_(part)).order_by(Organisation.id).with_for_update()
        )


def client_names(lines: Iterable[ReportLine]) -> dict[str, str]:
    """The names of the clients that the platform knows."""
    wanted = {line.client_uscc for line in lines if line.client_uscc}
    if not wanted:
        return {}
    rows = db.session.execute(select(Organisation.uscc, Organisation.name).where(Organisation.uscc.in_(wanted)))
    return {row.uscc: row.name for row in rows}


def get_firm_month(*, firm_id: int, period: str) -> FirmMonth:
    """One firm-month. NotFound where nothing was declared."""
    found = list_firm_months(firm_id=firm_id, period=period, per_page=1).items
    if not found:
        raise NotFound("report.missing", lazy("没有该月的填报数据"))
    return found[0]


def export_rows(firm_id: int | None = None, period: str = "") -> list[dict[str, Any]]:
    """The lines in force in the columns that import reads."""
    query = (
        select(ReportLine, Organisation.uscc)
        .join(Organisation, Organisation.id == ReportLine.firm_id)
        .where(ReportLine.superseded_at.is_(None))
        .order_by(ReportLine.period, ReportLine.firm_id, ReportLine.id)
    )
    if firm_id is not None:
        query = query.where(ReportLine.firm_id == firm_id)
    if period:
        query = query.where(ReportLine.period == period)
    rows: Sequence[Any] = db.session.execute(query.execution_options(yield_per=2000)).all()
    return [
        {
            "firm_uscc": uscc, "period": line.period, "revenue_yuan": line.revenue_fen, "pass_through_yuan": line.pass_through_fen,
            "client_uscc": line.client_uscc, "client_city_code": line.client_city_code, "category_code": line.category_code,
            "people_served": line.people_served,
        }
        for line, uscc in rows
    ]  # fmt: skip


def _unverified_months() -> Select[Any]:
    """Firm-months with lines that nobody has verified, each since its first such line."""
    return (
        select(func.min(ReportLine.created_at).label("since"))
        .where(ReportLine.grade == "C", ReportLine.superseded_at.is_(None))
        .group_by(ReportLine.firm_id, ReportLine.period)
    )


register_queue(
    Queue(
        "reports", lazy("月报核验"), "bar-chart-line", 8, ("operator", "reviewer"), ("bureau", "auditor", "finance"),
        "reports.list_all", _unverified_months, {"unverified": "1"}, "desk.report_workdays",
    )
)  # fmt: skip
