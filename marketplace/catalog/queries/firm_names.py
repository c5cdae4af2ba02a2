"""Which firms the facet of the search page shows, and what they are called. A nation has thousands, a facet a dozen."""

from heapq import nsmallest

from sqlalchemy import bindparam, or_, select

from marketplace.catalog.rules.search import SearchParams
from marketplace.core.db import db
from marketplace.organisations.models import Organisation

SHOWN = 12
SHOWN_IN_FULL = 60

_NAMES = select(Organisation.id, Organisation.short_name, Organisation.name).where(
    Organisation.id.in_(bindparam("ids", expanding=True))
)
_NAMED = select(Organisation.id).where(
    Organisation.kind == "firm",
    or_(
        Organisation.name.ilike(bindparam("part"), escape="\\"),
        Organisation.short_name.ilike(bindparam("part"), escape="\\"),
    ),
)


def firms_shown(params: SearchParams, counts: dict[str, int]) -> list[str]:
    """The firms chosen, then those with most services: a dozen, or with `more=firm` sixty, or those of the name looked for (one statement)."""
    limit = SHOWN_IN_FULL if params.firm_q or "firm" in params.more else SHOWN
    found = counts.keys() - set(params.firm)
    if params.firm_q:
        found &= {str(one) for one in db.session.scalars(_NAMED, {"part": _like(params.firm_q)})}
    best = nsmallest(max(0, limit - len(params.firm)), found, key=lambda one: (-counts[one], int(one)))
    return [*params.firm, *best]


def firm_names(shown: list[str], known: dict[str, str]) -> dict[str, str]:
    """Short names by id as text, those already known among them. At most one statement."""
    missing = [int(one) for one in shown if one not in known]
    if not missing:
        return known
    rows = db.session.execute(_NAMES, {"ids": missing})
    return known | {str(row.id): row.short_name or row.name for row in rows}


def _like(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
