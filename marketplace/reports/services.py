"""Use cases of reports: bringing lines in by a file, verifying a firm's month."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, update

from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import _, lazy
from marketplace.core.progress import Progress, silent
from marketplace.core.tabular import BadTable, CellError, Row
from marketplace.notifications.services import notify
from marketplace.organisations.queries import list_refused_codes
from marketplace.reports.access import can_declare_report, can_import_reports, can_verify_report
from marketplace.reports.models import ReportImport, ReportLine
from marketplace.reports.queries import (
    export_rows,
    firm_ids_by_uscc,
    get_firm_month,
    lines_by_key,
    list_unverified,
    lock_firms,
)
from marketplace.reports.rules import Key, find_errors, line_key

FACTS = ("revenue_fen", "pass_through_fen", "client_city_code", "people_served")
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What a file brought: new lines, corrections, lines that were known already."""

    added: int
    corrected: int
    known: int

    def __str__(self) -> str:
        return _(
            "新增 %(added)s 行，更正 %(corrected)s 行，重复 %(known)s 行",
            added=self.added,
            corrected=self.corrected,
            known=self.known,
        )


def import_reports(
    *, actor: Actor, rows: Sequence[Row], verified: bool = False, progress: Progress = silent, filename: str = ""
) -> ReportResult:
    """Bring lines of any firm in (columns `REPORT_COLUMNS`), grade C, or B where the operator has verified them.

    A line known already adds nothing; one with other figures is a correction that supersedes the old one, which is kept. Refused
    whole, with row and column of every error: what `rules.find_errors` finds.
    """
    require(can_import_reports(actor))
    return _bring_in(actor, rows, "B" if verified else "C", None, progress, filename)


def declare_reports(*, actor: Actor, firm_id: int, rows: Sequence[Row], filename: str = "") -> ReportResult:
    """A firm declares its own months by a file; always grade C. Refused whole as for `import_reports`, and any other firm's line."""
    require(can_declare_report(actor, firm_id))
    return _bring_in(actor, rows, "C", firm_id, silent, filename)


