"""Reads for the half-year report of the firms' identities, and of its log."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from marketplace.core import clock, regions
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import LazyString, lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.tabular import Column
from marketplace.organisations.halves import Half, half_due
from marketplace.organisations.models import IdentityArchive, IdentityExport, Organisation
from marketplace.organisations.rules import LICENCE_KINDS

IDENTITY_COLUMNS = [
    Column("name", "名称"), Column("uscc", "统一社会信用代码"), Column("legal_representative", "法定代表人", required=False),
    Column("city", "所在城市"), Column("address", "地址", required=False), Column("contact_name", "联系人", required=False),
    Column("contact_mobile", "联系电话", required=False), Column("licences", "证照（类型 编号 有效期）", required=False),
    Column("state", "状态"), Column("approved_on", "入驻日期", "date", required=False),
    Column("closed_on", "退出日期", "date", required=False), Column("last_verified_on", "最近核验日期", "date", required=False),
    Column("changes", "本期变更", required=False),
]  # fmt: skip
CHANGES: dict[str, LazyString] = {
    "organisation.approved": lazy("通过核验"), "organisation.imported": lazy("导入"), "organisation.edited": lazy("资料变更"),
    "organisation.suspended": lazy("暂停"), "organisation.restored": lazy("恢复"), "organisation.closed": lazy("退出"),
    "licence.approved": lazy("证照核验"), "licence.revoked": lazy("证照作废"), "licence.expired": lazy("证照到期"),
}  # fmt: skip


def list_identities(half: Half) -> Iterator[dict[str, Any]]:
    """One row for each firm that stood on the platform at any time of the half year, by USCC: three queries."""
    firms = db.session.scalars(
        select(Organisation)
        .where(
            Organisation.kind == "firm", Organisation.approved_at < half.end,
            or_(Organisation.closed_at.is_(None), Organisation.closed_at >= half.start),
        )
        .options(selectinload(Organisation.licences))
        .order_by(Organisation.uscc)
    ).all()  # fmt: skip
    changes = _changes(half)
    for firm in firms:
        yield {
            "name": firm.name, "uscc": firm.uscc, "legal_representative": getattr(firm, "legal_representative", "") or None,
            "city": regions.label(firm.city_code), "address": firm.address, "contact_name": firm.contact_name,
            "contact_mobile": firm.contact_mobile, "state": str(firm.state_label), "licences": "；".join(map(_licence, firm.licences)),
            "approved_on": _day(firm.approved_at), "closed_on": _day(firm.closed_at), "last_verified_on": _day(firm.last_verified_at),
            "changes": "；".join(changes.get(firm.id, [])),
        }  # fmt: skip


def _licence(licence: Any) -> str:
    until = lazy("长期") if licence.valid_to is None else licence.valid_to.isoformat()
    return f"{LICENCE_KINDS[licence.kind]} {licence.number} {until} {licence.state_label}"


def _day(moment: datetime | None) -> Any:
    return clock.local(moment).date() if moment else None


def _changes(half: Half) -> dict[int | None, list[str]]:
    """What happened to each organisation in the half year, out of the audit trail."""
    rows = db.session.execute(
        select(AuditEvent.organisation_id, AuditEvent.event, AuditEvent.created_at)
        .where(AuditEvent.event.in_(CHANGES), AuditEvent.created_at >= half.start, AuditEvent.created_at < half.end)
        .order_by(AuditEvent.id)
    )
    found: dict[int | None, list[str]] = defaultdict(list)
    for organisation_id, event, at in rows:
        text = f"{clock.local(at):%Y-%m-%d} {CHANGES[event]}"
        if text not in found[organisation_id][-1:]:
            found[organisation_id].append(text)
    return found


def list_identity_exports(*, period: str = "", page: int | None = 1, per_page: int | None = 20) -> Page[IdentityExport]:
    """The log, newest first."""
    query = select(IdentityExport).order_by(IdentityExport.id.desc())
    return paginate(query.where(IdentityExport.period == period) if period else query, page, per_page)


def find_identity_archive(number: str) -> tuple[IdentityExport, bytes]:
    """A report's archive while it waits to be fetched."""
    row = db.session.execute(
        select(IdentityExport, IdentityArchive.content)
        .join(IdentityArchive, IdentityArchive.export_id == IdentityExport.id)
        .where(IdentityExport.number == number, IdentityArchive.expires_at > clock.now())
    ).first()
    if row is None:
        raise NotFound("identity_export.missing", lazy("没有这份报送文件，或已过下载期限；可以重新生成"))
    return row[0], row[1]


def list_waiting_archives(ids: list[int]) -> set[int]:
    """Which of these reports can still be fetched."""
    query = select(IdentityArchive.export_id).where(
        IdentityArchive.export_id.in_(ids), IdentityArchive.expires_at > clock.now()
    )
    return set(db.session.scalars(query)) if ids else set()


def find_report_due() -> Half | None:
    """The half year that must be reported this month and has not been since it ended."""
    half = half_due(clock.today())
    if half is None:
        return None
    done = select(func.count()).where(IdentityExport.period == half.code, IdentityExport.created_at >= half.end)
    return None if db.session.scalar(done) else half
