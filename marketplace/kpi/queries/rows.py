"""The very rows behind an indicator in one month: what everybody may see (clients masked, small numbers hidden), what the park sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, literal, null, or_, select, union_all

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import regions, settings
from marketplace.core.db import db
from marketplace.core.i18n import _, local_name
from marketplace.core.paging import Page, clamp
from marketplace.core.tabular import Column
from marketplace.kpi.queries.facts import amounts_since, first_day, last_closed, region_of
from marketplace.kpi.rules.indicators import SUPPRESS_BELOW, Indicator, next_month
from marketplace.kpi.rules.tally import DELTA, Amounts, firms_of_scale
from marketplace.orders.models import Milestone, Order
from marketplace.orders.states import ACCEPTED_STATES
from marketplace.organisations.models import Organisation
from marketplace.organisations.states import OrganisationState
from marketplace.reports.models import ReportLine

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows with the columns this reader may see."""

    columns: list[Column]
    page: Page[Row]


def list_rows(one: Indicator, month: str, *, names: bool, page: int | None = 1, per_page: int | None = 20) -> Listing:
    """A page of the rows behind an indicator in a month. `names`: the reader may see clients and single amounts."""
    number, size = clamp(page, per_page)
    if one.code == "K1":
        reached = _firms_of_scale(month)
        return Listing(
            _columns(one, names), Page(reached[(number - 1) * size : number * size], len(reached), number, size)
        )
    query = _query(one, month, names)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    found = db.session.execute(query.limit(size).offset((number - 1) * size)).all()
    return Listing(_columns(one, names), Page(_shown(one, found, names), total, number, size))


def rows_for_export(one: Indicator, month: str, *, names: bool) -> tuple[list[Column], Iterator[Row]]:
    """All of them, for a file."""
    if one.code == "K1":
        return _columns(one, names), iter(_firms_of_scale(month))

    def each() -> Iterator[Row]:
        for part in db.session.execute(_query(one, month, names).execution_options(yield_per=1000)).partitions(1000):
            yield from _shown(one, part, names)

    return _columns(one, names), each()


def _query(one: Indicator, month: str, names: bool) -> Select[Any]:
    if one.rows == "facts":
        return _facts(month)
    if one.rows == "orders":
        return _orders(month)
    if one.rows == "revenue":
        return _revenue(month, names)
    return _firms() if one.rows == "firms" else select(null()).where(literal(1) == 0)


def _client_city() -> Any:
    return func.coalesce(Order.terms["client"]["city_code"].as_string(), Organisation.city_code)


def _facts(month: str) -> Select[Any]:
    """Accepted milestones whose service period touches the month, and declared lines of the month that name a client of the delta."""
    since, until = first_day(month), first_day(next_month(month))
    city = _client_city()
    milestones = (
        select(
            literal("A").label("grade"), Milestone.id.label("id"), Organisation.uscc.label("client"), city.label("city"),
            Order.firm_id.label("firm_id"), Order.category_code.label("category"), Milestone.people_served.label("people"),
        )
        .join(Order, Order.id == Milestone.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(
            Milestone.state.in_(ACCEPTED_STATES), Milestone.accepted_period >= month, func.substr(city, 1, 2).in_(DELTA),
            or_(
                (Milestone.period_to >= since) & (func.coalesce(Milestone.period_from, Milestone.period_to) < until),
                Milestone.period_to.is_(None) & (Milestone.accepted_period == month),
            ),
        )
    )  # fmt: skip
    region = func.coalesce(ReportLine.client_city_code, func.substr(ReportLine.client_uscc, 3, 6))
    lines = select(
        ReportLine.grade, ReportLine.id, ReportLine.client_uscc, ReportLine.client_city_code, ReportLine.firm_id,
        ReportLine.category_code, ReportLine.people_served,
    ).where(
        ReportLine.superseded_at.is_(None), ReportLine.period == month, ReportLine.client_uscc.is_not(None),
        or_(ReportLine.revenue_fen > 0, ReportLine.people_served > 0), func.substr(region, 1, 2).in_(DELTA),
    )  # fmt: skip
    both = union_all(milestones, lines).subquery()
    return select(both).order_by(both.c.grade, both.c.id.desc())


def _orders(month: str) -> Select[Any]:
    query: Any = (
        select(
            literal("A").label("grade"), Milestone.id, Organisation.uscc.label("client"), _client_city().label("city"), Order.firm_id,
            Order.category_code.label("category"), Milestone.people_served.label("people"), Milestone.amount_fen, Order.number,
        )
        .join(Order, Order.id == Milestone.order_id)
        .join(Organisation, Organisation.id == Order.client_id)
        .where(Milestone.state.in_(ACCEPTED_STATES), Milestone.accepted_period == month)
        .order_by(Milestone.accepted_at.desc(), Milestone.id.desc())
    )  # fmt: skip
    return query


def _revenue(month: str, names: bool) -> Select[Any]:
    """For the park: each firm's month. For everybody: the month by top category, with the number of firms behind each sum."""
    sums = (
        func.sum(case((ReportLine.grade == "B", ReportLine.revenue_fen), else_=0)).label("verified_fen"),
        func.sum(case((ReportLine.grade == "C", ReportLine.revenue_fen), else_=0)).label("reported_fen"),
        func.sum(ReportLine.pass_through_fen).label("through_fen"),
    )
    park = (ReportLine.superseded_at.is_(None), ReportLine.period == month, Organisation.in_park.is_(True))
    approved = (Organisation.state == OrganisationState.APPROVED, *park)
    query: Any
    if names:
        query = select(ReportLine.firm_id, literal(1).label("firms"), *sums).group_by(ReportLine.firm_id)
    else:
        top = func.substr(func.coalesce(ReportLine.category_code, ""), 1, 3)
        query = select(top.label("category"), func.count(ReportLine.firm_id.distinct()).label("firms"), *sums).group_by(
            top
        )
    found: Select[Any] = query.join(Organisation, Organisation.id == ReportLine.firm_id).where(*approved)
    return found.order_by(sums[0].desc())


def _firms() -> Select[Any]:
    query: Any = select(
        Organisation.id.label("firm_id"), Organisation.city_code.label("city"), Organisation.in_park, Organisation.name
    ).where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)  # fmt: skip
    found: Select[Any] = query.order_by(Organisation.in_park.desc(), Organisation.name)
    return found


