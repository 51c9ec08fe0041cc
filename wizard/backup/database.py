"""The database's part of a backup: one moment of it copied while others write, and such a copy put in place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from wizard.backup import postgresql
from wizard.backup.manifest import BackupError, Manifest
from wizard.db.engine import db, reading, writing

_TABLES_OF_OTHERS = ("alembic_version",)
"""Tables of ours that no model describes."""

IN_USE = "the database is in use. Stop the service, its workers and whatever else has it open"


def kind() -> str:
    """``sqlite`` or ``postgresql``."""
    return db.engine.dialect.name


@contextmanager
def one_moment() -> Iterator[Connection]:
    """A transaction that sees the database as it is at its first query, whatever others commit meanwhile."""
    options = {"only_reads": True} if kind() == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with db.engine.connect().execution_options(**options) as connection:
        yield connection


def copy_database(connection: Connection, copy: Path) -> None:
    """Copy the moment that a connection of ``one_moment`` sees. Nobody who writes waits for it.

    Raises:
        BackupError: it cannot be copied, or is damaged.
    """
    if kind() == "postgresql":
        postgresql.dump(connection, copy)
        return
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    try:
        with closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        with closing(_opened(copy)) as target:
            verdict = target.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as fault:
        raise BackupError(f"the database cannot be copied: {fault}") from None
    if verdict != "ok":
        raise BackupError(
            f"the database is damaged: {verdict}. Keep it as it is, and restore the last backup elsewhere"
        )


def check_is_empty() -> None:
    """See that the configured database can be reached, holds no ticket, and is not in use.

    Raises:
        BackupError: it is not so.
    """
    count, _ = _tickets()
    if count:
        raise BackupError("the database holds tickets. Restore into an empty one (WIZARD_SQLALCHEMY_DATABASE_URI)")


def check_holds_nothing_else(manifest: Manifest) -> None:
    """See that a database whose restore was interrupted holds no ticket that the backup has not, and is not in use.

    Raises:
        BackupError: it is not so.
    """
    count, last_number = _tickets()
    # The backup's database is put in place wholly or not at all.
    if count not in (0, manifest.counts["tickets"]) or last_number > manifest.last_number:
        raise BackupError(
            "the database holds tickets that came after the restore was interrupted and would be lost. Restore into "
            "another, empty database (WIZARD_SQLALCHEMY_DATABASE_URI)"
        )


def put_in_place(copy: Path) -> None:
    """Make the configured database what the copy is: wholly or not at all.

    Raises:
        BackupError: it cannot be done.
    """
    db.engine.dispose()
    if kind() == "postgresql":
        _drop_empty_tables()
        postgresql.load(copy)
        return
    # Page by page in one transaction of the target, not a file in place of another: whoever opens it meanwhile waits.
    with closing(_locked(_sqlite_file())) as target, closing(_opened(copy)) as source:
        source.backup(target)


def _tickets() -> tuple[int, int]:
    """How many tickets there are, and the highest number, of a database that nobody else has open."""
    try:
        if kind() == "sqlite":
            database = _sqlite_file()
            if not database.exists():
                return 0, 0
            with closing(_locked(database)):
                pass
        elif others := postgresql.other_connections():
            raise BackupError(f"{IN_USE}: there are {others} other connections")
        with reading() as connection:
            if not inspect(connection).has_table("tickets"):
                return 0, 0
            count, last_number = connection.execute(text("SELECT count(*), max(number) FROM tickets")).one()
            return count, last_number or 0
    except DBAPIError as fault:
        raise BackupError(f"the database cannot be reached: {type(fault.orig).__name__}") from None
    finally:
        db.engine.dispose()


def _drop_empty_tables() -> None:
    with writing() as connection:
        for table in _TABLES_OF_OTHERS:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        db.metadata.drop_all(connection)


def _sqlite_file() -> Path:
    name = db.engine.url.database
    if not name or name == ":memory:":
        raise BackupError("WIZARD_SQLALCHEMY_DATABASE_URI names no file")
    return Path(name)


def _opened(copy: Path) -> sqlite3.Connection:
    # Immutable: a reader leaves no -wal and -shm beside the copy.
    return sqlite3.connect(f"file:{quote(str(copy.absolute()))}?mode=ro&immutable=1", uri=True)


def _locked(database: Path) -> sqlite3.Connection:
    """The database, kept from everybody else as long as the connection is open."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.Error as fault:
        connection.close()
        raise BackupError(f"{database}: {IN_USE if 'locked' in str(fault) else fault}") from None
    return connection
