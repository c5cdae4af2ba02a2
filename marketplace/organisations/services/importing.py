"""Many organisations at once by a file, and out again in the same columns: what is exported is imported without loss."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from marketplace.core import audit, clock, regions
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import _
from marketplace.core.lifecycle import advance
from marketplace.core.progress import Progress, silent
from marketplace.core.tabular import BadTable, CellError, Row
from marketplace.organisations.access import can_import_organisations
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import list_by_uscc, list_licences_of, list_refused_codes
from marketplace.organisations.rules import KINDS, SIZES
from marketplace.organisations.services.due import recompute_due
from marketplace.organisations.states import LicenceState, OrganisationState
from marketplace.search.changes import touch

TEXTS = {
    "firm": ("short_name", "address", "contact_name", "contact_mobile", "intro"),
    "client": ("industry", "size", "contact_name", "contact_mobile"),
}
LICENCE_KEYS = (
    ("HR_PERMIT", "hr_permit_no", "hr_permit_valid_to"),
    ("HR_FILING", "hr_filing_no", None),
    ("DISPATCH", "dispatch_permit_no", "dispatch_valid_to"),
)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many organisations a file has brought in and how many it has updated."""

    created: int
    updated: int

    def __str__(self) -> str:
        return _("新增 %(created)s 家，更新 %(updated)s 家", created=self.created, updated=self.updated)


def import_firms(*, actor: Actor, rows: Sequence[Row], progress: Progress = silent) -> ImportResult:
    """Bring HR firms in by a file (columns `FIRM_COLUMNS`, key USCC, again = update; decision 26).

    New ones arrive approved with the source `operator_import` and licences "recorded, not yet verified". A blank cell means empty,
    `in_park` blank means yes. Refused whole, with every row and column: a city outside the 41, a code that stands twice or belongs
    to a client, an end of a licence without its number.
    """
    require(can_import_organisations(actor))
    return _import("firm", actor, rows, progress)


def import_clients(*, actor: Actor, rows: Sequence[Row], progress: Progress = silent) -> ImportResult:
    """Bring client enterprises in by a file (columns `CLIENT_COLUMNS`, key USCC, again = update). New ones arrive approved. Refused whole:
    as for firms, and a size other than 微, 小, 中, 大."""
    require(can_import_organisations(actor))
    return _import("client", actor, rows, progress)


def _import(kind: str, actor: Actor, rows: Sequence[Row], progress: Progress) -> ImportResult:
    known = list_by_uscc([row["uscc"] for row in rows])
    errors = _errors(kind, rows, known, list_refused_codes(row["uscc"] for row in rows))
    if errors:
        raise BadTable(errors)
    created = []
    for row in rows:
        organisation = known.get(row["uscc"])
        if organisation is None:
            organisation = Organisation(kind=kind, uscc=row["uscc"], source="operator_import")
            created.append(organisation)
            known[row["uscc"]] = organisation
        _fill(organisation, row)
    db.session.add_all(created)
    db.session.flush()
    with db.session.no_autoflush:
        for organisation in created:
            advance(organisation, "import", actor=actor, organisation_id=organisation.id)
        if kind == "firm":
            _import_licences(actor, rows, known)
    if kind == "firm":
        touch("firm", sorted(known[row["uscc"]].id for row in rows))
    audit.record(
        f"{kind}s.imported", "organisation", None, actor=actor, created=len(created), updated=len(rows) - len(created)
    )
    progress(len(rows), len(rows))
    return ImportResult(len(created), len(rows) - len(created))


def _fill(organisation: Organisation, row: Row) -> None:
    organisation.name, organisation.city_code = row["name"], row["city_code"]
    for key in TEXTS[organisation.kind]:
        setattr(organisation, key, row.get(key) or "")
    if organisation.kind == "firm":
        organisation.established_on = row.get("established_on")
        organisation.registered_capital_fen = row.get("registered_capital_wan")
        organisation.in_park = row.get("in_park") is not False
    organisation.spell()


