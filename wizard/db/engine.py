"""The database engine and its transactions, for SQLite and PostgreSQL; ``create_app`` initialises it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, event, text
from sqlalchemy.exc import TimeoutError
from sqlalchemy.orm import DeclarativeBase

from wizard.db import sqlite_file


class Base(DeclarativeBase):
    """The tables' common class."""


db = SQLAlchemy(model_class=Base)

SQLITE_WAIT = 10.0
"""Seconds that a writer waits for another before it gives up."""

CONNECT_TIMEOUT = 10
"""Seconds that a PostgreSQL server may take to answer a connection, unless the URI or ``PGCONNECT_TIMEOUT`` says more
or less."""

_one_writer = threading.Lock()


@contextmanager
def writing() -> Iterator[Connection]:
    """A transaction that writes: committed at the end, rolled back by an exception.

    SQLite has one writer at a time, and whoever waits for it in SQLite polls. The threads of one process
    therefore wait for one another here, and only processes wait there.
    """
    is_sqlite = db.engine.dialect.name == "sqlite"
    with _sqlite_turn() if is_sqlite else nullcontext(), db.engine.begin() as connection:
        yield connection


@contextmanager
def _sqlite_turn() -> Iterator[None]:
    if not _one_writer.acquire(timeout=SQLITE_WAIT):
        raise TimeoutError("other writers of this process hold SQLite")
    try:
        yield
    finally:
        _one_writer.release()


def sqlite_path() -> str | None:
    """The file of the database; None for PostgreSQL and for SQLite in memory."""
    url = db.engine.url
    return sqlite_file.file_of(url.database) if url.get_backend_name() == "sqlite" else None


def advisory_lock(connection: Connection, name: str) -> None:
    """Serialise transactions that lock the same name, until they end. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection that only reads, and so waits for no writer."""
    with db.engine.connect().execution_options(only_reads=True) as connection:
        yield connection


@event.listens_for(Engine, "do_connect")
def _open_the_same_file(dialect: Dialect, _record: object, arguments: Any, parameters: Any) -> Any:
    """Open no other file than the first one: SQLite would make an empty one where that was removed."""
    if dialect.name != "sqlite" or (path := sqlite_file.file_of(arguments[0])) is None:
        return None
    sqlite_file.require_same_file(dialect, path)
    connection = dialect.connect(*arguments, **parameters)
    sqlite_file.remember_file(dialect, path)
    return connection


@event.listens_for(Engine, "do_connect")
def _wait_no_longer(dialect: Dialect, _record: object, _arguments: Any, parameters: Any) -> None:
    """Give up on a server that accepts a connection and says nothing: by itself, PostgreSQL's client waits forever."""
    if dialect.driver in ("psycopg", "psycopg2") and "PGCONNECT_TIMEOUT" not in os.environ:
        parameters.setdefault("connect_timeout", CONNECT_TIMEOUT)


@event.listens_for(Engine, "handle_error")
def _note_damage(context: ExceptionContext) -> None:
    """Remember damage for readiness: the next page that is read may be whole."""
    sqlite_file.note_damage(context.dialect, context.original_exception)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Make SQLite durable: a commit is on the disk before it returns (threats R28)."""
    if not isinstance(connection, sqlite3.Connection):
        return
    # sqlite3 opens transactions too late and as plain BEGIN; ours are opened below.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(SQLITE_WAIT * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted is gone from the file too, and not only from the tables (threats V03).
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_immediately(connection: Connection) -> None:
    """Take SQLite's write lock at once: a lock asked for halfway fails without waiting (threats R06, M6).

    Nothing is written into a file that is not in the folder any more.
    """
    if connection.dialect.name == "sqlite":
        only_reads = connection.get_execution_options().get("only_reads", False)
        if not only_reads and (path := sqlite_file.file_of(connection.engine.url.database)):
            sqlite_file.require_same_file(connection.dialect, path)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
