"""Taking a case off the desk, so that two people do not work on the same. A claim advises; it forbids nobody to decide."""

from collections.abc import Iterable

from sqlalchemy import delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.organisations.access import can_claim_case
from marketplace.organisations.models import ReviewClaim
from marketplace.organisations.rules import CLAIM_FOR


def claim_case(*, actor: Actor, noun: str, ref_id: int) -> None:
    """Take a case, or keep one's own a little longer. Refused: one that somebody else took less than two hours ago."""
    require(can_claim_case(actor))
    if not _take(actor, noun, ref_id):
        raise Conflict("claim.taken", lazy("该件刚刚被其他审核人员认领，请处理下一件"))
    audit.record("case.claimed", noun, ref_id, actor=actor)


def claim_first(*, actor: Actor, noun: str, ref_ids: Iterable[int]) -> int | None:
    """Take the first of these cases that nobody holds; None where all are taken."""
    require(can_claim_case(actor))
    for ref_id in ref_ids:
        if _take(actor, noun, ref_id):
            audit.record("case.claimed", noun, ref_id, actor=actor)
            return ref_id
    return None


def release_case(*, actor: Actor, noun: str, ref_id: int) -> None:
    """Give one's own case back to the desk; nothing to do where one does not hold it."""
    require(can_claim_case(actor))
    result = db.session.execute(
        delete(ReviewClaim).where(
            ReviewClaim.noun == noun, ReviewClaim.ref_id == ref_id, ReviewClaim.user_id == actor.user_id
        )
    )
    if result.rowcount:  # type: ignore[attr-defined]
        audit.record("case.released", noun, ref_id, actor=actor)


@step
def drop_claim(noun: str, ref_id: int) -> None:
    """The case is decided: whoever held it holds it no more."""
    db.session.execute(delete(ReviewClaim).where(ReviewClaim.noun == noun, ReviewClaim.ref_id == ref_id))


def _take(actor: Actor, noun: str, ref_id: int) -> bool:
    """Compare and set: mine already or lapsed, else a new row where there is none. Of two at once the database lets one through."""
    now = clock.now()
    mine = {"user_id": actor.user_id, "claimed_at": now}
    taken = db.session.execute(
        update(ReviewClaim)
        .where(
            ReviewClaim.noun == noun, ReviewClaim.ref_id == ref_id,
            or_(ReviewClaim.user_id == actor.user_id, ReviewClaim.claimed_at <= now - CLAIM_FOR),
        )
        .values(**mine)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        return True
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    table = ReviewClaim.__table__
    made = db.session.execute(
        insert(table).values(noun=noun, ref_id=ref_id, **mine).on_conflict_do_nothing().returning(table.c.ref_id)
    )
    return made.scalar() is not None
