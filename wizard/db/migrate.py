"""Migrations (Alembic): bringing the tables to the newest version."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from wizard.db.engine import db, reading

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate_to_newest(app: Flask) -> None:
    """Apply the migrations that are missing, and leave no connection open."""
    with app.app_context():
        if _version() != newest_version():
            # Imported here: Alembic takes a quarter of a second to load, and is seldom needed.
            from flask_migrate import upgrade

            register_migrations(app)
            upgrade()
        db.engine.dispose()


def register_migrations(app: Flask) -> None:
    """Tell Flask-Migrate, and so ``flask db``, where the migrations are."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)  # type: ignore[no-untyped-call]


def _version() -> str | None:
    """The version that the database says it has."""
    try:
        with reading() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        return None


def newest_version() -> str:
    """The version of the last migration: their files begin with it, and sort by it."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
