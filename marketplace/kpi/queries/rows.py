"""The very rows behind an indicator in one month: what everybody may see (names masked, small numbers hidden), what the park sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import clock, regions, settings
from marketplace.core.db import db
from marketplace.core.i18n import _, local_name
from marketplace.core.paging import Page, clamp
from marketplace.core.tabular import Column
from marketplace.kpi.queries import behind
from marketplace.kpi.queries.facts import amounts_since, last_closed, region_of, register
from marketplace.kpi.rules.indicators import SUPPRESS_BELOW, Indicator
from marketplace.kpi.rules.tally import Amounts, firms_of_scale
from marketplace.orders.states import OrderState
from marketplace.organisations.models import Organisation

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows with the columns this reader may see."""

    columns: list[Column]
    page: Page[Row]


def list_rows(one: Indicator, month: str, *, names: bool, page: int | None = 1, per_page: int | None = 20) -> Listing:
    """A page of the rows behind an indicator in a month. `names`: the reader may see clients, firms and single amounts."""
    number, size = clamp(page, per_page)
    if one.rows == "scale":
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
    if one.rows == "scale":
        return _columns(one, names), iter(_firms_of_scale(month))

    def each() -> Iterator[Row]:
        for part in db.session.execute(_query(one, month, names).execution_options(yield_per=1000)).partitions(1000):
            yield from _shown(one, part, names)

    return _columns(one, names), each()


def _query(one: Indicator, month: str, names: bool) -> Select[Any]:
    if one.rows == "facts":
        return behind.select_facts(behind.window_of(month))
    if one.rows == "revenue":
        return behind.select_revenue(behind.window_of(month), names)
    if one.rows == "accepted":
        return behind.select_accepted(month)
    if one.rows == "placed":
        return behind.select_placed(month)
    return behind.select_reviews(month) if one.rows == "reviews" else behind.select_firms()


def _firms_of_scale(month: str) -> list[Row]:
    """The firms of the park whose last accounting year reaches the threshold, and whether verified figures alone show it (B) or not (C)."""
    year = str(int(month[:4]) - 1)
    amounts, _changes = amounts_since(last_closed(), f"{year}-01", month)
    threshold = settings.get("kpi.scale_threshold")
    own: dict[int, Amounts] = {}
    for key, numbers in amounts.items():
        own.setdefault(key[0], {})[key] = numbers
    rows = []
    for firm in db.session.execute(behind.select_firms().where(Organisation.in_park.is_(True))):
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
    firm, grade = Column("firm", _("机构")), Column("grade", _("证据"))
    place = [Column("city", _("城市")), Column("in_park", _("是否在园"))]
    if one.rows == "scale":
        return [*([firm] if names else []), *place, grade]
    if one.rows == "firms":
        return [firm, *place, *([Column("compliant", _("资质合规"))] if names else [])]
    if one.rows == "revenue":
        return [
            firm if names else Column("category", _("服务类目")), Column("firms", _("机构数"), "int"),
            Column("verified_fen", _("已核验收入（元）"), "yuan"), Column("reported_fen", _("自行申报收入（元）"), "yuan"),
            Column("through_fen", _("其中代收代付（元）"), "yuan"), Column("corrected_fen", _("其中对已关账月份的更正（元）"), "yuan"),
        ]  # fmt: skip
    sides = (
        [Column("client_name", _("客户")), Column("client", _("客户统一社会信用代码")), Column("firm", _("服务机构"))]
        if names
        else []
    )
    common = [
        Column("code", _("编号")), *sides, Column("city", _("客户城市")), Column("industry", _("客户行业")),
        Column("category", _("服务类目")),
    ]  # fmt: skip
    people, amount = Column("people", _("服务人数")), [Column("amount_fen", _("金额（元）"), "yuan")] if names else []
    if one.rows == "facts":
        return [*common, Column("period", _("服务月份")), people, grade]
    if one.rows == "accepted":
        return [*common, people, grade, *amount]
    return (
        [*common, Column("score", _("评分"), "int")]
        if one.rows == "reviews"
        else [*common, Column("state", _("订单状态")), *amount]
    )


def _shown(one: Indicator, found: Sequence[Any], names: bool) -> list[Row]:
    rows = [dict(row._mapping) for row in found]
    firms = _organisations(Organisation.id, {r["firm_id"] for r in rows if "firm_id" in r})
    clients = _organisations(Organisation.uscc, {r["client"] for r in rows if r.get("client")})
    compliant = register().compliant_firms if one.rows == "firms" and names else frozenset[int]()
    return [_show(row, firms, clients, compliant, names) for row in rows]


def _organisations(column: Any, keys: set[Any]) -> dict[Any, Any]:
    if not keys:
        return {}
    query = select(column.label("key"), Organisation.name, Organisation.short_name, Organisation.industry).where(
        column.in_(keys)
    )
    return {row.key: row for row in db.session.execute(query)}


def _show(row: Row, firms: dict[Any, Any], clients: dict[Any, Any], compliant: frozenset[int], names: bool) -> Row:
    """One row as it is read: labels for codes; for the public no client, and small numbers hidden."""
    firm = firms.get(row.get("firm_id"))
    shown: Row = {"firm": firm.name if firm else "", "grade": row.get("grade") or "", "score": row.get("score")}
    shown["category"] = local_name(find_category(row.get("category"))) or (_("未归类") if "category" in row else "")
    if "client" in row:
        shown |= _client_cells(row, clients.get(row["client"]), names)
    elif "city" in row:
        shown |= {
            "city": regions.label(row["city"]), "in_park": _("是") if row["in_park"] else _("否"),
            "compliant": _("是") if row["firm_id"] in compliant else _("否"),
        }  # fmt: skip
    if "firms" in row:
        hidden = not names and row["firms"] < SUPPRESS_BELOW
        shown["firms"] = None if hidden else row["firms"]
        for name in ("verified_fen", "reported_fen", "through_fen", "corrected_fen"):
            shown[name] = None if hidden else int(row[name])
    if names and "amount_fen" in row:
        shown["amount_fen"] = row["amount_fen"]
    return shown


def _client_cells(row: Row, client: Any, names: bool) -> Row:
    cells: Row = {
        "code": f"{'A' if row['grade'] == 'A' else 'R'}{row['id']}", "city": regions.label(region_of(row["client"], row["city"])),
        "industry": (client.industry if client else "") or "—", "people": _people(row.get("people") or 0, names),
        "period": _served(row), "state": str(OrderState(row["state"]).label) if "state" in row else "",
    }  # fmt: skip
    if names:
        cells |= {"client": row["client"], "client_name": client.name if client else _("未入驻的客户")}
    return cells


def _served(row: Row) -> str:
    """The months served, by which a row of a closed month is told from the month it is booked in."""
    if row.get("until") is None:
        return row.get("period") or ""
    last = clock.month_of(row["until"])
    first = clock.month_of(row["since"]) if row.get("since") else last
    return last if first == last else f"{first} – {last}"


def _people(number: int, names: bool) -> str:
    """A headcount; below five it is hidden from the public."""
    return f"{number:,}" if names or number == 0 or number >= SUPPRESS_BELOW else f"<{SUPPRESS_BELOW}"
