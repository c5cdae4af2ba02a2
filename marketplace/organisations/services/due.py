"""The verification clock: when an organisation is due again, recomputed whenever what it rests on changes."""

from sqlalchemy import select, update

from marketplace.core import clock, settings
from marketplace.core.access import step
from marketplace.core.db import db
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import list_licences, list_organisations
from marketplace.organisations.rules import TRADE_LICENCES, due_after, missing_licences
from marketplace.organisations.states import LicenceState


@step
def recompute_due(*, organisation: Organisation) -> None:
    """Set `next_due_on` anew after an approval, renewal, revocation or lapse (dossier 2.5); a changed day begins its reminders anew.

    An organisation never verified (imported, decision 26) stays off this clock. The caller touches the firm for the search.
    """
    db.session.flush()
    # Locked, so that of two licences decided at the same moment the second sees the first; against other writers of the row only,
    # since every check and licence just written holds a share of its key.
    query = select(Organisation.last_verified_at, Organisation.next_due_on).where(Organisation.id == organisation.id)
    verified_at, known = db.session.execute(query.with_for_update(key_share=True)).one()
    if verified_at is None:
        return
    today, kind = clock.today(), organisation.kind
    held = list_licences(organisation.id, LicenceState.VALID, LicenceState.EXPIRED)
    counting = [one for one in held if one.counts_on(today)]
    missing = missing_licences(kind, {one.kind for one in counting})
    asked = {name for first in missing for name in (TRADE_LICENCES if first in TRADE_LICENCES else (first,))}
    lapsed = [one.valid_to for one in held if one.kind in asked and one.valid_to is not None and one.valid_to < today]
    due = due_after(
        clock.local(verified_at).date(), settings.get(f"organisations.{kind}_verify_months"),
        [one.valid_to for one in counting if one.valid_to is not None],
        is_complete=not missing, lapsed_on=max(lapsed, default=today), known=known,
    )  # fmt: skip
    if due == known:
        return
    db.session.execute(
        update(Organisation)
        .where(Organisation.id == organisation.id)
        .values(next_due_on=due, due_step=None)
        .execution_options(synchronize_session="evaluate")
    )


@step
def recompute_due_of(*, organisation_id: int) -> None:
    """The same by id, where only a licence is at hand."""
    recompute_due(organisation=list_organisations([organisation_id])[organisation_id])