def _firms_of_scale(month: str) -> list[Row]:
    """The firms of the park whose last accounting year reaches the threshold, and whether verified figures alone show it (B) or not (C)."""
    year = str(int(month[:4]) - 1)
    amounts, _changes = amounts_since(last_closed(), f"{year}-01", month)
    threshold = settings.get("kpi.scale_threshold")
    own: dict[int, Amounts] = {}
    for key, numbers in amounts.items():
        own.setdefault(key[0], {})[key] = numbers
    rows = []
    for firm in db.session.execute(_firms().where(Organisation.in_park.is_(True))):
        split = firms_of_scale(own.get(firm.firm_id, {}), frozenset({firm.firm_id}), year, threshold)
        if split.b or split.c:
            rows.append(
                {
                    "firm": firm.name,
                    "city": regions.label(firm.city),
                    "in_park": _("是"),
                    "grade": "B" if split.b else "C",
                }
            )
    return rows


def _columns(one: Indicator, names: bool) -> list[Column]:
    """Headings in the reader's language; names, codes and amounts only where they may be seen."""
    client = [Column("client_name", _("客户")), Column("client", _("客户统一社会信用代码"))] if names else []
    common = [
        Column("code", _("编号")), *client, Column("city", _("客户城市")), Column("industry", _("客户行业")),
        Column("firm", _("服务机构")), Column("category", _("服务类目")), Column("people", _("服务人数")), Column("grade", _("证据")),
    ]  # fmt: skip
    if one.rows == "facts":
        return common
    if one.rows == "orders":
        return [*common, *([Column("amount_fen", _("金额（元）"), "yuan")] if names else [])]
    if one.rows == "revenue":
        first = Column("firm", _("机构")) if names else Column("category", _("服务类目"))
        return [
            first, Column("firms", _("机构数"), "int"), Column("verified_fen", _("已核验收入（元）"), "yuan"),
            Column("reported_fen", _("自行申报收入（元）"), "yuan"), Column("through_fen", _("其中代收代付（元）"), "yuan"),
        ]  # fmt: skip
    last = [Column("grade", _("证据"))] if one.code == "K1" else []
    return [Column("firm", _("机构")), Column("city", _("城市")), Column("in_park", _("是否在园")), *last]


def _shown(one: Indicator, found: Sequence[Any], names: bool) -> list[Row]:
    rows = [dict(row._mapping) for row in found]
    firms = _organisations(Organisation.id, {r["firm_id"] for r in rows if "firm_id" in r})
    clients = _organisations(Organisation.uscc, {r["client"] for r in rows if r.get("client")})
    return [_show(one, row, firms, clients, names) for row in rows]


def _organisations(column: Any, keys: set[Any]) -> dict[Any, Any]:
    if not keys:
        return {}
    query = select(column.label("key"), Organisation.name, Organisation.short_name, Organisation.industry).where(
        column.in_(keys)
    )
    return {row.key: row for row in db.session.execute(query)}


def _show(one: Indicator, row: Row, firms: dict[Any, Any], clients: dict[Any, Any], names: bool) -> Row:
    """One row as it is read: labels for codes; for the public no client, and small numbers hidden."""
    firm = firms.get(row.get("firm_id"))
    shown: Row = {"firm": firm.name if firm else "", "grade": row.get("grade") or ""}
    shown["category"] = local_name(find_category(row.get("category"))) or (_("未归类") if "category" in row else "")
    if "client" in row:
        client = clients.get(row["client"])
        shown |= {
            "code": f"{'A' if row['grade'] == 'A' else 'R'}{row['id']}", "city": regions.label(region_of(row["client"], row["city"])),
            "industry": (client.industry if client else "") or "—", "people": _people(row.get("people") or 0, names),
        }  # fmt: skip
        if names:
            shown |= {"client": row["client"], "client_name": client.name if client else _("未入驻的客户")}
    elif "city" in row:
        shown |= {"city": regions.label(row["city"]), "in_park": _("是") if row["in_park"] else _("否")}
    if "firms" in row:
        hidden = not names and row["firms"] < SUPPRESS_BELOW
        shown["firms"] = None if hidden else row["firms"]
        for name in ("verified_fen", "reported_fen", "through_fen"):
            shown[name] = None if hidden else int(row[name])
    if names and "amount_fen" in row:
        shown["amount_fen"] = row["amount_fen"]
    return shown


def _people(number: int, names: bool) -> str:
    """A headcount; below five it is hidden from the public."""
    return f"{number:,}" if names or number == 0 or number >= SUPPRESS_BELOW else f"<{SUPPRESS_BELOW}"
