"""A person's own pages about their data: consents, copy, requests, closing; and the question that stands before everything else."""

from flask import Blueprint

bp = Blueprint("duties", __name__)

from marketplace.duties.routes import closing, consents, own_data, requests  # noqa: E402, F401
