"""Migrations (Alembic): bringing the tables to the newest version, and saying when they are of another one."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from click import ClickException
from flask import Flask
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from wizard.db.engine import db, reading, sqlite_path

MIGRATIONS = Path(__file__).parents[2] / "migrations"

_holds_lock: ContextVar[bool] = ContextVar("holds_migration_lock", default=False)


class DatabaseVersionError(ClickException):
    """This program cannot work with the database as it is; the text says what to do, and a command prints just that."""


def migrate_to_newest(app: Flask) -> None:
    """Apply the migrations that are missing, one process at a time, and leave no connection open.

    Raises:
        DatabaseVersionError: the database is newer than this program, or cannot be read.
    """
    with app.app_context(), migration_lock():
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


def require_newest_version() -> None:
    """For commands that look after a database and must not change its tables. Needs the app's context.

    Raises:
        DatabaseVersionError: the tables are older or newer than this program, or cannot be read.
    """
    version, newest = _version(), newest_version()
    if version != newest:
        state = f"has version {version}" if version else "has no tables yet"
        raise DatabaseVersionError(
            f"This database {state}; this program needs {newest}. Run `flask db upgrade`, or start the service."
        )


def refuse_newer_version(version: str | None) -> None:
    """Raise ``DatabaseVersionError`` when a version is none that this program knows."""
    if version and version not in known_versions():
        raise DatabaseVersionError(
            f"This database was made by a newer version ({version}; this program knows up to {newest_version()}). "
            "Install that version, or restore a backup."
        )


@contextmanager
def migration_lock() -> Iterator[None]:
    """Let one process at a time migrate; the others wait. Needs the app's context, and may be taken twice.

    SQLite: a lock on a file beside the database. PostgreSQL has one of its own (``migrations/env.py``).
    """
    path = sqlite_path()
    if path is None or _holds_lock.get():
        yield
        return
    with Path(f"{path}.migration-lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held = _holds_lock.set(True)
        try:
            yield
        finally:
            _holds_lock.reset(held)


def version_of(connection: Connection) -> str | None:
    """The version that the database says it has; None for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def known_versions() -> tuple[str, ...]:
    """The versions of all migrations, the newest last: their files begin with them, and sort by them."""
    return tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def newest_version() -> str:
    """The version of the last migration."""
    return known_versions()[-1]


def _version() -> str | None:
    path = sqlite_path()
    if path is not None and not Path(path).exists():
        # Who only looks must not make the file.
        return None
    try:
        with reading() as connection:
            version = version_of(connection)
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise DatabaseVersionError(
            f"The database cannot be read: {reason}. See WIZARD_SQLALCHEMY_DATABASE_URI."
        ) from None
    refuse_newer_version(version)
    return version
