"""Two machines: two processes with an index folder each, on one PostgreSQL, while others write."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.core.config import ROOT
from marketplace.core.db import db, transaction
from marketplace.search import changes, sources
from marketplace.search.engine import Engine, Query
from marketplace.search.status import read_status
from marketplace.search.understanding import WordLists
from tests.search import counted
from tests.support.apps import release

pytestmark = pytest.mark.engine("postgresql")
WRITERS, EACH = 3, 8


@pytest.fixture
def machines(live_app, tmp_path: Path) -> Iterator[list[Path]]:
    """The index folders of two running machines."""
    before = sources.registered()
    for kind in before:
        sources.forget(kind)
    counted.register()
    url = db.engine.url.render_as_string(hide_password=False)
    started = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-m", "tests.search.crash_writer", url, str(tmp_path / name)]
        environment = {**os.environ, "APP_ENV": "development"}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL))
    yield [tmp_path / name / "index" for name in ("one", "two")]
    for process in started:
        process.kill()
        process.wait()
    sources.forget(counted.KIND)
    for kind, one in before.items():
        sources.register(kind, one.build, one.all_ids)


def write(app, seed: int) -> None:
    """Touches in transactions of different length, so that numbers of the log are drawn and committed in different orders."""
    source = random.Random(seed)
    with app.app_context():
        for _ in range(EACH):
            with transaction():
                changes.touch(counted.KIND, source.sample(range(1, 120), source.randint(1, 9)))
                time.sleep(source.uniform(0, 0.02))
            time.sleep(source.uniform(0, 0.05))


def test_two_machines_end_with_the_same_answers_however_the_writers_interleave(live_app, machines: list[Path]) -> None:
    threads = [threading.Thread(target=write, args=(live_app, seed)) for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        release()
        if all((status := read_status(root)) is not None and status.waiting == 0 for root in machines):
            break
        time.sleep(0.05)
    one, two = (Engine(root, WordLists()) for root in machines)
    expected = counted.expected()
    queries = [Query(limit=500, facets=("version",)), Query("号", limit=500), Query("第", sort="relevance", limit=20)]
    queries += [Query(filters={"version": {str(n)}}, limit=500) for n in range(1, 20)]
    for query in queries:
        mine, other = one.find(query), two.find(query)
        assert (mine.ids, mine.scores, mine.total, mine.facets) == (other.ids, other.scores, other.total, other.facets)
    assert {
        i: v for v in set(expected.values()) for i in one.find(Query(filters={"version": {v}}, limit=500)).ids
    } == expected
