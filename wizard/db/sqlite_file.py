"""SQLite's file: whether it is still the one in its folder, and whether its pages can be read.

A file that is removed or replaced under a running process goes on taking commits, and nobody will ever see them.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlalchemy.exc import SQLAlchemyError

CHECK_EVERY = 20.0
"""Seconds from the end of one look through the pages to the next, at least."""

CHECK_LONGEST = 5.0
"""Seconds that a look may take; the next one goes on at the table where this one ended. A table that takes longer by
itself has twice the time at its next turn, and so on."""

CHECK_SHARE = 50
"""It rests so many times as long as it took, so that it never costs more than two percent of a core."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_files: WeakKeyDictionary[Dialect, tuple[int, int]] = WeakKeyDictionary()
"""Device and inode of the file that an engine opened first."""

_damaged: WeakKeyDictionary[Dialect, str] = WeakKeyDictionary()
"""What an engine's own work met of damage."""


class DatabaseFileReplaced(SQLAlchemyError):
    """The database's file was removed or replaced while this process had it open; what it writes would be lost."""


def remember_file(dialect: Dialect, path: str) -> None:
    """Note which file an engine works on. The first one counts."""
    if (identity := _identity(path)) is not None:
        _files.setdefault(dialect, identity)


def require_same_file(dialect: Dialect, path: str) -> None:
    """See that the file of an engine is still the one in the folder.

    Raises:
        DatabaseFileReplaced: it is not.
    """
    known = _files.get(dialect)
    if known is not None and known != _identity(path):
        raise DatabaseFileReplaced(
            f"{path} is not the file that this process has open. Put that one back, or stop the service and restore"
        )


def note_damage(dialect: Dialect, fault: BaseException | None) -> None:
    """Remember an error that tells of damaged pages, until this process ends: no page mends itself."""
    if isinstance(fault, sqlite3.DatabaseError) and getattr(fault, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
        _damaged[dialect] = str(fault)


class PageCheck:
    """Looks through the pages now and then, in a thread of its own that ends with the look.

    What was found stays known until the process ends: no page mends itself.
    """

    def __init__(self, path: str, dialect: Dialect) -> None:
        self._path, self._dialect = path, dialect
        self._next = 0.0
        self._lock = threading.Lock()
        self._found: str | None = None
        self._first: str | None = None
        self._longest = CHECK_LONGEST

    def damage(self) -> str | None:
        """What is known to be damaged; begins a look when it is time for one."""
        with self._lock:
            if time.monotonic() >= self._next:
                self._next = float("inf")
                threading.Thread(target=self._look, name="page check", daemon=True).start()
        return _damaged.get(self._dialect) or self._found

    def _look(self) -> None:
        begun = time.monotonic()
        try:
            look = look_through(self._path, self._longest, self._first)
            self._found = self._found or look.damage
            is_out_of_time = time.monotonic() - begun >= self._longest
            is_too_large = is_out_of_time and look.unfinished == look.first
            self._longest = 2 * self._longest if is_too_large else CHECK_LONGEST
            self._first = look.unfinished
        finally:
            took = time.monotonic() - begun
            self._next = time.monotonic() + max(CHECK_EVERY, CHECK_SHARE * took)


@dataclass
class Look:
    """What a look through the pages saw."""

    damage: str | None = None
    first: str | None = None
    """The table at which it began."""
    unfinished: str | None = None
    """The table at which its time ended; None when it came to the end."""


def look_through(path: str, longest: float, first: str | None = None) -> Look:
    """Look for damage in a database's pages for at most ``longest`` seconds, from the table ``first`` on.

    It reads by a connection of its own: that of others has pages in its cache.
    """
    look = Look(first=first, unfinished=first)
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, check_same_thread=False)) as connection:
            timer = threading.Timer(longest, connection.interrupt)
            timer.daemon = True
            timer.start()
            try:
                _look_at_tables(connection, time.monotonic() + longest, first, look)
            finally:
                timer.cancel()
    except sqlite3.OperationalError:
        # Out of time, or away: that is found out elsewhere.
        pass
    except sqlite3.DatabaseError as fault:
        look.damage, look.unfinished = str(fault), None
    return look


def _look_at_tables(connection: sqlite3.Connection, end: float, first: str | None, look: Look) -> None:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    # The outbox first, and the tickets last: they have most of the bytes, and grow by their end alone.
    names.sort(key=lambda name: (name != "outbox", name == "tickets", name))
    names = names[names.index(first) :] if first in names else names
    look.first = names[0] if names else None
    for look.unfinished in names:
        if time.monotonic() >= end:
            # An interrupt ends what runs, and not what has not begun.
            return
        [(finding,), *_] = connection.execute(f'PRAGMA quick_check("{look.unfinished}")').fetchall()
        if finding != "ok":
            look.damage = str(finding)
            break
    look.unfinished = None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


@cache
def file_of(url_database: str | None) -> str | None:
    """The path in a database's URL; None for a database in memory, or for a URI of SQLite's own."""
    if not url_database or url_database.startswith((":memory:", "file:")):
        return None
    return str(Path(url_database).absolute())
