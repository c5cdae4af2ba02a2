"""Beginning and changing shortlists, and the services on them."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_visible_listing
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, signed_in, submit_once
from marketplace.shortlists.access import can_create_shortlist, can_edit_shortlist
from marketplace.shortlists.forms import NEW, AddToShortlistForm, CopyShortlistForm, NoteForm, ShortlistForm
from marketplace.shortlists.models import Shortlist
from marketplace.shortlists.queries import find_item, get_shortlist, list_editable_shortlists, visible_services
from marketplace.shortlists.routes import bp
from marketplace.shortlists.rules.limits import read_ids
from marketplace.shortlists.services import (
    accept_item,
    add_to_shortlist,
    archive_shortlist,
    copy_shortlist,
    create_shortlist,
    edit_shortlist,
    note_item,
    remove_from_shortlist,
    reopen_shortlist,
)

ADDED_AT_ONCE = 20


def _shared_id(actor: Actor) -> int | None:
    """The client for which one may begin lists; None where they would be one's own."""
    return actor.client_id if actor.client_id and can_create_shortlist(actor, actor.client_id) else None


def _owners(actor: Actor) -> list[tuple[str, Any]]:
    return [("organisation", _("本企业成员共享")), ("person", _("仅自己可见"))] if _shared_id(actor) else []


def _own(shortlist_id: int) -> Shortlist:
    return get_shortlist(shortlist_id, actor=current_actor())


@bp.route("/shortlists/new", methods=["GET", "POST"])
@signed_in
def create() -> Any:
    actor, form = current_actor(), ShortlistForm()
    form.owner.choices = _owners(actor)
    if form.owner.choices and not form.is_submitted():
        form.owner.data = "organisation"
    if form.validate_on_submit():

        def work() -> str:
            shared = _shared_id(actor) if form.owner.data != "person" else None
            made = create_shortlist(
                actor=actor, name=form.name.data or "", purpose=form.purpose.data or "", note=form.note.data or "",
                organisation_id=shared,
            )  # fmt: skip
            return url_for("shortlists.show", shortlist_id=made.id)

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    return render_template("shortlists/edit.html", form=form, shortlist=None), 422 if form.is_submitted() else 200


