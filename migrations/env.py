"""Alembic's environment: migrations run on the app's own engine."""

from alembic import context
from flask import current_app

from wizard.db import models  # noqa: F401  (the tables must be known)
from wizard.db.migrate import migration_lock, refuse_newer_version, version_of

database = current_app.extensions["migrate"].db


def _is_sqlite(connection: object) -> bool:
    # SQLite changes a table by copying it.
    return connection.dialect.name == "sqlite"  # type: ignore[attr-defined]


def run() -> None:
    """Apply the missing migrations, one process at a time."""
    with migration_lock(), database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=_is_sqlite(connection),
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Several workers may start together; the second one waits here and then has nothing to do.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261123)")
            refuse_newer_version(version_of(connection))
            context.run_migrations()


run()
