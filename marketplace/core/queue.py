"""Jobs after commit and on a schedule: huey on a SQLite file by default, on Redis at scale, a list in tests.

Every `enqueue` stands beside a row (outbox, change log, audit event …) that a periodic sweep finds again, so a lost queue loses
nothing; every job is safe to run twice.
"""

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from flask import Flask, current_app

from marketplace.core.db import db, on_commit

log = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Periodic:
    name: str
    seconds: int
    due: float = 0.0


_jobs: dict[str, Callable[..., Any]] = {}
_periodic: dict[str, Periodic] = {}


def job(name: str) -> Callable[[F], F]:
    """Register a job under a name; services enqueue it by that name."""

    def register(function: F) -> F:
        _jobs[name] = function
        return function

    return register


def periodic(name: str, *, seconds: int = 0, minutes: int = 0) -> Callable[[F], F]:
    """Register a job that runs every so often, on every machine that runs `flask jobs run`; therefore safe to run twice."""

    def register(function: F) -> F:
        _jobs[name] = function
        _periodic[name] = Periodic(name, seconds + 60 * minutes)
        return function

    return register


def names() -> list[tuple[str, int | None]]:
    """Each job with the seconds between its runs (None: only when enqueued)."""
    return [(n, _periodic[n].seconds if n in _periodic else None) for n in sorted(_jobs)]


def enqueue(name: str, **kwargs: Any) -> None:
    """Run the job soon, after the present transaction has committed."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    on_commit(lambda: _dispatch(app, name, kwargs))


def _dispatch(app: Flask, name: str, kwargs: dict[str, Any]) -> None:
    if app.config["QUEUE"] == "memory":
        app.extensions.setdefault("pending_jobs", []).append((name, kwargs))
    else:
        task = app.extensions["run_job"]
        task(name, kwargs)


def drain() -> int:
    """Run what the in-memory queue holds, and what that enqueues in turn; returns how many ran (tests and the demo loader)."""
    ran = 0
    pending: list[tuple[str, dict[str, Any]]] = current_app.extensions.setdefault("pending_jobs", [])
    while pending:
        name, kwargs = pending.pop(0)
        run(name, **kwargs)
        ran += 1
    return ran


def drain_if_memory() -> int:
    """Drain where the queue is in memory; with a real queue the worker does it."""
    return drain() if current_app.config["QUEUE"] == "memory" else 0


_before: list[Callable[[], Any]] = []


def before_each(prepare: Callable[[], Any]) -> None:
    """Register what this process makes sure of before every job."""
    _before.append(prepare)


def run(name: str, **kwargs: Any) -> Any:
    """Run a job now, in this process."""
    for prepare in _before:
        prepare()
    return _jobs[name](**kwargs)


def init_app(app: Flask) -> None:
    """Make the app's huey, unless tests keep the queue in memory."""
    if app.config["QUEUE"] == "memory":
        return
    from huey import RedisHuey, SqliteHuey

    if app.config["REDIS_URL"]:
        huey: Any = RedisHuey("marketplace", url=app.config["REDIS_URL"])
    else:
        folder = Path(app.config["INSTANCE_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        huey = SqliteHuey("marketplace", filename=str(folder / "queue.sqlite3"), fsync=False, results=False)

    def run_job(name: str, kwargs: dict[str, Any]) -> None:
        with app.app_context():
            try:
                run(name, **kwargs)
            finally:
                db.session.remove()

    app.extensions["huey"] = huey
    app.extensions["run_job"] = huey.task(retries=3, retry_delay=20)(run_job)


def tick(app: Flask) -> None:
    """Run every periodic job that is due; one that fails is logged and tried again at its next turn."""
    for entry in _periodic.values():
        if time.monotonic() < entry.due:
            continue
        entry.due = time.monotonic() + entry.seconds
        with app.app_context():
            try:
                run(entry.name)
            except Exception:
                log.exception("periodic job %s failed", entry.name)
            finally:
                db.session.remove()


def tick_until(app: Flask, stop: Event) -> None:
    """The scheduler's loop of `flask jobs run`."""
    while not stop.wait(1.0):
        tick(app)


def consume(app: Flask, stop: Event, extra: list[Callable[[], None]]) -> None:
    """Run the huey consumer, the scheduler and what else a worker does, until `stop` or a signal; leaves a heartbeat file.

    A SIGTERM lets the running job end. Loops that die are logged and end the worker, so that whoever supervises it starts a new one.
    """
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    consumer = app.extensions["huey"].create_consumer(workers=2, periodic=False, check_worker_health=True)
    consumer.start()
    loops: list[Callable[[], None]] = [lambda: tick_until(app, stop), *extra]
    threads = [Thread(target=_guarded_loop, args=(app, loop, stop), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    heartbeat = Path(app.config["INSTANCE_DIR"]) / "worker.heartbeat"
    while not stop.wait(5.0 if heartbeat.exists() else 0.05):
        heartbeat.touch()
    consumer.stop(graceful=True)
    for thread in threads:
        thread.join(timeout=10)
    heartbeat.unlink(missing_ok=True)


def _guarded_loop(app: Flask, loop: Callable[[], None], stop: Event) -> None:
    try:
        with app.app_context():
            loop()
    except Exception:
        log.exception("a worker loop died")
        stop.set()
