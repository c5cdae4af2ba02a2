"""`python3 -m marketplace bench`: one table, every figure beside the floor's of the same run."""

import argparse
import contextlib
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from marketplace.app import create_app
from marketplace.bench.load import Load, Result, fetch, run_page
from marketplace.bench.market import load_market
from marketplace.bench.ordering import place_orders
from marketplace.bench.pages import PAGES, STAFF_PAGES, Page, gather
from marketplace.bench.searching import Figure, measure_engine, measure_rebuild, measure_updates, show_figures, working
from marketplace.bench.signing import cookie_of, sign_in_many
from marketplace.core.config import ROOT
from marketplace.core.progress import progress
from marketplace.search import indexer
from marketplace.start import prepare

PASSWORD = "Bench-Password-2026"


def main(arguments: list[str] | None = None) -> int:
    """Load data into a temporary database, measure floor and pages, print and store the table; 1 when a request failed."""
    parser = argparse.ArgumentParser(prog="python3 -m marketplace bench")
    parser.add_argument("--scale", choices=("park", "region", "nation"), default="park")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each page is asked for")
    parser.add_argument("--clients", type=int, default=8, help="connections at once")
    parser.add_argument("--database", metavar="URL", help="an empty database; SQLite in a temporary folder by default")
    parser.add_argument(
        "--only", choices=("search",), help="firms and listings alone, and what is about search: minutes at any scale"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        results, figures = measure(Path(folder), options)
    show(results)
    show_figures(figures)
    if options.json:
        told = report(results, figures, options.scale)
        options.json.write_text(json.dumps(told, ensure_ascii=False, indent=2), encoding="utf-8")
    wrong = any(one.figures.get("failed") or one.figures.get("different_answers") for one in figures)
    return 1 if wrong or any(result.failed for result in results) else 0


def measure(folder: Path, options: argparse.Namespace) -> tuple[list[Result], list[Figure]]:
    """All results, the floor's first, each page's ratio to it filled in; and the figures of the search section."""
    url = options.database or f"sqlite:///{folder / 'bench.sqlite3'}"
    floor_url = options.database or f"sqlite:///{folder / 'floor.sqlite3'}"
    environment = {
        "APP_ENV": "development", "INSTANCE_DIR": str(folder), "DATABASE_URL": url, "BENCH_FLOOR_URL": floor_url,
        "SEARCH_INDEX_DIR": str(folder / "index"), "UPLOADS_DIR": str(folder / "uploads"), "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    os.environ.update(environment)
    prepare(scale=None if options.only else options.scale, password=PASSWORD)
    if options.only:
        with create_app().app_context(), progress("search index") as bar:
            load_market(options.scale)
            indexer.rebuild(bar)
    load = Load(options.seconds, options.clients)
    with serving("marketplace.bench.floor:wsgi()") as port:
        floor = run_page("floor: bare Flask, 1 query", port, lambda n: f"/{n % 1000 + 1}", load)
    pages = [page for page in PAGES if not options.only or page.is_search]
    results = [floor, *measure_pages(pages, load)]
    if not options.only:
        results += measure_people(load)
    for result in results:
        result.ratio = round(floor.rate / result.rate, 2) if result.rate else None
        result.cpu_ratio = round(result.cpu_ms / floor.cpu_ms, 2) if floor.cpu_ms else None
    return results, measure_search(folder / "index", load)


def measure_search(root: Path, load: Load) -> list[Figure]:
    """The search engine by itself, then its index while a server and a worker run."""
    say("engine")
    with create_app().app_context():
        figures = measure_engine(root, load.seconds)
    with serving("marketplace.bench.site:wsgi()") as port:
        with working():
            say("updates")
            figures.append(measure_updates(port))
        say("rebuild")
        figures.append(measure_rebuild(port))
    return figures


def measure_pages(pages: list[Page], load: Load) -> list[Result]:
    """The product's pages as anybody sees them, against one server process."""
    with create_app().app_context():
        facts = gather()
    with serving("marketplace.bench.site:wsgi()") as port:
        results = []
        for page in pages:
            say(page.name)
            results.append(run_page(page.name, port, partial(page.address, facts), load))
    return results


def measure_people(load: Load) -> list[Result]:
    """Signing in, the staff's pages, then the orders, against one server process."""
    with create_app().app_context():
        facts = gather()
    results = []
    with serving("marketplace.bench.site:wsgi()") as port:
        say("sign-in")
        results.append(
            sign_in_many(port, login="client@demo.example", password=PASSWORD, clients=load.clients, each=10)
        )
        for login, page in STAFF_PAGES:
            say(page.name)
            headers = cookie_of(port, login=login, password=PASSWORD)
            results.append(run_page(page.name, port, partial(page.address, facts), load, headers))
        say("orders")
        results.append(place_orders(port, facts, password=PASSWORD, each=10))
    return results


@contextlib.contextmanager
def serving(target: str) -> Iterator[int]:
    """One gunicorn worker of eight threads on a free port, stopped at the end; refuses to wait longer than a minute for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "8",
        "--timeout", "120", "--keep-alive", "30", "--log-level", "warning",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        await_answer(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def await_answer(server: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}")
        try:
            fetch(http.client.HTTPConnection("127.0.0.1", port, timeout=30), "/-bench/spent")
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server does not answer")


def say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def report(results: list[Result], figures: list[Figure], scale: str) -> dict[str, object]:
    """The figures with what they were measured on."""
    machine = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}
    told = {"results": [result.as_json() for result in results], "search": [figure.as_json() for figure in figures]}
    return {"scale": scale, "machine": machine, **told}


def show(results: list[Result]) -> None:
    """The table; × is how many of the floor's requests the same time buys, and CPU how many times the floor's."""
    head = f"{'page':36} {'req/s':>8} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8} {'SQL':>6} {'× floor':>8} {'× CPU':>7} {'failed':>6}"
    print("\n" + head + "\n" + "-" * len(head))
    for r in results:
        print(
            f"{r.name:36} {r.rate:8.1f} {r.percentile(0.5):8.2f} {r.percentile(0.95):8.2f} {r.cpu_ms:8.2f} {r.statements:6.1f} "
            f"{r.ratio or 0:8.2f} {r.cpu_ratio or 0:7.2f} {r.failed:6d}"
        )
    for r in results:
        for error in r.errors[:3]:
            print(f"  {r.name}: {error}")


if __name__ == "__main__":
    sys.exit(main())
