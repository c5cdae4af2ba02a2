"""Reads of the codes that two people let pass although their check character is wrong."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.uscc import UsccResult, check_uscc
from marketplace.organisations.models import UsccOverride
from marketplace.organisations.states import OverrideState


def find_override(uscc: str) -> UsccOverride | None:
    """The approved override of this normalised code."""
    return db.session.scalar(
        select(UsccOverride).where(UsccOverride.uscc == uscc, UsccOverride.state == OverrideState.APPROVED)
    )


def accept_uscc(text: str) -> UsccResult:
    """The check of a code as typed, a wrong check character forgiven (warning `override`) where an approved override exists.

    Faults of length, characters or authority are never forgiven (dossier 2.1).
    """
    result = check_uscc(text)
    if result.errors == ("checksum",) and find_override(result.value) is not None:
        return UsccResult(result.value, (), ("override",))
    return result


def list_refused_codes(codes: Iterable[str]) -> set[str]:
    """Those of these normalised codes whose check character is wrong and not overridden, in batches that every database takes."""
    faulty = sorted({code for code in codes if check_uscc(code).errors})
    allowed: set[str] = set()
    for start in range(0, len(faulty), 500):
        query = select(UsccOverride.uscc).where(
            UsccOverride.uscc.in_(faulty[start : start + 500]), UsccOverride.state == OverrideState.APPROVED
        )
        allowed.update(db.session.scalars(query))
    return {code for code in faulty if code not in allowed}


def _select(state: str, q: str) -> Select[Any]:
    query = select(UsccOverride).order_by(UsccOverride.id.desc())
    if state:
        query = query.where(UsccOverride.state == state)
    if q:
        query = query.where(
            or_(
                UsccOverride.uscc.startswith(q.upper(), autoescape=True), UsccOverride.name.contains(q, autoescape=True)
            )
        )
    return query


def list_overrides(*, state: str = "", q: str = "", page: int = 1, per_page: int = 20) -> Page[UsccOverride]:
    """The proposals and decisions, newest first."""
    return paginate(_select(state, q), page, per_page)


def rows_of_overrides(*, state: str = "", q: str = "", limit: int = 100_000) -> Sequence[UsccOverride]:
    """The same for a file."""
    return db.session.scalars(_select(state, q).limit(limit)).all()


def get_override(override_id: int) -> UsccOverride:
    """One proposal with its evidence; the routes have asked for the staff role already."""
    found = db.session.scalar(
        select(UsccOverride)
        .where(UsccOverride.id == override_id)
        .options(joinedload(UsccOverride.evidence))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("override.missing", lazy("没有这条校验豁免申请"))
    return found