def _bring_in(
    actor: Actor, rows: Sequence[Row], grade: str, own: int | None, progress: Progress, filename: str
) -> ReportResult:
    firms = firm_ids_by_uscc(row["firm_uscc"] for row in rows)
    errors = find_errors(rows, firms, None if own is None else {own}, clock.month_of(clock.today()))
    refused = list_refused_codes(row["client_uscc"] for row in rows if row["client_uscc"])
    errors += [
        CellError(row.row_number, "客户统一社会信用代码", _("统一社会信用代码校验位不正确，请核对营业执照"))
        for row in rows if row["client_uscc"] in refused
    ]  # fmt: skip
    if errors:
        raise BadTable(errors)
    if not rows:
        raise BadTable([CellError(0, "", _("文件里没有数据行"))])
    lock_firms({firms[row["firm_uscc"]] for row in rows})
    known = lines_by_key((firms[row["firm_uscc"]], row["period"]) for row in rows)
    drafts = [(line_key(firms[row["firm_uscc"]], row), _facts(row)) for row in rows]
    fresh = [(key, facts) for key, facts in drafts if _differs(known.get(key), facts, grade)]
    corrected = sum(key in known for key, _facts_ in fresh)
    brought = ReportImport(
        firm_id=own, filename=filename[:160], added=len(fresh) - corrected, corrected=corrected, known=len(drafts) - len(fresh),
        imported_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(brought)
    db.session.flush()
    for start in range(0, len(fresh), CHUNK):
        _write(fresh[start : start + CHUNK], known, grade, brought.id)
        progress(min(start + CHUNK, len(fresh)), len(fresh))
    audit.record(
        "report.imported", "report_import", brought.id, actor=actor, organisation_id=own, lines=len(fresh), grade=grade
    )
    return ReportResult(brought.added, brought.corrected, brought.known)


def _facts(row: Row) -> dict[str, Any]:
    return {
        "revenue_fen": row["revenue_yuan"], "pass_through_fen": row["pass_through_yuan"] or 0,
        "client_city_code": row["client_city_code"] or None, "people_served": row["people_served"] or 0,
    }  # fmt: skip


def _differs(line: ReportLine | None, facts: dict[str, Any], grade: str) -> bool:
    """Is this something new? A repetition with a lower grade is not: verifying is never undone by sending the file again."""
    if line is None:
        return True
    return any(getattr(line, name) != facts[name] for name in FACTS) or (line.grade == "C" and grade == "B")


def _write(
    fresh: Sequence[tuple[Key, dict[str, Any]]], known: dict[Key, ReportLine], grade: str, import_id: int
) -> None:
    moment = clock.now()
    values = [
        {"firm_id": key[0], "period": key[1], "client_uscc": key[2], "category_code": key[3], **facts, "grade": grade,
         "import_id": import_id, "created_at": moment, "is_demo": False}
        for key, facts in fresh
    ]  # fmt: skip
    _replace(values, [known[key].id if key in known else None for key, _facts_ in fresh])


def _supersede(pairs: Sequence[tuple[int, int]]) -> None:
    """Mark old lines as replaced by new ones; somebody else's replacement of the same line at the same moment is a Conflict."""
    if not pairs:
        return
    lines: Any = ReportLine.__table__
    change = (
        update(lines)
        .where(lines.c.id == bindparam("old"), lines.c.superseded_at.is_(None))
        .values(superseded_at=bindparam("moment"), superseded_by_id=bindparam("new"))
    )
    moment = clock.now()
    done: Any = db.session.connection().execute(
        change, [{"old": old, "new": new, "moment": moment} for old, new in pairs]
    )
    if 0 <= done.rowcount < len(pairs):
        raise Conflict("report.superseded", lazy("该月数据刚刚被他人更正，请刷新后重试"))
    db.session.expire_all()


def verify_firm_month(*, actor: Actor, firm_id: int, period: str, evidence: str) -> int:
    """The operator has checked a firm's month against its evidence: its lines become grade B; returns how many.

    Each becomes a new line that supersedes the self-reported one; the evidence is kept with the import that brought them. Refused: no
    evidence note; nothing left to verify.
    """
    require(can_verify_report(actor))
    if not evidence.strip():
        raise Invalid("report.evidence", lazy("请填写核验依据，例如审计报告或纳税申报表编号"), field="evidence")
    lock_firms([firm_id])
    lines = list_unverified(firm_id, period)
    if not lines:
        get_firm_month(firm_id=firm_id, period=period)
        raise Conflict("report.verified", lazy("该月数据均已核验"))
    brought = ReportImport(
        firm_id=firm_id,
        evidence=evidence.strip()[:500],
        added=0,
        corrected=len(lines),
        known=0,
        imported_by_id=actor.user_id,
    )
    db.session.add(brought)
    db.session.flush()
    copied = ("firm_id", "period", "client_uscc", "category_code", *FACTS, "is_demo")
    values = [{name: getattr(one, name) for name in copied} for one in lines]
    shared = {"grade": "B", "created_at": clock.now(), "import_id": brought.id}
    for start in range(0, len(values), CHUNK):
        _replace(
            [one | shared for one in values[start : start + CHUNK]], [one.id for one in lines[start : start + CHUNK]]
        )
    audit.record(
        "report.verified",
        "report_import",
        brought.id,
        actor=actor,
        organisation_id=firm_id,
        period=period,
        lines=len(lines),
    )
    notify(event="report.verified", params={"period": period}, url="/firm/reports/", organisation_id=firm_id)
    return len(lines)


def _replace(values: Sequence[dict[str, Any]], old: Sequence[int | None]) -> None:
    """Write lines and mark those they replace (None: nothing). Only replacements are written for their ids, one by one on SQLite."""
    new = [one for one, before in zip(values, old, strict=True) if before is None]
    if new:
        db.session.execute(insert(ReportLine), new)
    pairs = [(before, one) for one, before in zip(values, old, strict=True) if before is not None]
    if pairs:
        returning = insert(ReportLine).returning(ReportLine.id, sort_by_parameter_order=True)
        ids = db.session.scalars(returning, [one for _before, one in pairs]).all()
        _supersede([(before, number) for (before, _one), number in zip(pairs, ids, strict=True)])


def export_reports() -> list[dict[str, Any]]:
    """All lines in force in the columns that import reads, for the shell and the operator."""
    return export_rows()
