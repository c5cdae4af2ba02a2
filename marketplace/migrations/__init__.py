"""The database's versions (Alembic): one set for SQLite and PostgreSQL, triggers installed after each run."""
