"""The pages of deciding: comparison for everybody, favourites and shortlists for those who signed in."""

from flask import Blueprint

bp = Blueprint("shortlists", __name__)

from marketplace.shortlists.routes import changing, comparing, favourites, showing  # noqa: E402, F401
