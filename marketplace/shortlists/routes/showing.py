"""Looking at shortlists."""

from typing import Any

from flask import Response, render_template, request

from marketplace.core import clock
from marketplace.core.tabular import Column
from marketplace.core.web import current_actor, signed_in
from marketplace.shortlists.access import can_edit_shortlist
from marketplace.shortlists.queries import each_shortlist, get_shortlist, list_shortlists, shortlist_services
from marketplace.shortlists.routes import bp
from marketplace.shortlists.routes.keeping import download, kept_file, kept_page

LIST_COLUMNS = [
    Column("name", "清单名称"), Column("purpose", "采购用途", required=False), Column("note", "说明", required=False),
    Column("shared", "企业共享", "bool"), Column("total", "服务数", "int"), Column("updated", "有更新", "int"),
    Column("gone", "不在架", "int"), Column("created", "创建日期"), Column("archived", "归档日期", required=False),
]  # fmt: skip


@bp.get("/shortlists/")
@signed_in
def list_own() -> str:
    """The open lists one may see, or those put away."""
    actor, args = current_actor(), request.args
    archived = args.get("archived") == "1"
    page, summaries = list_shortlists(
        actor,
        archived=archived,
        q=args.get("q", "")[:60],
        page=args.get("page", 1, int),
        per_page=args.get("per_page", 20, int),
    )
    return render_template("shortlists/list.html", page=page, summaries=summaries, archived=archived)


@bp.get("/shortlists/export/<any(csv, xlsx):fmt>")
@signed_in
def export_own(fmt: str) -> Response:
    """The lists under the present filters as a file."""
    args = request.args
    rows = (
        {
            "name": one.name, "purpose": one.purpose or None, "note": one.note or None, "shared": one.is_shared, "total": summary.total,
            "updated": summary.updated, "gone": summary.gone, "created": clock.local(one.created_at).date().isoformat(),
            "archived": clock.local(one.archived_at).date().isoformat() if one.archived_at else None,
        }
        for one, summary in each_shortlist(current_actor(), archived=args.get("archived") == "1", q=args.get("q", "")[:60])
    )  # fmt: skip
    return download(fmt, LIST_COLUMNS, rows, "shortlists")


@bp.get("/shortlists/<int:shortlist_id>")
@signed_in
def show(shortlist_id: int) -> Any:
    """One list with what changed since each service was seen."""
    actor = current_actor()
    shortlist = get_shortlist(shortlist_id, actor=actor)
    may_edit = can_edit_shortlist(actor, shortlist)
    return render_template(
        "shortlists/show.html", shortlist=shortlist, may_edit=may_edit and shortlist.is_open, may_archive=may_edit,
        **kept_page(shortlist_services(shortlist)),
    )  # fmt: skip


@bp.get("/shortlists/<int:shortlist_id>/export/<any(csv, xlsx):fmt>")
@signed_in
def export(shortlist_id: int, fmt: str) -> Response:
    """The services of a list under the present filters as a file."""
    shortlist = get_shortlist(shortlist_id, actor=current_actor())
    return kept_file(fmt, shortlist_services(shortlist), f"shortlist-{shortlist.id}")
