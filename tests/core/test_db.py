"""The one transaction: commits, rolls back, refuses to nest, and loses nothing between threads."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent, record
from marketplace.core.db import db, on_commit, transaction
from marketplace.core.errors import Conflict
from marketplace.core.outbox import OutboxMessage


def test_a_failing_block_changes_nothing_and_runs_nothing_afterwards(app: Flask) -> None:
    ran: list[int] = []
    with pytest.raises(ZeroDivisionError), transaction():
        record("x.done", "x", 1, actor=CLI)
        on_commit(lambda: ran.append(1))
        _ = 1 // 0
    assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.event == "x.done")) is None
    assert ran == []


def test_what_waits_for_the_commit_runs_once_after_it(app: Flask) -> None:
    ran: list[int] = []
    with transaction():
        on_commit(lambda: ran.append(1))
        assert ran == []
    assert ran == [1]


def test_a_piece_that_fails_after_the_commit_does_not_undo_it(app: Flask) -> None:
    with transaction():
        record("x.done", "x", 1, actor=CLI)
        on_commit(lambda: 1 // 0)
    assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.event == "x.done")) is not None


def test_transactions_do_not_nest(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError), transaction():
        pass


def test_a_refused_uniqueness_becomes_a_conflict(app: Flask) -> None:
    from marketplace.core.web import FormSubmission

    with transaction():
        db.session.add(FormSubmission(key="k", location="/"))
    db.session.expunge_all()
    with pytest.raises(Conflict), transaction():
        db.session.add(FormSubmission(key="k", location="/"))
        db.session.flush()


def test_a_naive_moment_is_refused(app: Flask) -> None:
    with pytest.raises(Exception, match="time zone"), transaction():
        db.session.add(OutboxMessage(channel="mail", address="a", event="e", due_at=datetime(2026, 1, 1)))
        db.session.flush()


def test_a_moment_comes_back_in_utc_whatever_offset_it_had(app: Flask) -> None:
    given = datetime(2026, 1, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    with transaction():
        message = OutboxMessage(channel="mail", address="a", event="e", due_at=given)
        db.session.add(message)
    db.session.expire_all()
    assert db.session.scalar(select(OutboxMessage.due_at).where(OutboxMessage.id == message.id)) == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def test_eight_threads_reading_and_writing_lose_no_update(live_app: Flask) -> None:
    with transaction():
        message = OutboxMessage(channel="mail", address="a", event="e")
        db.session.add(message)
    message_id = message.id

    def add_ten() -> None:
        for _ in range(10):
            with live_app.app_context(), transaction():
                row = db.session.get_one(OutboxMessage, message_id, with_for_update=True)
                db.session.execute(
                    update(OutboxMessage).where(OutboxMessage.id == message_id).values(tries=row.tries + 1)
                )

    threads = [Thread(target=add_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert db.session.scalar(select(OutboxMessage.tries).where(OutboxMessage.id == message_id)) == 80
