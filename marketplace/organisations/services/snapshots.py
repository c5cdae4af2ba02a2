"""Keeping what an organisation's file said at a moment that counts."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.organisations.identity import facts_of, licence_facts
from marketplace.organisations.models import Licence, Organisation, OrganisationSnapshot

# A licence that was sent back or is out of force is no part of what is put before the operator.
_SHOWN = ("pending", "valid")


@step
def keep_snapshot(*, actor: Actor, organisation: Organisation, occasion: str) -> OrganisationSnapshot:
    """Write down facts, licences and the hashes of their scans as they stand now (电子商务法 27: 建立登记档案)."""
    db.session.flush()
    licences = db.session.scalars(
        select(Licence)
        .where(Licence.organisation_id == organisation.id, Licence.state.in_(_SHOWN))
        .options(joinedload(Licence.file))
        .order_by(Licence.id)
    ).all()
    snapshot = OrganisationSnapshot(
        organisation_id=organisation.id, occasion=occasion, facts=facts_of(organisation), licences=[licence_facts(x) for x in licences],
        files={str(x.id): x.file.sha256 for x in licences if x.file}, user_id=actor.user_id,
    )  # fmt: skip
    db.session.add(snapshot)
    db.session.flush()
    return snapshot
