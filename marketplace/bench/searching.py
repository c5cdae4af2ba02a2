"""The search section of the benchmark: engine alone beside stock whoosh, suggestions, updates seen by another process, a rebuild in use."""

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from marketplace.app import create_app
from marketplace.bench.engine import TEXTS, percentile, queries
from marketplace.bench.load import fetch
from marketplace.bench.stock import Answer, ask_tantivy, ask_whoosh
from marketplace.catalog.models import Listing
from marketplace.core.config import ROOT
from marketplace.core.db import db, transaction
from marketplace.search import changes, engine
from marketplace.search.manifest import read_manifest
from marketplace.search.wordlists import read_lists

ASKED_OF_OTHERS = range(0, len(TEXTS), 9)
EDITS = 60
SETTLING = 10.0


@dataclass(slots=True)
class Figure:
    """One line of the section: what was measured, its figures by name, and what they stand beside."""

    name: str
    figures: dict[str, float] = field(default_factory=dict)
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "note": self.note} | {key: round(value, 4) for key, value in self.figures.items()}


def measure_engine(root: Path, seconds: float) -> list[Figure]:
    """The engine in one process and in two, and the same searches by other engines; refuses an answer that differs."""
    [one] = _engines(root, seconds, 1)
    two = _engines(root, seconds, 2)
    figures = [
        Figure("engine, warm", one, "ms; top 20, total, counts of categories, cities, price bands"),
        Figure("engine, two processes", {"per_second": sum(each["per_second"] for each in two)}),
    ]
    reading, asked = engine.Engine(root, read_lists(engine.LISTS)), queries()
    # literally, since no other engine knows what words mean here
    chosen = [replace(asked[at], is_literal=True) for at in ASKED_OF_OTHERS]
    needs = [reading.understand(query).groups for query in chosen]
    own = [_own(reading, query) for query in chosen]
    manifest = read_manifest(root)
    assert manifest is not None
    figures.append(_beside("stock whoosh, same searches", own, ask_whoosh(root / manifest.build, needs)))
    documents = _as_tokens() if importable("tantivy") else []
    others = ask_tantivy(documents, needs)
    if others is None:
        figures.append(Figure("tantivy, same searches", note="not installed: skipped"))
    else:
        figures.append(_beside("tantivy, same searches", own, others))
    return figures


def importable(name: str) -> bool:
    """Whether a package that nothing here depends on happens to be installed."""
    from importlib.util import find_spec

    return find_spec(name) is not None


def _engines(root: Path, seconds: float, count: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "marketplace.bench.engine", str(root), str(seconds)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]


def _own(reading: engine.Engine, query: engine.Query) -> Answer:
    for _ in range(3):
        found = reading.find(query)
    times = []
    for _ in range(20):
        at = time.thread_time()
        reading.find(query)
        times.append((time.thread_time() - at) * 1000)
    return Answer(percentile(times, 0.5), 0 if found.is_relaxed else found.total, found.facets)


def _beside(name: str, own: list[Answer], others: list[Answer]) -> Figure:
    pairs = list(zip(own, others, strict=True))
    different = sum(
        mine.total != other.total or any(mine.counts[facet] != other.counts[facet] for facet in other.counts)
        for mine, other in pairs if mine.total
    )  # fmt: skip
    theirs = percentile([other.ms for _, other in pairs], 0.5)
    figures = {"cpu_p50_ms": theirs, "times_the_engine": theirs / percentile([mine.ms for mine, _ in pairs], 0.5)}
    return Figure(name, figures | {"searches": len(pairs), "different_answers": different})


