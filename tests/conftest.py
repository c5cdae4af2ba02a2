"""The rig: two engines, an outer transaction round most tests, a clock, a client, a browser.

`--engine sqlite` runs on one engine only while developing; `--soak` adds the long forms of the heavy proofs.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["APP_ENV"] = "development"
for _name in "DATABASE_URL REDIS_URL SITE_URL TRUSTED_HOSTS STRIPE_API_KEY SMTP_URL SETTLEMENT_MODE SMS_SENDER TRUSTED_PROXIES".split():
    os.environ.pop(_name, None)

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.databases import Databases, Unavailable, start_postgresql, stop_postgresql

ENGINES = ("sqlite", "postgresql")
pytest_plugins = ["tests.support.browsers"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, help="run the database tests on this engine only")
    parser.addoption("--soak", action="store_true", help="run the heavy proofs in their long form too")


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", None)
    if worker is None:
        config.shared_folder = Path(tempfile.mkdtemp(prefix="market"))  # type: ignore[attr-defined]
        config.shared_folder.chmod(0o755)  # type: ignore[attr-defined]
        config.own_server = None  # type: ignore[attr-defined]
    else:
        config.shared_folder = Path(worker["shared_folder"])  # type: ignore[attr-defined]
    os.environ["INSTANCE_DIR"] = str(config.shared_folder / "instance")  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """One PostgreSQL server for all workers, started by whoever starts them."""
    node.workerinput["shared_folder"] = str(node.config.shared_folder)
    node.workerinput["server"] = _server(node.config)


def _server(config: pytest.Config) -> tuple[str | None, str]:
    """Address of the PostgreSQL server of this run, and the reason where there is none; started at the first call."""
    known = getattr(config, "known_server", None)
    if known is None:
        if getattr(config, "workerinput", None) is not None:
            known = config.workerinput["server"]  # type: ignore[attr-defined]
        elif config.getoption("--engine") == "sqlite":
            known = (None, "--engine sqlite")
        else:
            try:
                address, config.own_server = start_postgresql(config.shared_folder)  # type: ignore[attr-defined]
                known = (address, "")
            except Unavailable as reason:
                known = (None, str(reason))
        config.known_server = known  # type: ignore[attr-defined]
    return known


def pytest_unconfigure(config: pytest.Config) -> None:
    if getattr(config, "workerinput", None) is None and hasattr(config, "shared_folder"):
        if config.own_server is not None:  # type: ignore[attr-defined]
            stop_postgresql(config.own_server)  # type: ignore[attr-defined]
        shutil.rmtree(config.shared_folder, ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        only, marked = metafunc.config.getoption("--engine"), metafunc.definition.get_closest_marker("engine")
        engines = marked.args if marked else ENGINES
        if metafunc.definition.get_closest_marker("browser"):  # what a page looks like does not depend on the database
            engines = ENGINES[:1]
        chosen = [name for name in engines if only in (None, name)]
        metafunc.parametrize("engine", chosen, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--soak"):
        long = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        if long:
            config.hook.pytest_deselected(items=long)
    if getattr(config.option, "loadgroup", False):
        _name_groups(items)


def _name_groups(items: list[pytest.Item]) -> None:
    """Write a test's group behind its name, where xdist looks for it: from pytest 9.2 on xdist 3.8 writes where nobody reads."""
    try:
        from _pytest.nodeid import NodeId
    except ImportError:
        return
    for item in items:
        if (mark := item.get_closest_marker("xdist_group")) and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = NodeId.parse(f"{item.nodeid}@{mark.args[0]}")  # type: ignore[attr-defined]


