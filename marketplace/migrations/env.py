"""Alembic's entry: runs inside the app's context on the app's own engine, then installs the triggers."""

from alembic import context
from sqlalchemy import inspect

from marketplace.core.db import Base, db, install_guards


def run_migrations() -> None:
    """Apply the versions; SQLite tables are rebuilt in batches, which drops triggers, so the guards follow every run."""
    connectable = context.config.attributes.get("connection") or db.engine
    with connectable.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True,
            transaction_per_migration=False,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
        if inspect(connection).has_table("audit_event"):
            install_guards(connection)
            connection.commit()


run_migrations()
