"""My desk: what waits for this person, by role."""

from flask import render_template

from marketplace.core.web import current_actor, signed_in
from marketplace.organisations.queries import list_ending_or_lapsed, standing_of
from marketplace.pages import queries
from marketplace.pages.routes import bp


@bp.get("/desk/")
@signed_in
def desk() -> str:
    actor = current_actor()
    own = queries.find_own_organisation(actor)
    return render_template(
        "pages/desk.html", tasks=queries.list_tasks(actor), organisation=own,
        standing=standing_of(own) if own else None, ending=list_ending_or_lapsed(own.id) if own else [],
    )  # fmt: skip