def _as_tokens() -> list[tuple[str, str]]:
    """All documents as tantivy takes them here: tokens with their repeats, and the values of two facets."""
    from marketplace.search import sources
    from marketplace.search.documents import Document
    from marketplace.search.index.schema import text_weights

    source = sources.registered()["listing"]
    ids, found = list(source.all_ids()), []
    for start in range(0, len(ids), 500):
        for one in source.build(ids[start : start + 500]):
            if isinstance(one, Document):
                facets = [f"{name}:{value}" for name in ("category", "city") for value in one.keywords.get(name, ())]
                found.append((" ".join(text_weights(one).elements()), " ".join(facets)))
    return found


@contextmanager
def working() -> Iterator[None]:
    """A worker beside the server, as in production; stopped at the end."""
    worker = subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run"], cwd=ROOT)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def measure_updates(port: int, edits: int = EDITS) -> Figure:
    """Milliseconds from an edit's commit to the answer of another process that shows it; the first edit waits for the worker, whose
    jobs are all due at its start, and is left out."""
    times, source = [], random.Random(1)
    with create_app().app_context():
        ids = list(db.session.scalars(db.select(Listing.id).where(Listing.state == "published").limit(edits + 1)))
        for number, one in enumerate(ids):
            word = f"zq{one}w{number}"
            _edit(one, word)
            at = time.perf_counter()
            while not _is_found(port, word):
                if time.perf_counter() - at > 120:
                    raise TimeoutError("an edit was not seen for two minutes")
            times.append((time.perf_counter() - at) * 1000)
            time.sleep(source.uniform(0, 0.4) if number else SETTLING)
    return Figure(
        "an edit seen by another process", _spread(times[1:]), "ms after commit, worker and web process apart"
    )


def _edit(listing_id: int, word: str) -> None:
    """Give a listing a title that only it has; waits while the worker's jobs keep the database."""
    for _ in range(20):
        try:
            with transaction():
                db.session.execute(db.update(Listing).where(Listing.id == listing_id).values(title=f"演示 {word}"))
                changes.touch("listing", [listing_id])
            return
        except OperationalError:
            time.sleep(1)
    raise TimeoutError("the database was locked for minutes")


def _is_found(port: int, word: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        _status, body = fetch(connection, f"/api/v1/services?q={word}&per_page=1")
    finally:
        connection.close()
    return f"{word}".encode() in body and json.loads(body).get("total") == 1


def _spread(times: list[float]) -> dict[str, float]:
    return {f"p{share}_ms": percentile(times, share / 100) for share in (50, 95, 99)}


def measure_rebuild(port: int) -> Figure:
    """A rebuild from the shell while somebody searches without a pause: its seconds, and the longest that one answer took."""
    stop, longest, failed, asked = threading.Event(), [0.0], [0], [0]

    def search() -> None:
        while not stop.is_set():
            at = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                status, body = fetch(connection, f"/api/v1/services?q={asked[0] % 7}%E6%8B%9B%E8%81%98")
                failed[0] += status != 200 or json.loads(body).get("total", 0) == 0
            except OSError:
                failed[0] += 1
            finally:
                connection.close()
            asked[0] += 1
            longest[0] = max(longest[0], (time.perf_counter() - at) * 1000)
            stop.wait(0.02)

    searcher = threading.Thread(target=search)
    searcher.start()
    at = time.perf_counter()
    try:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "search", "rebuild"]
        told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        seconds = time.perf_counter() - at
        stop.wait(0.5)
    finally:
        stop.set()
        searcher.join()
    count = int("".join(one for one in told.splitlines()[-1] if one.isdigit()))
    figures = {"seconds": seconds, "documents_per_second": count / seconds, "longest_answer_ms": longest[0]}
    return Figure("rebuild in use", figures | {"searches": asked[0], "failed": failed[0]})


def show_figures(figures: list[Figure]) -> None:
    """The section as a list, one measurement a line."""
    print("\nsearch\n------")
    for one in figures:
        told = "  ".join(f"{name} {value:.2f}".rstrip("0").rstrip(".") for name, value in one.figures.items())
        print(f"{one.name:34} {told}" + (f"  ({one.note})" if one.note else ""))
