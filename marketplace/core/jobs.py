"""The scheduled work of core itself: sealing the audit trail, sweeping form keys."""

from datetime import timedelta

from sqlalchemy import delete

from marketplace.core import audit, clock, outbox
from marketplace.core.db import db, transaction
from marketplace.core.queue import periodic
from marketplace.core.web import FormSubmission

__all__ = ["outbox", "seal_audit", "sweep_form_keys"]


@periodic("core.seal_audit", seconds=3)
def seal_audit() -> int:
    """Seal what was recorded since the last run into the chain; returns how many rows."""
    with transaction():
        return audit.seal_pending()


@periodic("core.sweep_form_keys", minutes=60)
def sweep_form_keys() -> None:
    """Forget form keys after seven days: nobody repeats a click that late."""
    with transaction():
        db.session.execute(delete(FormSubmission).where(FormSubmission.created_at < clock.now() - timedelta(days=7)))
