"""The operator's pages; each area's file registers its views on the one blueprint."""

from flask import Blueprint

bp = Blueprint("operator", __name__)

from marketplace.operator.routes import desk_tools  # noqa: E402, F401
from marketplace.operator.routes import orders  # noqa: E402, F401
