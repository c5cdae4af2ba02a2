"""Sign-up of organisations, their own file, the public directory and the firms' shops."""

from flask import Blueprint

from marketplace.organisations.rules import LICENCE_KINDS, ROLES

bp = Blueprint("organisations", __name__)


@bp.app_template_global()
def licence_kind(kind: str) -> str:
    """The name of a kind of licence, for pages and messages."""
    return str(LICENCE_KINDS.get(kind, kind))


@bp.app_template_global()
def role_name(role: str) -> str:
    """The name of a member's role, for pages and messages."""
    return str(ROLES.get(role, role))


from marketplace.organisations.routes import joining, licences, members, money, onboarding, own, public, signing_up  # noqa: E402, F401
