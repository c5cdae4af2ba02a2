"""Home, my desk, legal pages, health."""

from flask import Blueprint

bp = Blueprint("pages", __name__)

from marketplace.pages.routes import desk, health, home, legal, sanctions  # noqa: E402, F401
