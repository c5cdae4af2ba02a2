"""One door to a state: allowed steps once, the second of two people loses, every step is on the trail."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.lifecycle import advance
from marketplace.organisations.models import Organisation
from tests.factories import make_firm


def test_a_step_sets_state_version_and_trail(app: Flask) -> None:
    firm = make_firm()
    version = firm.version
    with transaction():
        advance(firm, "suspend", actor=CLI)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "organisation.suspended")).one()
    assert (firm.state, firm.version) == ("suspended", version + 1)
    assert (event.codes["before"], event.codes["after"], event.actor) == ("approved", "suspended", "cli")


def test_a_step_that_the_state_does_not_allow_changes_nothing(app: Flask) -> None:
    firm = make_firm()
    with pytest.raises(Conflict), transaction():
        advance(firm, "approve", actor=CLI)
    assert db.session.get_one(Organisation, firm.id).state == "approved"


def test_the_second_of_two_people_gets_a_conflict(app: Flask) -> None:
    firm = make_firm()
    with pytest.raises(Conflict), transaction():
        firm = db.session.get_one(Organisation, firm.id)
        _ = firm.version
        db.session.execute(
            update(Organisation).where(Organisation.id == firm.id).values(version=Organisation.version + 1)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        advance(firm, "suspend", actor=CLI)


def test_an_entity_begins_in_its_first_state_only() -> None:
    with pytest.raises(ValueError, match="initial state"):
        Organisation(kind="firm", uscc="x", name="x", city_code="310000", state="approved")
