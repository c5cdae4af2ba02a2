"""The firm's service desk: its listings, writing one, seeing it as others will, handing it in, copying it."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from marketplace.catalog.access import can_create_listing, can_edit_listing
from marketplace.catalog.forms import WithdrawForm, listing_form, seen_in, show_versions
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import (
    describe_listing,
    draft_of,
    find_open_listing_change,
    get_listing,
    held_licences,
    list_firm_listings,
    open_changes_of,
    rows_for_export,
)
from marketplace.catalog.routes import bp
from marketplace.catalog.routes.market import download
from marketplace.catalog.rules.answers import find_missing
from marketplace.catalog.rules.draft import marked_texts
from marketplace.catalog.rules.fees import MODEL_HELP, find_fee_problems
from marketplace.catalog.rules.files import SERVICE_COLUMNS, row_of
from marketplace.catalog.rules.taxonomy import LICENCE_LABELS, children, find_category, missing_licences, top_categories
from marketplace.catalog.services import (
    copy_listing,
    create_listing,
    edit_listing,
    revise_listing,
    submit_listing,
    withdraw_listing,
)
from marketplace.catalog.states import CHANGEABLE, ListingState
from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations.queries import get_organisation


def own_listing(listing_id: int) -> Listing:
    """A listing of the firm one acts for; another's does not exist here, public or not."""
    actor = current_actor()
    listing = get_listing(listing_id, actor=actor)
    if listing.firm_id != actor.firm_id:
        raise NotFound("listing.not_found", lazy("服务不存在，或您无权查看"))
    return listing


CHANGE_FILTERS = {
    "open": lazy("有进行中的修改"),
    "submitted": lazy("修改待审核"),
    "returned": lazy("修改被退回"),
    "draft": lazy("修改草稿"),
}


@bp.get("/firm/services/")
@roles("firm")
def list_own() -> str:
    actor, args = current_actor(), request.args
    page = list_firm_listings(
        actor.firm_id or 0, state=args.get("state", ""), q=args.get("q", ""), change=args.get("change", ""),
        incomplete=args.get("incomplete") == "1", page=args.get("page", 1, int), per_page=args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template(
        "catalog/list_own.html", page=page, states=list(ListingState), changes=open_changes_of([one.id for one in page.items]),
        missing={one.id: find_missing(one.category, one.attributes) for one in page.items}, change_filters=CHANGE_FILTERS,
    )  # fmt: skip


@bp.get("/firm/services/export/<any(csv, xlsx):fmt>")
@roles("firm")
def export_own(fmt: str) -> Response:
    """The firm's own listings in the columns of the service file; basic business data is free of charge (电子商务法 35)."""
    state = request.args.get("state", "")
    rows = rows_for_export(firm_id=current_actor().firm_id, states=[state] if state in set(ListingState) else [])
    return download(
        fmt,
        SERVICE_COLUMNS,
        (row_of(one.firm.uscc, draft_of(one)) for one in rows),
        f"my-services-{clock.today():%Y%m%d}",
    )


@bp.get("/firm/services/new")
@roles("firm")
def choose_category() -> str:
    """Every category; those whose licence the firm lacks say which one."""
    actor = current_actor()
    require(can_create_listing(actor, actor.firm_id))
    held = held_licences(actor.firm_id or 0).verified
    tree = [
        (
            top,
            [
                (child, " + ".join(str(LICENCE_LABELS[k]) for k in missing_licences(child, held)))
                for child in children(top.code)
                if not child.is_retired
            ],
        )
        for top in top_categories()
        if not top.is_retired
    ]
    return render_template("catalog/choose_category.html", tree=tree)


@bp.route("/firm/services/new/<string:code>", methods=["GET", "POST"])
@roles("firm")
def create(code: str) -> Any:
    actor = current_actor()
    require(can_create_listing(actor, actor.firm_id))
    category = find_category(code)
    if category is None or not category.is_child or category.is_retired:
        raise NotFound("category.missing", lazy("没有这个类目"))
    if missing_licences(category, held_licences(actor.firm_id or 0).verified):
        flash(_("发布该类目服务需先核验：%(licences)s", licences=category.licence_label), "warning")
        return redirect(url_for("catalog.choose_category"))
    form = listing_form(category)
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _create(form)))
        except ServiceError as error:
            form.add_service_error(error)
    return _form_page(form, None)


def _create(form: Any) -> str:
    actor = current_actor()
    firm = get_organisation(actor.firm_id or 0, actor=actor)
    listing = create_listing(actor=actor, firm=firm, draft=form.draft())
    return url_for("catalog.preview", listing_id=listing.id)