def _errors(
    kind: str, rows: Sequence[Row], known: dict[str, Organisation], refused: Collection[str] = ()
) -> list[CellError]:
    errors: list[CellError] = []
    seen: dict[str, int] = {}
    for row in rows:
        number, code = row.row_number, row["uscc"]
        if code in seen:
            errors.append(CellError(number, _("统一社会信用代码"), _("与第 %(row)s 行重复", row=seen[code])))
        seen.setdefault(code, number)
        if code in refused:
            text = _("统一社会信用代码校验位不正确，请核对营业执照")
            errors.append(CellError(number, _("统一社会信用代码"), text))
        other = known.get(code)
        if other is not None and other.kind != kind:
            text = _("该代码已登记为%(kind)s", kind=KINDS[other.kind])
            errors.append(CellError(number, _("统一社会信用代码"), text))
        region = regions.get(row["city_code"])
        if region is None or region.level != "city":
            errors.append(CellError(number, _("城市代码"), _("不是长三角 41 个城市的代码")))
        if row.get("size") and row["size"] not in SIZES:
            errors.append(CellError(number, _("规模"), _("应为 微、小、中、大 之一")))
        if row.get("established_on") and row["established_on"] > clock.today():
            errors.append(CellError(number, _("成立日期"), _("不能晚于今天")))
        if row.get("dispatch_valid_to") and not row.get("dispatch_permit_no"):
            errors.append(CellError(number, _("派遣有效期至"), _("填写了有效期，但没有许可证号")))
        if row.get("hr_permit_valid_to") and not row.get("hr_permit_no"):
            errors.append(CellError(number, _("许可证有效期至"), _("填写了有效期，但没有许可证号")))
    return errors


def _import_licences(actor: Actor, rows: Sequence[Row], known: dict[str, Organisation]) -> None:
    """Record the licences of the file: a new number replaces the one that stood, the same number only gets its day."""
    standing = _standing_licences([known[row["uscc"]].id for row in rows])
    new: list[Licence] = []
    today = clock.today()
    changed: list[Organisation] = []
    for row in rows:
        organisation = known[row["uscc"]]
        for kind, number_key, end_key in LICENCE_KEYS:
            number, end = row.get(number_key), row.get(end_key) if end_key else None
            present = standing.get((organisation.id, kind))
            revived = present is not None and present.state == LicenceState.EXPIRED and end is not None and end >= today
            if present is not None and number == present.number and not revived:
                if _keep_day(present, end, end_key):
                    changed.append(organisation)
                continue
            if present is not None or number:
                changed.append(organisation)
            if present is not None:
                advance(present, "revoke", actor=actor, organisation_id=organisation.id, kind=kind)
            if number:
                new.append(
                    Licence(
                        organisation_id=organisation.id, kind=kind, number=number, valid_to=end, evidence="recorded"
                    )
                )
    db.session.add_all(new)
    db.session.flush()
    for licence in new:
        advance(licence, "record", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    for organisation in dict.fromkeys(one for one in changed if one.last_verified_at is not None):
        recompute_due(organisation=organisation)


def _keep_day(licence: Licence, end: date | None, end_key: str | None) -> bool:
    """Keep the day that the file says; was it another?"""
    if end_key and licence.valid_to != end:
        licence.valid_to, licence.reminded_days = end, None
        licence.is_long_term = licence.is_long_term and end is None
        return True
    return False


def _standing_licences(ids: Sequence[int]) -> dict[tuple[int, str], Licence]:
    """The licence that stands for each kind: the newest that is valid or has lapsed."""
    found: dict[tuple[int, str], Licence] = {}
    for licence in list_licences_of(ids, LicenceState.VALID, LicenceState.EXPIRED):
        found[(licence.organisation_id, licence.kind)] = licence
    return found


def export_firms() -> list[dict[str, Any]]:
    """Every approved or suspended firm in the columns of `FIRM_COLUMNS`."""
    firms = _exported("firm")
    standing = _standing_licences([firm.id for firm in firms])
    rows = []
    for firm in firms:
        row: dict[str, Any] = {
            "uscc": firm.uscc, "name": firm.name, "city_code": firm.city_code, "established_on": firm.established_on,
            "registered_capital_wan": firm.registered_capital_fen, "in_park": firm.in_park,
        }  # fmt: skip
        row.update({key: getattr(firm, key) or None for key in TEXTS["firm"]})
        for kind, number_key, end_key in LICENCE_KEYS:
            licence = standing.get((firm.id, kind))
            row[number_key] = licence.number if licence else None
            if end_key:
                row[end_key] = licence.valid_to if licence else None
        rows.append(row)
    return rows


def export_clients() -> list[dict[str, Any]]:
    """Every approved or suspended client enterprise in the columns of `CLIENT_COLUMNS`."""
    return [
        {"uscc": client.uscc, "name": client.name, "city_code": client.city_code}
        | {key: getattr(client, key) or None for key in TEXTS["client"]}
        for client in _exported("client")
    ]


def _exported(kind: str) -> Sequence[Organisation]:
    states = (OrganisationState.APPROVED, OrganisationState.SUSPENDED)
    query = (
        select(Organisation).where(Organisation.kind == kind, Organisation.state.in_(states)).order_by(Organisation.id)
    )
    return db.session.scalars(query).all()
