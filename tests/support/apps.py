"""Applications for tests, and the client that keeps each request apart from the test that makes it."""

import contextvars
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from marketplace.core.config import ROOT
from marketplace.core.db import Base, db, install_guards

CHEAP_HASHING = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
SECRET = secrets.token_urlsafe(48)


class SeparateClient(FlaskClient):
    """A client whose requests run in a context of their own, as they do behind a server.

    A request made inside the test's application context would share its session and its `g`. What the test has read is let go
    first, so that it sees afterwards what the request has written.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():  # not in the second request of a redirect that is followed
            release()
        return contextvars.Context().run(super().open, *args, **kwargs)


def release() -> None:
    """End the test's own read: nothing it has loaded hides what others write next, and no savepoint of its encloses theirs."""
    if not db.session().info.get("writing"):
        db.session.rollback()


def make_app(url: str, folder: Path, **overrides: Any) -> Flask:
    """The application on this database, with files under `folder`, jobs in memory, cheap hashing and no CSRF token asked.

    Ask for what differs: `make_app(url, folder, WTF_CSRF_ENABLED=True)`.
    """
    from marketplace.app import create_app

    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": SECRET,
            "SQLALCHEMY_DATABASE_URI": url,
            "SQLALCHEMY_ENGINE_OPTIONS": {} if url.startswith("sqlite") else {"pool_size": 5, "max_overflow": 25},
            "INSTANCE_DIR": str(folder),
            "SEARCH_INDEX_DIR": str(folder / "index"),
            "UPLOADS_DIR": str(folder / "uploads"),
            "QUEUE": "memory",
            "ARGON2": CHEAP_HASHING,
            "WTF_CSRF_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            **overrides,
        }
    )
    app.test_client_class = SeparateClient
    with app.app_context():
        if url.startswith("sqlite"):
            event.listen(db.engine, "connect", _forget_durability)
    return app


def _forget_durability(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def has_versions() -> bool:
    """Are there migrations yet?"""
    return any((ROOT / "marketplace" / "migrations" / "versions").glob("*.py"))


def build_schema(app: Flask) -> None:
    """Make the tables as an operator would: by the migrations; the models alone only while there are none."""
    with app.app_context():
        if has_versions():
            from flask_migrate import upgrade

            upgrade()
        else:
            Base.metadata.create_all(db.engine)
            with db.engine.begin() as connection:
                install_guards(connection)
        db.session.remove()
        db.engine.dispose()


@contextmanager
def rolled_back(app: Flask) -> Iterator[None]:
    """Everything inside happens in one outer transaction that is rolled back; `commit` inside ends a savepoint only."""
    with app.app_context():
        engines = db.engines
        real = engines[None]
        connection = real.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        try:
            yield
        finally:
            db.session.remove()
            engines[None] = real
            outer.rollback()
            connection.close()
            app.extensions.pop("pending_jobs", None)


# The last one is asked once a second per process, whatever is shown: counting it would make the count hang on the time of day.
NOT_QUERIES = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA", "SELECT MAX(CATEGORY_VERSION.ID)")


class Queries(list[str]):
    """The SQL statements seen, without those that only mark transactions."""

    def __str__(self) -> str:
        return "\n".join(f"{number}. {' '.join(text.split())[:300]}" for number, text in enumerate(self, 1))


@contextmanager
def count_queries(at_most: int | None = None) -> Iterator[Queries]:
    """Collect the statements that run inside; with `at_most`, more of them fail the test and are shown."""
    seen = Queries()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(NOT_QUERIES):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    if at_most is not None:
        assert len(seen) <= at_most, f"{len(seen)} statements where at most {at_most} are allowed:\n{seen}"
