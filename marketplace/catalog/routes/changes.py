"""The firm's desk: changing what is on line, and the history of a listing."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.catalog.access import can_edit_listing
from marketplace.catalog.forms import listing_form, seen_in, show_versions, whole
from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.queries import (
    describe_version,
    describe_versions,
    diff_of,
    draft_of,
    find_open_listing_change,
    get_open_listing_change,
    list_history,
)
from marketplace.catalog.routes import bp
from marketplace.catalog.routes.own import form_page, own_listing
from marketplace.catalog.rules.draft import ListingDraft, marked_texts
from marketplace.catalog.services import (
    cancel_listing_change,
    save_listing_change,
    submit_listing_change,
    take_back_listing_change,
)
from marketplace.catalog.states import CHANGEABLE, ListingChangeState
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, roles, submit_once


@bp.route("/firm/services/<int:listing_id>/change/edit", methods=["GET", "POST"])
@roles("firm")
def edit_change(listing_id: int) -> Any:
    """Write what a listing on line shall say from now on; until it is approved the present content stays."""
    listing = own_listing(listing_id)
    require(can_edit_listing(current_actor(), listing))
    if listing.state not in CHANGEABLE:
        return redirect(url_for("catalog.edit", listing_id=listing_id))
    change = find_open_listing_change(listing_id)
    if change is not None and change.state == ListingChangeState.SUBMITTED:
        flash(_("修改正在审核，请先撤回再编辑"), "warning")
        return redirect(url_for("catalog.show_change", listing_id=listing_id))
    content = ListingDraft.from_json(change.content) if change else draft_of(listing)
    form, is_told = listing_form(listing.category, content, listing.category_version), request.method == "GET"
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _save(listing_id, form)))
        except ServiceError as error:
            form.add_service_error(error)
            listing, change = own_listing(listing_id), find_open_listing_change(listing_id)
            is_told = error.code in ("listing_change.outdated", "listing.edited_meanwhile")
    if is_told:
        show_versions(form, change.version if change else 0, listing.live_version)
    is_outdated = change is not None and change.base_version != listing.live_version
    return form_page(form, listing, change=change, is_outdated=is_outdated, is_change=True)


def _save(listing_id: int, form: Any) -> str:
    save_listing_change(
        actor=current_actor(),
        listing=own_listing(listing_id),
        draft=form.draft(),
        base_version=whole(form.base_version.data),
        seen=seen_in(form),
    )
    return url_for("catalog.show_change", listing_id=listing_id)


@bp.get("/firm/services/<int:listing_id>/change")
@roles("firm")
def show_change(listing_id: int) -> Any:
    listing = own_listing(listing_id)
    return _page(listing, get_open_listing_change(listing))


def _page(listing: Listing, change: ListingChange, error: str = "", status: int = 200) -> Any:
    page = render_template(
        "catalog/show_change.html", listing=listing, change=change, state=ListingChangeState(change.state), error=error,
        rows=diff_of(change), words=marked_texts(ListingDraft.from_json(change.content)),
        is_outdated=change.base_version != listing.live_version,
    )  # fmt: skip
    return page, status


@bp.post("/firm/services/<int:listing_id>/change/submit")
@roles("firm")
def submit_change(listing_id: int) -> Any:
    return _step(listing_id, submit_listing_change, "catalog.show_change", _("已提交审核，通过前在线内容保持不变"))


@bp.post("/firm/services/<int:listing_id>/change/take-back")
@roles("firm")
def take_back_change(listing_id: int) -> Any:
    return _step(listing_id, take_back_listing_change, "catalog.edit_change", _("已撤回，可以继续编辑"))


@bp.post("/firm/services/<int:listing_id>/change/cancel")
@roles("firm")
def cancel_change(listing_id: int) -> Any:
    return _step(listing_id, cancel_listing_change, "catalog.preview", _("已放弃修改，在线内容保持不变"))


def _step(listing_id: int, service: Callable[..., ListingChange], then: str, done: str) -> Any:
    form, listing = BaseForm(), own_listing(listing_id)

    def work() -> str:
        service(actor=current_actor(), change=get_open_listing_change(own_listing(listing_id)))
        return url_for(then, listing_id=listing_id)

    if form.validate_on_submit():
        try:
            answer = redirect(submit_once(form, work))
            flash(done, "success")
            return answer
        except NotFound:
            raise
        except ServiceError as error:
            if error.status not in (409, 422):
                raise
            listing = own_listing(listing_id)
            if find_open_listing_change(listing_id) is not None:
                return _page(listing, get_open_listing_change(listing), error.text, error.status)
            flash(error.text, "danger")
    return redirect(url_for("catalog.preview", listing_id=listing_id))


@bp.get("/firm/services/<int:listing_id>/history")
@roles("firm")
def show_history(listing_id: int) -> Any:
    args, listing = request.args, own_listing(listing_id)
    page, per_page = args.get("page", 1, int), args.get("per_page", 20, int)
    steps = list_history(listing, actor=current_actor(), page=page, per_page=per_page)
    return render_template("catalog/history.html", listing=listing, page=steps, editions=describe_versions(listing))


@bp.get("/firm/services/<int:listing_id>/versions/<int:number>")
@roles("firm")
def show_version(listing_id: int, number: int) -> Any:
    return render_template("catalog/version.html", **describe_version(own_listing(listing_id), number))
