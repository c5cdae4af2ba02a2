"""My desk: what waits for this person, by role."""

from flask import render_template

from marketplace.core.web import current_actor, signed_in
from marketplace.pages import queries
from marketplace.pages.routes import bp


@bp.get("/desk/")
@signed_in
def desk() -> str:
    actor = current_actor()
    return render_template(
        "pages/desk.html", tasks=queries.list_tasks(actor), organisation=queries.find_own_organisation(actor)
    )