def form_page(form: Any, listing: Listing | None, **more: Any) -> Any:
    """The form with what its words and open questions are as it stands, typed or stored."""
    draft = form.draft()
    page = render_template(
        "catalog/edit.html", form=form, category=form.category, listing=listing, model_help=MODEL_HELP,
        marks={mark.field: mark for mark in marked_texts(draft)}, missing=find_missing(form.category, draft.attributes), **more,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _form_page(form: Any, listing: Listing | None) -> Any:
    return form_page(form, listing, change=None)


@bp.route("/firm/services/<int:listing_id>/edit", methods=["GET", "POST"])
@roles("firm")
def edit(listing_id: int) -> Any:
    """A draft is written here; what is on line is changed by request, on a page of its own."""
    listing = own_listing(listing_id)
    require(can_edit_listing(current_actor(), listing))
    if listing.state in CHANGEABLE:
        return redirect(url_for("catalog.edit_change", listing_id=listing_id))
    form, is_told = listing_form(listing.category, draft_of(listing), listing.category_version), request.method == "GET"
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _edit(listing_id, form)))
        except ServiceError as error:
            form.add_service_error(error)
            listing, is_told = own_listing(listing_id), error.code == "listing.edited_meanwhile"
    if is_told:
        show_versions(form, listing.version)
    return _form_page(form, listing)


def _edit(listing_id: int, form: Any) -> str:
    edit_listing(actor=current_actor(), listing=own_listing(listing_id), draft=form.draft(), seen=seen_in(form))
    return url_for("catalog.preview", listing_id=listing_id)


@bp.get("/firm/services/<int:listing_id>")
@roles("firm")
def preview(listing_id: int) -> Any:
    return _preview_page(own_listing(listing_id), WithdrawForm(formdata=None))


def _preview_page(listing: Listing, form: Any, status: int = 200) -> Any:
    draft = draft_of(listing)
    page = render_template(
        "catalog/preview.html", words=marked_texts(draft), form=form, state=ListingState(listing.state),
        change=find_open_listing_change(listing.id), missing=find_missing(listing.category, listing.attributes),
        fee_problems=find_fee_problems(draft, settings.get("catalog.price_spread")), **describe_listing(listing),
    )  # fmt: skip
    return page, status


@bp.post("/firm/services/<int:listing_id>/submit")
@roles("firm")
def submit(listing_id: int) -> Any:
    form = BaseForm()
    if form.validate_on_submit():
        try:
            answer = redirect(submit_once(form, lambda: _submit(listing_id)))
            flash(_("已提交审核，结果将通过站内信与邮件告知"), "success")
            return answer
        except ServiceError as error:
            flash(error.text, "danger")
            return _preview_page(own_listing(listing_id), WithdrawForm(formdata=None), error.status)
    return redirect(url_for("catalog.preview", listing_id=listing_id))


def _submit(listing_id: int) -> str:
    submit_listing(actor=current_actor(), listing=own_listing(listing_id))
    return url_for("catalog.preview", listing_id=listing_id)


@bp.post("/firm/services/<int:listing_id>/revise")
@roles("firm")
def revise(listing_id: int) -> Any:
    form = BaseForm()
    form.validate_on_submit()
    return redirect(submit_once(form, lambda: _revise(listing_id)))


def _revise(listing_id: int) -> str:
    revise_listing(actor=current_actor(), listing=own_listing(listing_id))
    return url_for("catalog.edit", listing_id=listing_id)


@bp.post("/firm/services/<int:listing_id>/withdraw")
@roles("firm")
def withdraw(listing_id: int) -> Any:
    form = WithdrawForm()
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _withdraw(listing_id, form.reason.data or "")))
        except ServiceError as error:
            form.add_service_error(error)
    return _preview_page(own_listing(listing_id), form, 422)


def _withdraw(listing_id: int, reason: str) -> str:
    withdraw_listing(actor=current_actor(), listing=own_listing(listing_id), reason=reason)
    return url_for("catalog.list_own")


@bp.post("/firm/services/<int:listing_id>/copy")
@roles("firm")
def copy(listing_id: int) -> Any:
    form = BaseForm()
    form.validate_on_submit()
    answer = redirect(submit_once(form, lambda: _copy(listing_id)))
    flash(_("已复制为新草稿，请修改标题与内容后提交审核"), "success")
    return answer


def _copy(listing_id: int) -> str:
    made = copy_listing(actor=current_actor(), listing=own_listing(listing_id))
    return url_for("catalog.edit", listing_id=made.id)
