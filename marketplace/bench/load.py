"""The load generator: threads with a kept connection each, standard library only, the same for the floor and for the site."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from marketplace.bench.measured import PATH


@dataclass(slots=True)
class Result:
    """What one page cost. Times in milliseconds; CPU is the server's, per request; `ratio` is requests a second of the floor over these."""

    name: str
    requests: int = 0
    failed: int = 0
    seconds: float = 0.0
    cpu_ms: float = 0.0
    statements: float = 0.0
    ratio: float | None = None
    cpu_ratio: float | None = None
    errors: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time (ms) within which this share of the requests was answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "requests": self.requests, "failed": self.failed, "per_second": round(self.rate, 1),
            "p50_ms": round(self.percentile(0.5), 2), "p95_ms": round(self.percentile(0.95), 2),
            "p99_ms": round(self.percentile(0.99), 2), "cpu_ms": round(self.cpu_ms, 3), "statements": round(self.statements, 2),
            "times_the_floor": self.ratio, "cpu_times_the_floor": self.cpu_ratio, "errors": self.errors[:5],
        }  # fmt: skip


def fetch(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """One GET on a kept connection."""
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def spent(port: int) -> tuple[float, int]:
    """CPU seconds and SQL statements of the server so far."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        figures = json.loads(fetch(connection, PATH)[1])
    finally:
        connection.close()
    return figures["cpu"], figures["statements"]


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a page is asked for: for how many seconds, over how many connections at once."""

    seconds: float
    clients: int


def run_page(
    name: str, port: int, paths: Callable[[int], str], load: Load, headers: dict[str, str] | None = None
) -> Result:
    """Ask for a page under this load; `paths(n)` is the n-th address, so that caches see variety; `headers` carry who asks."""
    result, lock, number = Result(name), threading.Lock(), iter(range(1 << 40))
    _warm(port, paths, headers)
    before, started = spent(port), time.perf_counter()

    def one() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while time.perf_counter() - started < load.seconds:
                with lock:
                    path = paths(next(number))
                at = time.perf_counter()
                _ask(connection, path, headers, result, lock, at)
        finally:
            connection.close()

    in_threads(load.clients, lambda _n: one())
    result.seconds = time.perf_counter() - started
    charge(result, before, spent(port))
    return result


def _warm(port: int, paths: Callable[[int], str], headers: dict[str, str] | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for turn in range(5):
        fetch(connection, paths(turn), headers)
    connection.close()


def _ask(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None, result: Result, lock: threading.Lock, at: float
) -> None:  # fmt: skip
    try:
        status, body = fetch(connection, path, headers)
        problem = None if status == 200 and body else f"{status} {path}"
    except (OSError, http.client.HTTPException) as broken:
        connection.close()
        problem = f"{type(broken).__name__} {path}"
    with lock:
        result.requests += 1
        result.times.append(time.perf_counter() - at)
        if problem:
            result.failed += 1
            result.errors.append(problem)


def charge(result: Result, before: tuple[float, int], after: tuple[float, int]) -> None:
    """Divide what the server spent by the requests of the result."""
    if result.requests:
        result.cpu_ms = (after[0] - before[0]) * 1000 / result.requests
        result.statements = (after[1] - before[1]) / result.requests


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run `work(0)` … `work(count - 1)` at once and wait for all."""
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
