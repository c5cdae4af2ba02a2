"""Alembic's entry: runs inside the app's context on the app's own engine, then installs the triggers."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, inspect

from marketplace.core.db import Base, db, install_guards


def run_migrations() -> None:
    """Apply the versions; SQLite tables are rebuilt in batches, which drops triggers, so the guards follow every run.

    A rebuilt table is dropped, which with foreign keys on is refused or deletes what refers to it. They are turned off at the driver:
    inside a transaction, and here every statement begins one, SQLite does not listen to that.
    """
    connectable = context.config.attributes.get("connection") or db.engine
    with connectable.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            _keep_foreign_keys(connection, on=False)
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True,
            transaction_per_migration=False,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
        if inspect(connection).has_table("audit_event"):
            install_guards(connection)
            connection.commit()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
            connection.rollback()
            _keep_foreign_keys(connection, on=True)
            if broken:
                raise RuntimeError(f"rows refer to nothing after the migration: {broken}")


def _keep_foreign_keys(connection: Connection, *, on: bool) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


run_migrations()
