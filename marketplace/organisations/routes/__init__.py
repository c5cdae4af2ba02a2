"""Sign-up of organisations, their own file, the public directory and the firms' shops."""

from flask import Blueprint

from marketplace.organisations.rules import LICENCE_KINDS

bp = Blueprint("organisations", __name__)


@bp.app_template_global()
def licence_kind(kind: str) -> str:
    """The name of a kind of licence, for pages and messages."""
    return str(LICENCE_KINDS.get(kind, kind))


from marketplace.organisations.routes import (  # noqa: E402
    changes,  # noqa: F401
    closing,  # noqa: F401
    licences,  # noqa: F401
    own,  # noqa: F401
    public,  # noqa: F401
    signing_up,  # noqa: F401
)
