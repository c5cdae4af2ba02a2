"""The pages of the catalogue: the market for everybody, the service desk for firms."""

from flask import Blueprint

bp = Blueprint("catalog", __name__)

from marketplace.catalog.routes import changes, following, market, own, saved  # noqa: E402, F401
