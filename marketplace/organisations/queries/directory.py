"""The public directory of firms: a page under filters, the counts beside every choice, the same for files."""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, literal, or_, select, union_all

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.paging import Page, clamp
from marketplace.organisations.models import (
    FirmFigure,
    FirmOffer,
    FirmStandard,
    Licence,
    Organisation,
    VerificationCheck,
)
from marketplace.organisations.queries.licences import licence_kinds_of
from marketplace.organisations.queries.standards import list_public_standards
from marketplace.organisations.rules.directory import RATINGS, FirmFilters
from marketplace.organisations.rules.figures import TOP
from marketplace.organisations.rules.readings import typed_pinyin
from marketplace.organisations.states import OrganisationState

_PUBLIC = (Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)


@dataclass(frozen=True, slots=True)
class FirmEntry:
    """A firm as the directory shows it, with everything its card needs."""

    firm: Organisation
    figure: FirmFigure | None
    licences: list[str] = field(default_factory=list)
    tops: list[tuple[str, int]] = field(default_factory=list)
    standards: list[FirmStandard] = field(default_factory=list)

    @property
    def is_verified(self) -> bool:
        """Looked at by the park, and not due to be looked at again."""
        firm = self.firm
        return firm.last_verified_at is not None and (firm.next_due_on is None or firm.next_due_on > clock.today())


def _verified() -> ColumnElement[bool]:
    not_due = or_(Organisation.next_due_on.is_(None), Organisation.next_due_on > clock.today())
    return and_(Organisation.last_verified_at.is_not(None), not_due)


def _named(q: str) -> ColumnElement[bool]:
    """Every word stands in a name or is how one begins to be read; the whole may be pinyin typed with blanks, or the code."""
    text = unicodedata.normalize("NFKC", q)

    def stands(word: str) -> ColumnElement[bool]:
        typed = typed_pinyin(word)
        found = [
            Organisation.name.icontains(word, autoescape=True),
            Organisation.short_name.icontains(word, autoescape=True),
        ]
        return or_(*found, *([Organisation.pinyin_words.contains(f" {typed}", autoescape=True)] if typed else []))

    whole = typed_pinyin(text)
    found = [and_(*(stands(word) for word in text.split())), Organisation.uscc == text.upper()]
    return or_(*found, *([Organisation.pinyin_words.contains(f" {whole}", autoescape=True)] if whole else []))


def conditions_of(filters: FirmFilters) -> list[ColumnElement[bool]]:
    """The filters as conditions on `Organisation`."""
    found: list[ColumnElement[bool]] = [*_PUBLIC]
    if filters.q:
        found.append(_named(filters.q))
    if filters.letter:
        found.append(Organisation.pinyin_initial == filters.letter)
    if filters.city:
        found.append(Organisation.city_code == filters.city)
    if filters.in_park:
        found.append(Organisation.in_park.is_(True))
    if filters.verified:
        found.append(_verified())
    holders: list[Any] = []
    if filters.licence:
        of = (Licence.kind == filters.licence, Licence.counting_on(clock.today()))
        holders.append(select(Licence.organisation_id).where(*of))
    if filters.category:
        holders.append(select(FirmOffer.organisation_id).where(FirmOffer.category_code == filters.category))
    if filters.standard:
        held = (FirmStandard.standard_no == filters.standard, FirmStandard.counting_on(clock.today()))
        holders.append(select(FirmStandard.organisation_id).where(*held))
    if filters.rating_min:
        least = round(float(filters.rating_min) * 10)
        holders.append(select(FirmFigure.organisation_id).where(FirmFigure.rating_tenths >= least))
    return found + [Organisation.id.in_(one) for one in holders]


def _ordered(query: Select[Any], sort: str) -> Select[Any]:
    """Equal firms stand in the order of the alphabet, which favours nobody (电子商务法 18)."""
    first: dict[str, list[Any]] = {
        "services": [func.coalesce(FirmFigure.service_count, 0).desc()],
        "rating": [
            func.coalesce(FirmFigure.rating_tenths, -1).desc(),
            func.coalesce(FirmFigure.rating_count, 0).desc(),
        ],
        "newest": [Organisation.approved_at.desc()],
    }
    return query.order_by(*first.get(sort, ()), Organisation.pinyin_key, Organisation.id)


def select_directory(filters: FirmFilters) -> Select[Any]:
    """Firms with their figures, in the order asked for."""
    query: Any = select(Organisation, FirmFigure).outerjoin(FirmFigure, FirmFigure.organisation_id == Organisation.id)
    return _ordered(query.where(*conditions_of(filters)), filters.sort)


def list_directory(filters: FirmFilters, page: int | None = 1, per_page: int | None = 20) -> Page[FirmEntry]:
    """A page of the directory: five statements, however many firms stand on it."""
    number, size = clamp(page, per_page)
    total = db.session.scalar(select(func.count()).select_from(Organisation).where(*conditions_of(filters))) or 0
    rows = db.session.execute(select_directory(filters).limit(size).offset((number - 1) * size)).all()
    return Page(_entries([(row[0], row[1]) for row in rows]), total, number, size)


