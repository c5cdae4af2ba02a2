"""The rig itself: that a test leaves nothing behind, sees what requests write, and runs on both engines."""

import pytest
from sqlalchemy import select

from marketplace.core import clock as real_clock
from marketplace.core.db import db, transaction
from marketplace.core.web import FormSubmission


def _keys() -> list[str]:
    return list(db.session.scalars(select(FormSubmission.key)))


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(app, turn):
    assert _keys() == []
    with transaction():
        db.session.add(FormSubmission(key="once"))
    db.session.rollback()
    assert _keys() == ["once"]


def test_a_failed_transaction_takes_back_only_its_own_rows(app):
    with transaction():
        db.session.add(FormSubmission(key="kept"))
    with pytest.raises(RuntimeError), transaction():
        db.session.add(FormSubmission(key="lost"))
        db.session.flush()
        raise RuntimeError("no")
    assert _keys() == ["kept"]


def test_what_a_request_commits_survives_the_transaction_that_the_test_opens_next(app, client):
    def write():
        with transaction():
            db.session.add(FormSubmission(key="by-request"))
        return "ok"

    app.view_functions.setdefault("rig_write", write)
    if "rig_write" not in {rule.endpoint for rule in app.url_map.iter_rules()}:
        from werkzeug.routing import Rule

        app.url_map.add(Rule("/rig/write", endpoint="rig_write", methods=["GET"]))
    assert _keys() == []
    assert client.get("/rig/write").status_code == 200
    with transaction():
        db.session.add(FormSubmission(key="by-test"))
    assert sorted(_keys()) == ["by-request", "by-test"]


def test_the_engine_is_the_one_in_the_name(app, engine):
    assert db.engine.dialect.name == engine


def test_a_live_app_really_commits(live_app):
    with transaction():
        db.session.add(FormSubmission(key="live"))
    with db.engine.connect() as other:
        assert other.execute(select(FormSubmission.key)).scalars().all() == ["live"]


def test_the_clock_stands_until_it_is_moved(clock):
    assert real_clock.today().isoformat() == "2026-11-23"
    clock.set("2027-03-01")
    clock.advance(days=1)
    assert real_clock.today().isoformat() == "2027-03-02"
    assert real_clock.month_of(real_clock.now()) == "2027-03"


def test_statements_are_counted_without_savepoints(app, queries):
    with queries(at_most=1) as seen:
        _keys()
    assert len(seen) == 1
    with pytest.raises(AssertionError, match="2 statements"), queries(at_most=1):
        _keys()
        _keys()
