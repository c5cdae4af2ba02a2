"""The auditor's pages: the trail, one row with its proof, a copy to take away, the proof of the whole chain."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.audit import AuditFilters
from marketplace.core.db import transaction
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.paging import clamp
from marketplace.core.tabular import MEDIA_TYPES, Column, write_table
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator import events, queries, services
from marketplace.operator.access import can_read_audit
from marketplace.operator.routes import bp

COUNTED = 10_000  # above that the page says "more than": counting a million rows on each page would make it slow
CAPS = {"csv": 200_000, "xlsx": 50_000}
NAMES = ("event", "result", "noun", "ref_id", "organisation", "user", "actor", "since", "until")
COLUMNS = [
    Column("id", "序号", "int"), Column("created_at", "时间", "text"), Column("actor", "操作者", "text"), Column("event", "事件", "text"),
    Column("label", "事件名称", "text"), Column("noun", "对象", "text"), Column("ref_id", "对象编号", "int", required=False),
    Column("organisation_id", "机构编号", "int", required=False), Column("codes", "内容", "json"),
    Column("seal_no", "封存序号", "int", required=False), Column("seal", "封存摘要", "text", required=False),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as filters and as parameters to build addresses from."""

    filters: AuditFilters
    parameters: dict[str, str]


def _day(name: str) -> date | None:
    try:
        return clock.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _asked() -> Asked:
    given = {name: request.args[name].strip() for name in NAMES if request.args.get(name, "").strip()}
    number, person = given.get("ref_id", ""), given.get("user", "") or given.get("actor", "")
    filters = AuditFilters(
        events=events.events_asked(given.get("event", ""), given.get("result", "")), noun=given.get("noun", ""),
        ref_id=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None,
        actor=person if person in events.ACTORS else "",
        user_ids=None if person in events.ACTORS else queries.find_user_ids(person),
        organisation_ids=queries.find_organisation_ids(given.get("organisation", "")), since=_day("since"), until=_day("until"),
    )  # fmt: skip
    return Asked(filters, given)


def _ranges() -> list[tuple[str, dict[str, str]]]:
    """Quick choices of days: label, and the days they mean."""
    today = clock.today()
    spans = [
        (_("今天"), today), (_("近 7 天"), today - timedelta(days=6)), (_("近 30 天"), today - timedelta(days=29)),
        (_("本月"), today.replace(day=1)), (_("今年"), today.replace(month=1, day=1)),
    ]  # fmt: skip
    return [(label, {"since": first.isoformat(), "until": today.isoformat()}) for label, first in spans]


@bp.get("/operator/audit")
@roles("auditor", "bureau")
def list_audit() -> str:
    """The trail, newest first. Pages follow the last row seen and nothing is counted beyond ten thousand, so a million rows stay quick."""
    require(can_read_audit(current_actor()))
    asked, size = _asked(), clamp(1, request.args.get("per_page", 50, int))[1]
    page = audit.page_of_events(
        asked.filters, before=request.args.get("before", ""), after=request.args.get("after", ""), size=size
    )
    people, organisations = queries.names_of(page.items)
    return render_template(
        "operator/list_audit.html", page=page, size=size, given=asked.parameters, count=audit.count_events(asked.filters, COUNTED),
        counted=COUNTED, people=people, organisations=organisations, groups=events.event_groups(), events=events,
        ranges=_ranges(), caps=CAPS, runs=audit.list_runs(1), open_run=audit.find_open_run(),
    )  # fmt: skip


@bp.get("/operator/audit/<int:event_id>")
@roles("auditor", "bureau")
def show_audit_event(event_id: int) -> str:
    """One row with everything it says, its seal computed anew, and its neighbours in the chain."""
    require(can_read_audit(current_actor()))
    row = audit.get_event(event_id)
    people, organisations = queries.names_of([row])
    return render_template(
        "operator/show_audit_event.html",
        row=row,
        proof=audit.recompute(row),
        people=people,
        organisations=organisations,
        events=events,
    )


@bp.post("/operator/audit/export")
@roles("auditor", "bureau")
def export_audit() -> Any:
    """The rows that match, as a file. Never a part of them in silence: too many are refused with the number that is allowed."""
    actor = current_actor()
    require(can_read_audit(actor))
    asked, kind = _asked(), "xlsx" if request.form.get("format") == "xlsx" else "csv"
    count = audit.count_events(asked.filters, CAPS[kind])
    if count > CAPS[kind]:
        flash(_("符合条件的记录超过 %(n)s 条，请缩小日期范围或筛选条件后再导出", n=f"{CAPS[kind]:,}"), "danger")
        return redirect(url_for("operator.list_audit", **cast(Any, asked.parameters)))
    with transaction():
        services.record_audit_export(actor=actor, kind=kind, rows=count, filters=asked.filters)
    return _file(kind, asked.filters, count)


def _file(kind: str, filters: AuditFilters, count: int) -> Response:
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_table(stream, kind, COLUMNS, _lines(filters, count))
    stream.seek(0)
    answer = send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"audit-{clock.today()}.{kind}", max_age=0
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _lines(filters: AuditFilters, count: int) -> Iterator[dict[str, Any]]:
    plain = [c.key for c in COLUMNS if c.key not in ("created_at", "label")]
    for row in audit.iterate_events(filters, count):
        line = {key: getattr(row, key) for key in plain}
        yield line | {"created_at": clock.local(row.created_at).isoformat(), "label": events.event_label(row.event)}


@bp.post("/operator/audit/check")
@roles("auditor")
def check_audit() -> Any:
    """Have the whole chain proved by the worker; the result stands on the list's page."""
    form = BaseForm()
    if form.validate_on_submit():

        def work() -> str:
            services.request_audit_check(actor=current_actor())
            return url_for("operator.list_audit")

        address = submit_once(form, work)
        flash(_("已开始校验全部审计链，完成后在本页显示结果"), "success")
        return redirect(address)
    flash(_("页面已过期，请返回刷新后重新提交"), "danger")
    return redirect(url_for("operator.list_audit"))
