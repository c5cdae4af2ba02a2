"""Readers beside writers: threads of one process, a rebuild, and a writer that is killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from marketplace.core.config import ROOT
from marketplace.core.db import db, transaction
from marketplace.search import changes, engine, indexer, sources
from marketplace.search.documents import Document
from marketplace.search.engine import Query
from tests.search import counted


def test_threads_always_see_one_whole_generation(folder):
    """Every generation puts the same version on all documents, so any mixture would show."""
    count = 60

    def put(version):
        folder.put(
            Document(one, "劳务派遣", f"v{version}", keywords={"version": [str(version)]}) for one in range(count)
        )

    put(0)
    stop = threading.Event()
    wrong: list[object] = []
    searches = [0]

    def read():
        while not stop.is_set():
            result = folder.engine.find(Query("派遣", facets=("version",), limit=count))
            searches[0] += 1
            if (
                result.total != count
                or len(set(result.ids)) != count
                or list(result.facets["version"].values()) != [count]
            ):
                wrong.append(result)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=read) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for version in range(1, 16):
            put(version)
            if version % 5 == 0:
                folder.index.merge_all()
                folder.publish()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
    assert wrong == [] and searches[0] > 20
    assert folder.engine.find(Query("派遣", facets=("version",))).facets["version"] == {"15": count}


def test_an_old_snapshot_still_answers_after_its_files_are_gone(folder):
    folder.put([Document(one, "背景调查") for one in range(50)])
    old = folder.engine.snapshot()
    assert len(old) == 50
    folder.put([Document(99, "猎头")], range(50))
    folder.index.merge_all()
    folder.publish()
    for path in folder.index.folder.glob("*.seg"):
        path.unlink()
    assert old.frequency("背景") == 50


@pytest.fixture
def source():
    before = sources.registered()
    for kind in before:
        sources.forget(kind)
    counted.register()
    yield
    sources.forget(counted.KIND)
    for kind, one in before.items():
        sources.register(kind, one.build, one.all_ids)


def touch(ids):
    with transaction():
        changes.touch(counted.KIND, ids)


def found():
    result = engine.current().find(Query(limit=10_000, facets=("version",)))
    assert len(set(result.ids)) == result.total
    by_id = {}
    for version in result.facets["version"]:
        for one in engine.current().find(Query(filters={"version": {version}}, limit=10_000)).ids:
            by_id[one] = version
    return by_id


def test_searching_goes_on_and_edits_are_seen_during_a_rebuild(app, source):
    touch(range(1, 1600))
    indexer.catch_up()
    reader = engine.current()
    seen = []

    def progress(done, total):
        if len(seen) == 1:
            touch([1])
        seen.append((reader.find(Query()).total, reader.find(Query(filters={"version": {"2"}})).ids))

    indexer.rebuild(progress)
    assert len(seen) >= 4 and {total for total, _ in seen} == {len(counted.expected())}
    assert seen[-1][1] == [1]
    assert found() == counted.expected()


def kill_writers(app, times, seed):
    source = random.Random(seed)
    url = db.engine.url.render_as_string(hide_password=False)
    folder = app.config["INSTANCE_DIR"]
    indexer.rebuild()
    for _ in range(times):
        writer = subprocess.Popen(
            [sys.executable, "-m", "tests.search.crash_writer", url, folder],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "APP_ENV": "development"},
        )  # fmt: skip
        assert writer.stdout is not None
        while "ready" not in (line := writer.stdout.readline()):
            assert line or writer.poll() is None
        until = time.monotonic() + source.uniform(0.05, 0.6)
        while time.monotonic() < until:
            touch(source.sample(range(1, 200), source.randint(1, 12)))
            found()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        db.session.remove()
        assert indexer.catch_up() >= 0
        assert found() == counted.expected()
        assert indexer.check() == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_killed_writer_loses_nothing_and_leaves_nothing_locked(live_app, source):
    kill_writers(live_app, 2, 1)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_hundred_killed_writers_lose_nothing(live_app, source):
    kill_writers(live_app, 100, 2)


def test_the_loop_makes_an_edit_visible_and_stops_when_told(live_app, source):
    indexer.rebuild()
    stop = threading.Event()

    def loop():
        with live_app.app_context():
            indexer.run_loop(stop)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        touch([1])
        until = time.monotonic() + 15
        while 1 not in engine.current().find(Query()).ids and time.monotonic() < until:
            time.sleep(0.01)
        assert engine.current().find(Query()).ids == [1]
    finally:
        stop.set()
        thread.join(timeout=15)
    assert not thread.is_alive()
