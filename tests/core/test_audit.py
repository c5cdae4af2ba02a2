"""The audit trail: append-only in the database, sealed into a chain that shows every gap and edit."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from marketplace.core import audit
from marketplace.core.actor import CLI, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict


def record_three() -> None:
    with transaction():
        for number in (1, 2, 3):
            audit.record("thing.made", "thing", number, actor=Actor(user_id=7), organisation_id=4, colour="red")


def test_a_row_names_the_actor_by_id_and_keeps_codes_only(app: Flask) -> None:
    record_three()
    row = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert row is not None
    assert (row.actor, row.user_id, row.organisation_id, row.codes) == ("user:7", 7, 4, {"colour": "red"})


def test_sealed_rows_form_a_chain_that_proves(app: Flask) -> None:
    record_three()
    with transaction():
        assert audit.seal_pending() >= 3
    assert audit.check() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET event = 'x'",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET seal = 'x' WHERE seal IS NOT NULL",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(app: Flask, statement: str) -> None:
    record_three()
    with transaction():
        audit.seal_pending()
    with pytest.raises((Conflict, DatabaseError)), transaction():
        db.session.execute(text(statement))


def test_a_row_that_nobody_sealed_is_found(app: Flask) -> None:
    record_three()
    assert audit.check(unsealed_after=timedelta(seconds=-5)) != []


def test_an_edited_row_is_found_by_its_seal(live_app: Flask) -> None:
    record_three()
    with transaction():
        audit.seal_pending()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_event_no_update"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_ro"))
        connection.execute(text("UPDATE audit_event SET ref_id = 99 WHERE seal_no = 2"))
    assert any("does not match its seal 2" in line for line in audit.check())


def test_a_missing_row_is_found_as_a_gap(live_app: Flask) -> None:
    record_three()
    with transaction():
        audit.seal_pending()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_event_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_ro"))
        connection.execute(text("DELETE FROM audit_event WHERE seal_no = 2"))
    assert any("gap" in line for line in audit.check())


def test_a_second_sealing_run_continues_the_chain(app: Flask) -> None:
    record_three()
    with transaction():
        audit.seal_pending()
        audit.record("thing.made", "thing", 4, actor=CLI)
    with transaction():
        assert audit.seal_pending() == 1
    assert audit.check() == []
