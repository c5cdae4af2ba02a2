"""Legal holds: stopping and resuming retention for a kind of data, an organisation or a person."""

from marketplace.core import audit, clock, retention
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.duties.access import can_place_hold
from marketplace.duties.models import LegalHold
from marketplace.duties.queries import active_holds


def place_hold(
    *,
    actor: Actor,
    reason: str,
    noun: str | None = None,
    organisation_id: int | None = None,
    user_id: int | None = None,
) -> LegalHold:
    """Keep everything of one kind, one organisation or one person from deletion and masking until it is lifted.

    Refused: none or more than one subject; an unknown kind; an empty reason; a subject that is held already.
    """
    require(can_place_hold(actor))
    subject = (noun or None, organisation_id or None, user_id or None)
    if sum(s is not None for s in subject) != 1:
        raise Invalid("hold.subject", lazy("请选择一个保全对象"), field="subject")
    if noun and noun not in {rule.code for rule in retention.rules()}:
        raise Invalid("hold.noun", lazy("没有这一类数据"), field="noun")
    if not reason.strip():
        raise Invalid("hold.reason", lazy("请填写保全依据，例如案号或来函文号"), field="reason")
    if subject in {(h.noun, h.organisation_id, h.user_id) for h in active_holds()}:
        raise Conflict("hold.exists", lazy("该对象已在保全中"), field="subject")
    hold = LegalHold(
        noun=subject[0], organisation_id=subject[1], user_id=subject[2], reason=reason.strip()[:500],
        placed_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(hold)
    db.session.flush()
    audit.record(
        "legal_hold.placed", "legal_hold", hold.id, actor=actor, organisation_id=organisation_id, kind=noun, user=user_id
    )  # fmt: skip
    return hold


def lift_hold(*, actor: Actor, hold: LegalHold, reason: str) -> LegalHold:
    """Let retention go on. Refused: an empty reason; a hold that is lifted already; without a fresh confirmation, since what the next
    run deletes does not come back."""
    require(can_place_hold(actor))
    require_confirmed(actor)
    if not reason.strip():
        raise Invalid("hold.lift_reason", lazy("请填写解除依据"), field="reason")
    if hold.lifted_at is not None:
        raise Conflict("hold.lifted", lazy("该保全已解除"))
    hold.lifted_at, hold.lifted_by_id, hold.lift_reason = clock.now(), actor.user_id, reason.strip()[:500]
    db.session.flush()
    audit.record("legal_hold.lifted", "legal_hold", hold.id, actor=actor, organisation_id=hold.organisation_id)
    return hold
