"""Looking at shortlists."""

from typing import Any

from flask import Response, render_template, request

from marketplace.core.web import current_actor, signed_in
from marketplace.shortlists.access import can_edit_shortlist
from marketplace.shortlists.queries import get_shortlist, list_shortlists, shortlist_services
from marketplace.shortlists.routes import bp
from marketplace.shortlists.routes.keeping import kept_file, kept_page


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
