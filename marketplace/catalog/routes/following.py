"""Before every page: is the category tree still the newest?"""

from flask import request

from marketplace.catalog.queries import refresh
from marketplace.catalog.routes import bp
from marketplace.core.web import SAME_FOR_ALL

WITHOUT = (*SAME_FOR_ALL, "pages.healthz")
"""What shows no categories, or must answer without a database."""


@bp.before_app_request
def follow_categories() -> None:
    """Follow what an operator has published in another process; see `refresh` for what it costs."""
    if request.endpoint is not None and request.endpoint not in WITHOUT:
        refresh()
