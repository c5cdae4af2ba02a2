"""The front page: what the park is, search, categories, live headline indicators."""

from flask import render_template

from marketplace.catalog.rules import taxonomy
from marketplace.core.sharing import shared_page
from marketplace.core.web import public
from marketplace.kpi.queries import headline
from marketplace.pages import queries
from marketplace.pages.routes import bp


@bp.get("/")
@public
@shared_page()
def home() -> str:
    return render_template(
        "pages/home.html",
        categories=[top for top in taxonomy.top_categories() if not top.is_retired],
        children=lambda code: [child for child in taxonomy.children(code) if not child.is_retired],
        counts=queries.listing_counts(),
        headline=headline(),
        firms=queries.list_featured_firms(),
    )
