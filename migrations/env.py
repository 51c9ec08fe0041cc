"""How Alembic reaches the database: through the app's own engine."""

from alembic import context
from flask import current_app

from wizard.db import models  # noqa: F401  (the tables must be known)

database = current_app.extensions["migrate"].db


def _batch(connection: object) -> bool:
    # SQLite changes a table by copying it.
    return connection.dialect.name == "sqlite"  # type: ignore[attr-defined]


def run() -> None:
    """Apply what is missing, one starter at a time."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=_batch(connection),
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Several workers may start together; the second one waits here and then finds nothing to do.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261123)")
            context.run_migrations()


run()
