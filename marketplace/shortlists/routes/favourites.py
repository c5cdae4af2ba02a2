"""A person's favourites. Marking is safe to repeat without a form key: one form stands for all cards of a page, and twice is once."""

from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for

from marketplace.catalog.queries import get_visible_listing
from marketplace.core.db import transaction
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, safe_next, signed_in
from marketplace.shortlists.queries import favourite_ids, list_favourites
from marketplace.shortlists.routes import bp
from marketplace.shortlists.routes.keeping import kept_file, kept_page
from marketplace.shortlists.rules.limits import read_ids
from marketplace.shortlists.services import accept_favourite, drop_favourite, keep_favourite


def _listing_id() -> int:
    """The service that the button names (on the page before it: the address); 0, which nothing has, for anything else."""
    given = request.form if request.method == "POST" else request.args
    return next(iter(read_ids(given.getlist("id"))), 0)


def _answer(is_marked: bool) -> Any:
    """On to where the button stood; a script that only wants to know gets JSON."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"marked": is_marked})
    return redirect(safe_next(request.form.get("next"), url_for("shortlists.show_favourites")))


@bp.get("/account/favourites/")
@signed_in
def show_favourites() -> str:
    return render_template("shortlists/favourites.html", **kept_page(list_favourites(current_actor())))


@bp.get("/account/favourites/export/<any(csv, xlsx):fmt>")
@signed_in
def export_favourites(fmt: str) -> Response:
    """The favourites under the present filters as a file."""
    return kept_file(fmt, list_favourites(current_actor()), "favourites")


@bp.get("/account/favourites/add")
@signed_in
def confirm_favourite() -> str:
    """Where a visitor's click on the star leads once they have signed in: one button does what they meant."""
    listing = get_visible_listing(_listing_id())
    return render_template(
        "shortlists/confirm_favourite.html", listing=listing, form=BaseForm(formdata=None),
        is_marked=bool(favourite_ids(current_actor(), [listing.id])), back=_back(listing.id),
    )  # fmt: skip


def _back(listing_id: int) -> str:
    return safe_next(request.args.get("next"), url_for("catalog.show", listing_id=listing_id))


@bp.post("/account/favourites/add")
@signed_in
def add_favourite() -> Any:
    listing_id = _listing_id()
    try:
        with transaction():
            keep_favourite(actor=current_actor(), listing=get_visible_listing(listing_id))
    except ServiceError as error:
        if error.status != 422 or request.accept_mimetypes.best == "application/json":
            raise
        flash(error.text, "danger")
        return _answer(False)
    if request.accept_mimetypes.best != "application/json":
        flash(_("已收藏，可在“我的收藏”中查看价格与内容变化"), "success")
    return _answer(True)


@bp.post("/account/favourites/remove")
@signed_in
def remove_favourite() -> Any:
    listing_id = _listing_id()
    with transaction():
        drop_favourite(actor=current_actor(), listing_id=listing_id)
    return _answer(False)


@bp.post("/account/favourites/accept")
@signed_in
def accept_favourite_version() -> Any:
    """What changed has been seen."""
    listing_id = _listing_id()
    with transaction():
        accept_favourite(actor=current_actor(), listing=get_visible_listing(listing_id))
    return _answer(True)
