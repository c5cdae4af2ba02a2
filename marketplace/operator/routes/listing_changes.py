"""The review of changes of listings that are on line: the queue, old and new side by side, the decisions, and a listing's history."""

import io
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog import queries, services
from marketplace.catalog.access import can_moderate_listing
from marketplace.catalog.forms import SeenForm, SeenReasonForm, whole
from marketplace.catalog.models import ListingChange
from marketplace.catalog.rules.answers import find_missing
from marketplace.catalog.rules.draft import ListingDraft, marked_texts
from marketplace.catalog.rules.taxonomy import top_categories
from marketplace.catalog.states import ListingChangeState
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _
from marketplace.core.lifecycle import days_since
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import late_before
from marketplace.operator.routes import bp

READERS = ("operator", "reviewer", "service", "bureau", "auditor")
COLUMNS = [
    Column("id", "申请编号", "int"), Column("listing_id", "服务编号", "int"), Column("title", "标题"), Column("firm", "机构"),
    Column("category", "类目"), Column("state", "状态"), Column("base_version", "修改所依据的版本", "int"),
    Column("submitted", "提交时间", required=False), Column("age", "等待天数", "int", required=False),
    Column("decided", "办结时间", required=False), Column("reason", "退回原因", required=False),
]  # fmt: skip


def _filters() -> dict[str, Any]:
    args = request.args
    return {"state": args.get("state", "submitted"), "top": args.get("category", ""), "q": args.get("q", "")[:60]}


@bp.get("/operator/listing-changes/")
@roles(*READERS)
def list_listing_changes() -> str:
    args = request.args
    page = queries.list_listing_changes(
        **_filters(), page=args.get("page", 1, int), per_page=args.get("per_page", 20, int)
    )
    return render_template(
        "operator/listing_changes_list.html", page=page, states=[s for s in ListingChangeState if s != ListingChangeState.DRAFT],
        tops=top_categories(), filters=_filters(), late_before=late_before("listing_changes"),
    )  # fmt: skip


def _moment(moment: Any) -> str | None:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


@bp.get("/operator/listing-changes/export/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_listing_changes(fmt: str) -> Response:
    """The queue under the present filters, as a file."""
    rows = (
        {
            "id": one.id, "listing_id": one.listing_id, "title": one.listing.title, "firm": one.listing.firm.name,
            "category": one.listing.category.label, "state": str(ListingChangeState(one.state).label), "base_version": one.base_version,
            "submitted": _moment(one.submitted_at), "decided": _moment(one.decided_at), "reason": one.reason or None,
            "age": days_since(one.submitted_at) if one.state == ListingChangeState.SUBMITTED else None,
        }
        for one in queries.each_listing_change(**_filters())
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(fmt, COLUMNS, rows))
    name = f"listing-changes-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


@bp.get("/operator/listing-changes/<int:listing_change_id>")
@roles(*READERS)
def show_listing_change(listing_change_id: int) -> Any:
    return _page(listing_change_id, SeenReasonForm(formdata=None))


def _page(change_id: int, form: Any, error: str = "", status: int = 200) -> Any:
    change = queries.get_listing_change(change_id, actor=current_actor())
    asked = ListingDraft.from_json(change.content)
    form.seen.data = str(change.version)
    page = render_template(
        "operator/listing_changes_show.html", change=change, state=ListingChangeState(change.state), form=form, error=error,
        rows=queries.diff_of(change), words=marked_texts(asked), missing=find_missing(change.listing.category, asked.attributes),
        is_open=change.state == ListingChangeState.SUBMITTED, is_outdated=change.base_version != change.listing.live_version,
        **queries.describe_listing(change.listing),
    )  # fmt: skip
    return page, status


@bp.post("/operator/listing-changes/<int:listing_change_id>/approve")
@roles("operator", "reviewer")
def approve_listing_change(listing_change_id: int) -> Any:
    require(can_moderate_listing(current_actor()))
    form = SeenForm()

    def work(change: ListingChange) -> None:
        services.approve_listing_change(actor=current_actor(), change=change, seen=whole(form.seen.data))

    return _decide(listing_change_id, form, work, _("修改已通过，新内容已上线，已通知机构"))


@bp.post("/operator/listing-changes/<int:listing_change_id>/return-back")
@roles("operator", "reviewer")
def return_listing_change(listing_change_id: int) -> Any:
    require(can_moderate_listing(current_actor()))
    form = SeenReasonForm()

    def work(change: ListingChange) -> None:
        services.return_listing_change(
            actor=current_actor(), change=change, reason=form.reason.data or "", seen=whole(form.seen.data)
        )

    return _decide(listing_change_id, form, work, _("已退回，机构将收到原因；在线内容保持不变"))


def _decide(change_id: int, form: Any, work: Callable[[ListingChange], None], done: str) -> Any:
    error, status = "", 422
    queries.get_listing_change(change_id, actor=current_actor())

    def decide() -> str:
        work(queries.get_listing_change(change_id, actor=current_actor()))
        return url_for("operator.list_listing_changes")

    if form.validate_on_submit():
        try:
            address = submit_once(form, decide)
            flash(done, "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as refused:
            status, error = refused.status, refused.text
            if refused.field == "reason":
                error = ""
                form.add_service_error(refused)
    shown = form if isinstance(form, SeenReasonForm) else SeenReasonForm(formdata=None)
    return _page(change_id, shown, error, status)


@bp.get("/operator/listings/<int:listing_id>/history")
@roles(*READERS)
def show_listing_history(listing_id: int) -> Any:
    args, actor = request.args, current_actor()
    listing = queries.get_listing(listing_id, actor=actor)
    steps = queries.list_history(
        listing, actor=actor, page=args.get("page", 1, int), per_page=args.get("per_page", 20, int)
    )
    return render_template(
        "operator/listing_history.html", listing=listing, page=steps, editions=queries.describe_versions(listing)
    )


@bp.get("/operator/listings/<int:listing_id>/versions/<int:number>")
@roles(*READERS)
def show_listing_version(listing_id: int, number: int) -> Any:
    listing = queries.get_listing(listing_id, actor=current_actor())
    return render_template("operator/listing_version.html", **queries.describe_version(listing, number))
