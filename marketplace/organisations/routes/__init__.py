"""Sign-up of organisations, their own file, the public directory and the firms' shops."""

from flask import Blueprint

from marketplace.organisations.rules import LICENCE_KINDS

bp = Blueprint("organisations", __name__)


@bp.app_template_global()
def licence_kind(kind: str) -> str:
    """The name of a kind of licence, for pages and messages."""
    return str(LICENCE_KINDS.get(kind, kind))


from marketplace.organisations.routes import licences, own, public, signing_up  # noqa: E402, F401