def each_entry(filters: FirmFilters, limit: int = 20_000) -> Iterator[FirmEntry]:
    """All of them under these filters, for a file."""
    rows = db.session.execute(select_directory(filters).limit(limit)).all()
    for start in range(0, len(rows), 500):
        yield from _entries([(row[0], row[1]) for row in rows[start : start + 500]])


def list_entries(firms: list[Organisation]) -> list[FirmEntry]:
    """What the directory shows of these firms, in their order."""
    ids = [firm.id for firm in firms]
    figures = {
        one.organisation_id: one
        for one in db.session.scalars(select(FirmFigure).where(FirmFigure.organisation_id.in_(ids)))
    }
    return _entries([(firm, figures.get(firm.id)) for firm in firms])


def _entries(rows: list[tuple[Organisation, FirmFigure | None]]) -> list[FirmEntry]:
    ids = [firm.id for firm, _figure in rows]
    licences, standards, tops = licence_kinds_of(ids), list_public_standards(ids), list_tops(ids)
    return [
        FirmEntry(
            firm,
            figure,
            sorted(licences.get(firm.id, set()) - {"business"}),
            tops.get(firm.id, []),
            standards.get(firm.id, []),
        )
        for firm, figure in rows
    ]


def list_tops(firm_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """The top categories each of these firms offers with the number of services, most first: one query."""
    found: dict[int, list[tuple[str, int]]] = {}
    if firm_ids:
        rows = db.session.execute(
            select(FirmOffer.organisation_id, FirmOffer.category_code, FirmOffer.service_count)
            .where(FirmOffer.organisation_id.in_(firm_ids), func.length(FirmOffer.category_code) == TOP)
            .order_by(FirmOffer.service_count.desc(), FirmOffer.category_code)
        )
        for firm_id, code, number in rows:
            found.setdefault(firm_id, []).append((code, number))
    return found


def _matching(filters: FirmFilters) -> CTE:
    """The firms that match, with what the directory counts of the firm itself; several parts of a statement share it."""
    columns = (
        Organisation.id, Organisation.pinyin_initial.label("letter"), Organisation.city_code.label("city"),
        case((Organisation.in_park.is_(True), "1"), else_="").label("in_park"), case((_verified(), "1"), else_="").label("verified"),
    )  # fmt: skip
    return select(*columns).where(*conditions_of(filters)).cte()


def count_choices(filters: FirmFilters) -> dict[str, dict[str, int]]:
    """For every filter how many firms each of its choices would leave, under all the other filters: one statement.

    Who matches is worked out once for all filters that nothing is chosen of, and once more for each other.
    """
    shared, today = _matching(filters), clock.today()

    def part(name: str, value: Any = None, held: Any = None, *conditions: Any) -> Select[Any]:
        firms = _matching(filters.without(name)) if getattr(filters, name) else shared
        column = firms.c[name] if value is None else value
        number = func.count(firms.c.id.distinct()) if held is Licence else func.count()
        query = select(literal(name).label("filter"), column.label("value"), number.label("firms")).select_from(firms)
        if held is not None:
            query = query.join(held, and_(held.organisation_id == firms.c.id, *conditions))
        return query.group_by(column)

    tenths = FirmFigure.rating_tenths
    band = case(*((tenths >= round(float(least) * 10), least) for least in RATINGS), else_="")
    rows = db.session.execute(
        union_all(
            part("letter"), part("city"), part("in_park"), part("verified"),
            part("licence", Licence.kind, Licence, Licence.counting_on(today)),
            part("category", FirmOffer.category_code, FirmOffer, func.length(FirmOffer.category_code) == TOP),
            part("standard", FirmStandard.standard_no, FirmStandard, FirmStandard.counting_on(today)),
            part("rating_min", band, FirmFigure, tenths.is_not(None)),
        )
    )  # fmt: skip
    found: dict[str, dict[str, int]] = {}
    for name, choice, number in rows:
        found.setdefault(name, {})[choice] = number
    return found | {"rating_min": _running(found.get("rating_min", {}))}


def _running(bands: dict[str, int]) -> dict[str, int]:
    """Bands of scores as "this or better"."""
    total, found = 0, {}
    for least in RATINGS:
        total += bands.get(least, 0)
        found[least] = total
    return found


def list_public_firm_ids() -> list[int]:
    return list(db.session.scalars(select(Organisation.id).where(*_PUBLIC).order_by(Organisation.id)))


def figures_version() -> Any:
    """Moves whenever a figure of the directory does: shared pages ask for it."""
    return db.session.scalar(select(func.max(FirmFigure.refreshed_at)))


def list_unspelled_firms(limit: int = 500) -> list[Organisation]:
    """Firms whose names were never spelled: those from before the directory had an order."""
    query = select(Organisation).where(Organisation.kind == "firm", Organisation.pinyin_key == "")
    return list(db.session.scalars(query.order_by(Organisation.id).limit(limit)))


def find_last_look(firm_id: int) -> VerificationCheck | None:
    """The decision by which a firm's identity stands verified: its approval or its last re-verification."""
    return db.session.scalar(
        select(VerificationCheck)
        .where(
            VerificationCheck.organisation_id == firm_id, VerificationCheck.licence_id.is_(None),
            VerificationCheck.result.in_(("approved", "reverified")),
        )
        .order_by(VerificationCheck.id.desc())
        .limit(1)
    )  # fmt: skip
