"""Pages of a person's own account; each verb group's file registers its views on the one blueprint."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)

from marketplace.accounts.routes import (  # noqa: E402
    contacts,  # noqa: F401
    passwords,  # noqa: F401
    second_factor,  # noqa: F401
    security,  # noqa: F401
    signing_in,  # noqa: F401
)