class Rig:
    """What one test process shares: its databases, and one application per engine."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.shared: Path = config.shared_folder  # type: ignore[attr-defined]
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._databases: dict[str, Databases] = {}
        self._apps: dict[str, Flask] = {}

    def databases(self, engine: str) -> Databases:
        """The engine's databases with the template ready; skips, or with REQUIRE_SERVICES=1 fails, where there is no server."""
        if engine not in self._databases:
            address = None
            if engine == "postgresql":
                address, reason = _server(self.config)
                if address is None:
                    refuse(reason, "REQUIRE_SERVICES")
            databases = Databases(self.shared, self.worker, address)
            self._build(engine, databases)
            self._databases[engine] = databases
        return self._databases[engine]

    def _build(self, engine: str, databases: Databases) -> None:
        from fasteners import InterProcessLock

        from tests.support.apps import build_schema, make_app

        done = self.shared / f"{engine}.ready"
        with InterProcessLock(self.shared / f"{engine}.lock"):
            if not done.exists():
                url = databases.empty(engine, databases.template_name())
                build_schema(make_app(url, self.shared / "template"))
                done.touch()

    def app(self, engine: str) -> Flask:
        """The application on this process's own copy; made once, since making one takes longer than most tests."""
        if engine not in self._apps:
            from marketplace.core.db import db
            from tests.support.apps import make_app

            # A commit inside the outer transaction ends a savepoint; sessions on an engine of their own are not concerned.
            db.session.session_factory.configure(join_transaction_mode="create_savepoint")
            url = self.databases(engine).copy(engine, "shared")
            self._apps[engine] = make_app(url, self.shared / f"{self.worker}-{engine}")
        return self._apps[engine]

    def close(self) -> None:
        from marketplace.core.db import db

        for app in self._apps.values():
            with app.app_context():
                db.engine.dispose()


def refuse(reason: str, unless: str) -> None:
    """Skip for want of something on this machine; fail where the environment says that it must be there."""
    if os.environ.get(unless) == "1":
        pytest.fail(f"{unless}=1 but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """The shared databases and applications of this process."""
    rig = Rig(request.config)
    yield rig
    rig.close()


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name, sqlite or postgresql: each test that touches a database runs once on either."""
    return request.param


@pytest.fixture
def app(rig: Rig, engine: str, tmp_path: Path) -> Iterator[Flask]:
    """The application, its context pushed, inside an outer transaction that is rolled back; fresh folders for index and uploads."""
    from marketplace.catalog.queries.taxonomy import forget
    from marketplace.core import web
    from tests.support.apps import rolled_back

    app = rig.app(engine)
    folders = {"SEARCH_INDEX_DIR": str(tmp_path / "index"), "UPLOADS_DIR": str(tmp_path / "uploads")}
    before = {name: app.config[name] for name in folders}
    app.config.update(folders)
    with rolled_back(app):
        web.limiter.reset()
        forget()
        yield app
    forget()
    app.config.update(before)


@pytest.fixture
def live_app(rig: Rig, engine: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copied database of its own with real commits: for threads, processes and browsers. CSRF is on."""
    from marketplace.catalog.queries.taxonomy import forget
    from marketplace.core.db import db
    from tests.support.apps import make_app

    databases = rig.databases(engine)
    url = databases.copy(engine, "live")
    app = make_app(url, tmp_path, WTF_CSRF_ENABLED=True)
    forget()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    forget()
    databases.drop(url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browserless visitor, not signed in. Its requests run in contexts of their own."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """`sign_in(user)` gives a client signed in as that person; call it again for a second person beside the first."""
    from tests.support.people import signed_in_client

    return lambda user: signed_in_client(app, user)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Time stands at 2026-11-23 10:00 in Shanghai; `clock.set("2027-03-01")`, `clock.advance(days=3)`."""
    from marketplace.core import clock as real
    from tests.support.frozen import FrozenClock, stand_in

    frozen = FrozenClock()
    monkeypatch.setattr(real, "datetime", stand_in(frozen))
    return frozen


@pytest.fixture
def queries() -> Callable[..., Any]:
    """`with queries(at_most=12): client.get(…)`, or `with queries() as seen:` and look at `len(seen)` or `str(seen)`."""
    from tests.support.apps import count_queries

    return count_queries


@pytest.fixture
def jobs(app: Flask) -> Callable[[], int]:
    """`jobs()` runs what has been enqueued, and what that enqueues; returns how many ran."""
    from marketplace.core import queue
    from tests.support.apps import release

    def drain() -> int:
        release()
        ran = queue.drain()
        release()
        return ran

    return drain
