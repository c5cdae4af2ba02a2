"""The review of service listings: the queue, one listing as the public will see it, the decisions."""

import io
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.access import can_moderate_listing
from marketplace.catalog.forms import ReasonForm, SeenForm, whole
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import (
    describe_listing,
    draft_of,
    find_open_listing_change,
    get_listing,
    list_submitted_listings,
    rows_of_queue,
)
from marketplace.catalog.rules.answers import find_missing
from marketplace.catalog.rules.draft import marked_texts
from marketplace.catalog.rules.taxonomy import top_categories
from marketplace.catalog.services import (
    approve_listing,
    restore_listing,
    return_listing,
    suspend_listing,
    withdraw_listing,
)
from marketplace.catalog.states import ListingState
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import days_since
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import late_before
from marketplace.operator.routes import bp

QUEUE_COLUMNS = [
    Column("id", "服务编号", "int"), Column("title", "标题"), Column("firm", "机构"), Column("category", "类目"), Column("state", "状态"),
    Column("submitted", "提交时间", required=False), Column("age", "等待天数", "int", required=False),
]  # fmt: skip
DECISIONS: dict[str, tuple[Callable[..., Listing], bool, Any]] = {
    "approve": (approve_listing, False, lazy("已通过并上架")),
    "return": (return_listing, True, lazy("已退回，机构将收到原因")),
    "suspend": (suspend_listing, True, lazy("已暂停展示，机构将收到原因")),
    "restore": (restore_listing, False, lazy("已恢复展示")),
    "withdraw": (withdraw_listing, True, lazy("已永久下架")),
}


def _filters() -> dict[str, Any]:
    args = request.args
    return {"state": args.get("state", "submitted"), "top": args.get("category", ""), "q": args.get("q", "")}


@bp.get("/operator/listings/")
@roles("operator", "reviewer", "service", "bureau", "auditor")
def list_listings() -> str:
    args = request.args
    page = list_submitted_listings(**_filters(), page=args.get("page", 1, int), per_page=args.get("per_page", 20, int))
    return render_template(
        "operator/listings_list.html", page=page, states=[s for s in ListingState if s != ListingState.DRAFT],
        tops=top_categories(), filters=_filters(), late_before=late_before("listings"),
    )  # fmt: skip


@bp.get("/operator/listings/export/<any(csv, xlsx):fmt>")
@roles("operator", "reviewer", "service", "bureau", "auditor")
def export_listings(fmt: str) -> Response:
    """The queue under the present filters, as a file."""
    rows = (
        {
            "id": one.id, "title": one.title, "firm": one.firm.name, "category": one.category.label,
            "state": str(ListingState(one.state).label),
            "submitted": clock.local(one.submitted_at).strftime("%Y-%m-%d %H:%M") if one.submitted_at else None,
            "age": days_since(one.submitted_at) if one.submitted_at else None,
        }
        for one in rows_of_queue(**_filters())
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(fmt, QUEUE_COLUMNS, rows))
    name = f"listings-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


@bp.get("/operator/listings/<int:listing_id>")
@roles("operator", "reviewer", "service", "bureau", "auditor")
def show_listing(listing_id: int) -> Any:
    return _page(listing_id, ReasonForm(formdata=None))


def _page(listing_id: int, form: Any, status: int = 200) -> Any:
    listing = get_listing(listing_id, actor=current_actor())
    page = render_template(
        "operator/listings_show.html", form=form, words=marked_texts(draft_of(listing)), state=ListingState(listing.state),
        missing=find_missing(listing.category, listing.attributes), change=find_open_listing_change(listing_id),
        **describe_listing(listing),
    )  # fmt: skip
    return page, status


@bp.post("/operator/listings/<int:listing_id>/<any(approve, return, suspend, restore, withdraw):decision>")
@roles("operator", "reviewer")
def decide_listing(listing_id: int, decision: str) -> Any:
    require(can_moderate_listing(current_actor()))
    service, needs_reason, done = DECISIONS[decision]
    form = ReasonForm() if needs_reason else SeenForm()
    if form.validate_on_submit():
        try:
            address = submit_once(form, lambda: _decide(listing_id, service, form))
            flash(str(done), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as error:
            form.add_service_error(error)
            if not needs_reason:
                flash(error.text, "danger")
    return _page(listing_id, form if needs_reason else ReasonForm(formdata=None), 422)


def _decide(listing_id: int, service: Callable[..., Listing], form: Any) -> str:
    actor = current_actor()
    given = {"reason": form.reason.data or ""} if isinstance(form, ReasonForm) else {}
    if service is approve_listing and form.seen.data:
        given = {"seen": whole(form.seen.data)}
    service(actor=actor, listing=get_listing(listing_id, actor=actor), **given)
    return url_for("operator.list_listings")
