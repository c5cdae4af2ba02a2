"""Sign-up of organisations, their own file and people, the public directory and the firms' shops."""

from flask import Blueprint

from marketplace.core.i18n import listed
from marketplace.organisations.rules import LICENCE_KINDS, ROLES, SCOPES

bp = Blueprint("organisations", __name__)


@bp.app_template_global()
def licence_kind(kind: str) -> str:
    """The name of a kind of licence, for pages and messages."""
    return str(LICENCE_KINDS.get(kind, kind))


@bp.app_template_global()
def licence_scope(kind: str, codes: list[str]) -> str:
    """What a licence permits, in words."""
    labels = SCOPES.get(kind, {})
    return listed(str(labels[code]) for code in codes if code in labels)


@bp.app_template_global()
def role_name(role: str) -> str:
    """The name of a member's role, for pages and messages."""
    return str(ROLES.get(role, role))


from marketplace.organisations.routes import (  # noqa: E402
    changes,  # noqa: F401
    closing,  # noqa: F401
    joining,  # noqa: F401
    licences,  # noqa: F401
    members,  # noqa: F401
    money,  # noqa: F401
    onboarding,  # noqa: F401
    own,  # noqa: F401
    public,  # noqa: F401
    signing_up,  # noqa: F401
    standards,  # noqa: F401
    standing,  # noqa: F401
)
