"""Sign-up of organisations, their own file, the public directory and the firms' shops."""

from flask import Blueprint

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
    return "、".join(str(labels[code]) for code in codes if code in labels)


from marketplace.organisations.routes import (  # noqa: E402, F401  # noqa: E402
    changes,
    closing,
    licences,
    own,
    public,
    signing_up,
    standing,
)


def role_name(role: str) -> str:
    """The name of a member's role, for pages and messages."""
    return str(ROLES.get(role, role))


from marketplace.organisations.routes import joining, members, money, onboarding  # noqa: E402, F401