@bp.route("/shortlists/<int:shortlist_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(shortlist_id: int) -> Any:
    actor, shortlist = current_actor(), _own(shortlist_id)
    require(can_edit_shortlist(actor, shortlist))
    form = ShortlistForm(obj=shortlist)
    form.owner.choices = []
    if form.validate_on_submit():

        def work() -> str:
            edit_shortlist(
                actor=actor, shortlist=_own(shortlist_id), name=form.name.data or "", purpose=form.purpose.data or "",
                note=form.note.data or "",
            )  # fmt: skip
            return url_for("shortlists.show", shortlist_id=shortlist_id)

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            shortlist = _own(shortlist_id)
    return render_template("shortlists/edit.html", form=form, shortlist=shortlist), 422 if form.is_submitted() else 200


@bp.route("/shortlists/<int:shortlist_id>/copy", methods=["GET", "POST"])
@signed_in
def copy(shortlist_id: int) -> Any:
    actor, shortlist = current_actor(), _own(shortlist_id)
    form = CopyShortlistForm(data={"name": _("%(name)s（副本）", name=shortlist.name[:50])})
    if form.validate_on_submit():

        def work() -> str:
            made = copy_shortlist(actor=actor, shortlist=_own(shortlist_id), name=form.name.data or "")
            return url_for("shortlists.show", shortlist_id=made.id)

        try:
            address = submit_once(form, work)
            flash(_("已复制清单，原清单不变"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            shortlist = _own(shortlist_id)
    return render_template("shortlists/copy.html", form=form, shortlist=shortlist), 422 if form.is_submitted() else 200


def _press(shortlist_id: int, work: Callable[[Shortlist], Any], said: str) -> Any:
    """What every button on a list does: its work once, then back to the list."""
    form = BaseForm()
    form.validate_on_submit()

    def once() -> str:
        work(_own(shortlist_id))
        return url_for("shortlists.show", shortlist_id=shortlist_id)

    answer = redirect(submit_once(form, once))
    flash(said, "success")
    return answer


@bp.post("/shortlists/<int:shortlist_id>/archive")
@signed_in
def archive(shortlist_id: int) -> Any:
    actor = current_actor()
    return _press(
        shortlist_id,
        lambda found: archive_shortlist(actor=actor, shortlist=found),
        _("已归档，可在“已归档”中查看、复制或恢复"),
    )


@bp.post("/shortlists/<int:shortlist_id>/reopen")
@signed_in
def reopen(shortlist_id: int) -> Any:
    actor = current_actor()
    try:
        return _press(shortlist_id, lambda found: reopen_shortlist(actor=actor, shortlist=found), _("已恢复使用"))
    except ServiceError as error:
        if error.status != 422:
            raise
        flash(error.text, "danger")
        return redirect(url_for("shortlists.show", shortlist_id=shortlist_id))


@bp.post("/shortlists/<int:shortlist_id>/services/<int:listing_id>/remove")
@signed_in
def remove(shortlist_id: int, listing_id: int) -> Any:
    actor = current_actor()

    def work(found: Shortlist) -> None:
        remove_from_shortlist(actor=actor, shortlist=found, listing_id=listing_id)

    return _press(shortlist_id, work, _("已从清单移除"))


@bp.post("/shortlists/<int:shortlist_id>/services/<int:listing_id>/accept")
@signed_in
def accept(shortlist_id: int, listing_id: int) -> Any:
    """What changed has been seen."""
    actor = current_actor()

    def work(found: Shortlist) -> None:
        accept_item(actor=actor, shortlist=found, listing=get_visible_listing(listing_id))

    return _press(shortlist_id, work, _("已将现行版本记为看过的版本"))


@bp.route("/shortlists/<int:shortlist_id>/services/<int:listing_id>/note", methods=["GET", "POST"])
@signed_in
def note(shortlist_id: int, listing_id: int) -> Any:
    actor, shortlist = current_actor(), _own(shortlist_id)
    require(can_edit_shortlist(actor, shortlist))
    item = find_item(shortlist, listing_id)
    if item is None:
        raise NotFound("shortlist.no_item", lazy("清单中没有这项服务"))
    form = NoteForm(obj=item)
    if form.validate_on_submit():

        def work() -> str:
            note_item(actor=actor, shortlist=_own(shortlist_id), listing_id=listing_id, note=form.note.data or "")
            return url_for("shortlists.show", shortlist_id=shortlist_id)

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
            shortlist, item = _own(shortlist_id), find_item(_own(shortlist_id), listing_id) or item
    page = render_template("shortlists/note.html", form=form, shortlist=shortlist, item=item)
    return page, 422 if form.is_submitted() else 200


@bp.route("/shortlists/add", methods=["GET", "POST"])
@signed_in
def add() -> Any:
    """Put the services that the address names on a list, one that is there or a new one."""
    actor, form = current_actor(), AddToShortlistForm()
    listings = _listings()
    lists = list_editable_shortlists(actor)
    form.shortlist.choices = [*((str(one.id), _label(one)) for one in lists), (NEW, _("＋ 新建清单"))]
    if not form.is_submitted():
        form.shortlist.data = str(lists[0].id) if lists else NEW
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _add(actor, form)))
        except ServiceError as error:
            form.add_service_error(error)
            listings = _listings()
    page = render_template("shortlists/add.html", form=form, listings=listings, lists=lists, new=NEW)
    return page, 422 if form.is_submitted() else 200


def _label(shortlist: Shortlist) -> str:
    return shortlist.name if shortlist.is_shared else _("%(name)s（仅自己可见）", name=shortlist.name)


def _listings() -> list[Listing]:
    """The services of the address that the public may see, in its order; NotFound when there is none."""
    given = request.form if request.method == "POST" else request.args
    ids = read_ids(given.getlist("id"))[:ADDED_AT_ONCE]
    shown = visible_services(ids)
    if not shown:
        raise NotFound("listing.not_found", lazy("服务不存在，或您无权查看"))
    return [shown[one][0] for one in ids if one in shown]


def _add(actor: Actor, form: AddToShortlistForm) -> str:
    if form.shortlist.data == NEW:
        shortlist = create_shortlist(actor=actor, name=form.name.data or "", organisation_id=_shared_id(actor))
    else:
        shortlist = _own(int(form.shortlist.data))
    fresh = [
        add_to_shortlist(actor=actor, shortlist=shortlist, listing=one, note=form.note.data or "")
        for one in _listings()
    ]
    flash(_("已加入 %(n)s 项服务", n=sum(fresh)) if any(fresh) else _("清单中已有这些服务，未重复加入"), "success")
    return url_for("shortlists.show", shortlist_id=shortlist.id)
