"""The database: one `db`, the one transaction, column types, and the engine settings that were measured to lose nothing.

SQLite: WAL, FULL sync, the driver emits no BEGIN of its own; reads begin DEFERRED, write units begin IMMEDIATE, one lock per
process keeps its writers in line. PostgreSQL: READ COMMITTED, races end at compare-and-set updates and constraints.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator, event, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, mapped_column

from marketplace.core import clock
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy

log = logging.getLogger(__name__)

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UTCDateTime(TypeDecorator[datetime]):
    """A moment. Naive values are refused, since SQLite would drop the offset without converting."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG = BigInteger().with_variant(Integer, "sqlite")
Id = Annotated[int, mapped_column(BIG, primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(UTCDateTime, default=clock.now)]


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=15000",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "temp_store=MEMORY",
        "cache_size=-32000",
        "mmap_size=268435456",
    ):
        cursor.execute("PRAGMA " + pragma)
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql("BEGIN " + mode)


_sqlite_writer = threading.Lock()


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def in_transaction() -> bool:
    """Is this session inside a `transaction()` block?"""
    return bool(db.session().info.get("writing"))


@contextmanager
def transaction() -> Iterator[None]:
    """The one unit of work of an entry point: commits at the end, rolls back on any exception, then runs what `on_commit` queued.

    Refuses to nest: services take part in the entry point's transaction and open none. A uniqueness or foreign key that the
    database refuses becomes `Conflict`, since the checks in code exist for the friendlier message only.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() does not nest: services take part in the entry point's transaction")
    session.rollback()
    lite = is_sqlite()
    if lite:
        _sqlite_writer.acquire()
    session.info.update(writing=True, after=[])
    committed = False
    try:
        if lite:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield
        session.commit()
        committed = True
    except IntegrityError as refused:
        session.rollback()
        log.warning("the database refused a write: %s", refused.orig)
        raise Conflict(
            "conflict.data", lazy("数据与已有记录冲突，可能已被他人修改或重复提交，请刷新后重试")
        ) from refused
    except BaseException:
        session.rollback()
        raise
    finally:
        queued = session.info.pop("after", [])
        session.info.pop("writing", None)
        if lite:
            _sqlite_writer.release()
    if committed:
        _run(queued)


def _run(queued: list[Callable[[], None]]) -> None:
    for piece in queued:
        try:
            piece()
        except Exception:
            log.exception("after commit: %r failed; the write stands and a sweep will find it", piece)


def abandon() -> None:
    """Let go of what the session holds unwritten: after an error, before the page that tells it is made."""
    db.session.rollback()


def on_commit(piece: Callable[[], None]) -> None:
    """Run this once the present transaction has committed; at once when none is open. Never for what must not be lost."""
    after = db.session().info.get("after")
    if after is None:
        piece()
    else:
        after.append(piece)


_guards: list[tuple[str, str | None, list[str]]] = []


def guard(dialect: str, *statements: str, table: str | None = None) -> None:
    """Register idempotent trigger statements of a dialect; `install_guards` runs them after every migration, those of a `table` only
    where it exists, which after a downgrade it may not."""
    _guards.append((dialect, table, list(statements)))


def append_only(table: str, *, except_columns: tuple[str, ...] = (), kept_days: int | None = None) -> None:
    """Let the database refuse UPDATE (but of NULL `except_columns`) and DELETE on this table, on both engines. Rows that the law wants
    gone some day may be deleted once they are `kept_days` (天) older than the newest row, by `created_at`."""
    changed = " OR ".join(f"OLD.{c} IS NOT NULL AND OLD.{c} IS NOT NEW.{c}" for c in except_columns)
    lite = [f"DROP TRIGGER IF EXISTS {table}_no_{op}" for op in ("update", "delete", "replace", "late")]
    message = f"'{table} is append-only'"
    young = f"WHEN OLD.created_at > datetime(({_newest(table)}), '-{kept_days} days') " if kept_days is not None else ""
    lite.append(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {young}BEGIN SELECT RAISE(ABORT, {message}); END"
    )
    lite.append(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"
        f" BEGIN SELECT RAISE(ABORT, {message}); END"
    )
    if except_columns:
        fixed = _fixed_columns_of(table, except_columns)
        lite.append(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {fixed} ON {table} BEGIN SELECT RAISE(ABORT, {message}); END"
        )
        lite.append(
            f"CREATE TRIGGER {table}_no_late BEFORE UPDATE ON {table} WHEN {changed} BEGIN SELECT RAISE(ABORT, {message}); END"
        )
    else:
        lite.append(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, {message}); END"
        )
    guard("sqlite", *lite, table=table)
    guard("postgresql", *_append_only_postgresql(table, except_columns, kept_days), table=table)


def _newest(table: str) -> str:
    return f"SELECT created_at FROM {table} ORDER BY id DESC LIMIT 1"


def _fixed_columns_of(table: str, except_columns: tuple[str, ...]) -> str:
    return ", ".join(c.name for c in Base.metadata.tables[table].columns if c.name not in except_columns)


def _append_only_postgresql(table: str, except_columns: tuple[str, ...], kept_days: int | None) -> list[str]:
    keep = " AND ".join(f"(OLD.{c} IS NULL OR OLD.{c} IS NOT DISTINCT FROM NEW.{c})" for c in except_columns)
    same = " AND ".join(
        f"OLD.{c.name} IS NOT DISTINCT FROM NEW.{c.name}"
        if "JSON" not in str(c.type)
        else f"OLD.{c.name}::text IS NOT DISTINCT FROM NEW.{c.name}::text"
        for c in Base.metadata.tables[table].columns
        if c.name not in except_columns
    )
    allowed = f"IF TG_OP = 'UPDATE' AND {keep} AND {same} THEN RETURN NEW; END IF;" if except_columns else ""
    if kept_days is not None:
        allowed += f" IF TG_OP = 'DELETE' THEN IF OLD.created_at < ({_newest(table)}) - interval '{kept_days} days' THEN RETURN OLD; END IF; END IF;"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {allowed}"
        f" RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"DROP TRIGGER IF EXISTS {table}_ro ON {table}",
        f"CREATE TRIGGER {table}_ro BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        f"DROP TRIGGER IF EXISTS {table}_rot ON {table}",
        f"CREATE TRIGGER {table}_rot BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def install_guards(connection: Connection) -> None:
    """Install every registered trigger, idempotently: SQLite's batch rebuild of a table drops them, so this follows each migration."""
    tables = set(inspect(connection).get_table_names())
    for dialect, table, statements in _guards:
        if dialect == connection.dialect.name and (table is None or table in tables):
            for statement in statements:
                connection.execute(text(statement.replace(":", r"\:")))
