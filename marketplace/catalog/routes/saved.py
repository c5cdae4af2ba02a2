"""Saved searches: a person's own, with what is new in each."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.catalog.forms import SaveSearchForm
from marketplace.catalog.models import SavedSearch
from marketplace.catalog.queries.firm_names import firm_names
from marketplace.catalog.queries.saved_searches import (
    find_saved_search,
    get_saved_search,
    list_fresh_cards,
    list_saved_searches,
)
from marketplace.catalog.routes import bp
from marketplace.catalog.rules.address import query_of
from marketplace.catalog.rules.saving import read_saved
from marketplace.catalog.rules.search import SearchParams, chips_of, read_search
from marketplace.catalog.services.saved_searches import (
    delete_saved_search,
    edit_saved_search,
    look_at_saved_search,
)
from marketplace.catalog.services.saved_searches import (
    save_search as keep_search,
)
from marketplace.core import settings
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, signed_in, submit_once
from marketplace.shortlists.queries.favourites import favourite_ids


def _labels(params: SearchParams) -> list[str]:
    """The conditions in words, the query first."""
    chips = chips_of(params, firm_names(list(params.firm), {}))
    return [*([_("“%(q)s”", q=params.q)] if params.q else []), *(label for label, _param, _value in chips)]


@bp.get("/account/saved-searches/")
@signed_in
def list_saved() -> str:
    """One's saved searches, those with news first."""
    page = list_saved_searches(
        actor=current_actor(), page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    firms = sorted({firm for one in page.items for firm in read_saved(one.query).firm})
    names = firm_names(firms, {})
    labels = {one.id: _said(one, names) for one in page.items}
    return render_template(
        "catalog/saved_list.html", page=page, labels=labels, most=settings.get("catalog.saved_searches"),
        most_matches=settings.get("catalog.saved_search_matches"),
    )  # fmt: skip


def _said(saved: SavedSearch, names: dict[str, str]) -> list[str]:
    params = read_saved(saved.query)
    words = [_("“%(q)s”", q=params.q)] if params.q else []
    return [*words, *(label for label, _param, _value in chips_of(params, names))]


@bp.route("/account/saved-searches/new", methods=["GET", "POST"])
@signed_in
@limiter.limit("60 per hour", methods=["POST"])
def save_search() -> Any:
    """Keep the search whose parameters stand in the address, under a name."""
    (params, _errors), form = read_search(request.args.items(multi=True)), SaveSearchForm()
    query, actor = query_of(params, whole=False), current_actor()
    there = find_saved_search(actor=actor, query=query)
    if there is not None and request.method == "GET":
        flash(_("您已保存过这个搜索，可在此修改"), "info")
        return redirect(url_for("catalog.edit_saved", saved_id=there.id))
    if form.validate_on_submit():
        try:
            address = submit_once(form, lambda: _keep(form, query))
            flash(_("已保存"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
    labels = _labels(params)
    if request.method == "GET":
        form.name.data, form.notify.data = _("、").join([params.q, *labels[1:]] if params.q else labels)[:60], True
    page = render_template("catalog/saved_edit.html", form=form, labels=labels, query=query, saved=None)
    return page, 422 if form.is_submitted() else 200


def _keep(form: SaveSearchForm, query: str) -> str:
    keep_search(actor=current_actor(), query=query, name=form.name.data or "", notify=bool(form.notify.data))
    return url_for("catalog.list_saved")


@bp.get("/account/saved-searches/<int:saved_id>")
@signed_in
def show_saved(saved_id: int) -> str:
    """What is new in one of them since one last looked."""
    saved = get_saved_search(saved_id, actor=current_actor())
    cards = list_fresh_cards(saved)
    return render_template(
        "catalog/saved_show.html", saved=saved, labels=_labels(read_saved(saved.query)), cards=cards,
        marked=favourite_ids(current_actor(), [c.id for c in cards]),
    )  # fmt: skip


@bp.post("/account/saved-searches/<int:saved_id>/seen")
@signed_in
def mark_saved_seen(saved_id: int) -> Any:
    """One has seen what is new; on to the search itself."""
    actor = current_actor()

    def work() -> str:
        saved = look_at_saved_search(actor=actor, saved=get_saved_search(saved_id, actor=actor))
        return f"{url_for('catalog.search')}?{saved.query}"

    return redirect(submit_once(BaseForm(), work))


@bp.route("/account/saved-searches/<int:saved_id>/edit", methods=["GET", "POST"])
@signed_in
def edit_saved(saved_id: int) -> Any:
    """Another name; notices on or off."""
    actor = current_actor()
    saved = get_saved_search(saved_id, actor=actor)
    form = SaveSearchForm(name=saved.name, notify=saved.notify)

    def work() -> str:
        own = get_saved_search(saved_id, actor=actor)
        edit_saved_search(actor=actor, saved=own, name=form.name.data or "", notify=bool(form.notify.data))
        return url_for("catalog.list_saved")

    if form.validate_on_submit():
        try:
            address = submit_once(form, work)
            flash(_("已保存"), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    saved = get_saved_search(saved_id, actor=actor)
    page = render_template(
        "catalog/saved_edit.html", form=form, labels=_labels(read_saved(saved.query)), query=saved.query, saved=saved
    )
    return page, 422 if form.is_submitted() else 200


@bp.post("/account/saved-searches/<int:saved_id>/delete")
@signed_in
def delete_saved(saved_id: int) -> Any:
    actor = current_actor()

    def work() -> str:
        delete_saved_search(actor=actor, saved=get_saved_search(saved_id, actor=actor))
        flash(_("已删除"), "success")
        return url_for("catalog.list_saved")

    return redirect(submit_once(BaseForm(), work))
