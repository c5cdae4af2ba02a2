"""The operator's pages; each area's file registers its views on the one blueprint."""

from flask import Blueprint

bp = Blueprint("operator", __name__)

from marketplace.operator.routes import (  # noqa: E402
    audit,  # noqa: F401
    cases,  # noqa: F401
    categories,  # noqa: F401
    changes,  # noqa: F401
    data_requests,  # noqa: F401
    desk,  # noqa: F401
    desk_tools,  # noqa: F401
    finance,  # noqa: F401
    identities,  # noqa: F401
    licences,  # noqa: F401
    listing_changes,  # noqa: F401
    listings,  # noqa: F401
    orders,  # noqa: F401
    overdue,  # noqa: F401
    overrides,  # noqa: F401
    promotions,  # noqa: F401
    retention,  # noqa: F401
    search_words,  # noqa: F401
    staff,  # noqa: F401
    standards,  # noqa: F401
    verification,  # noqa: F401
)
