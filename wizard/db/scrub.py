"""Scrubbing SQLite's file: what was deleted is not to be found in it any more (threats V03).

``secure_delete`` overwrites what is deleted (``engine``). Two places are left: the write-ahead log, which holds former
pages until it is emptied; and, of a database that an earlier version wrote, what was deleted without being overwritten.
PostgreSQL sees to both by itself, in its own time.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from wizard.db.engine import sqlite_path

_REWRITTEN = 1
"""``user_version`` of a file that has held nothing deleted since it was last written anew."""

_PATIENCE_MS = 200
"""How long emptying the log waits for readers: as long as it waits, nobody writes."""

_BETWEEN = 0.1


def empty_log(tries: int = 1) -> bool:
    """Empty the write-ahead log. False when somebody was reading at every try. Needs the app's context."""
    path = sqlite_path()
    if path is None:
        return True
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        for left in reversed(range(tries)):
            if not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                return True
            if left:
                time.sleep(_BETWEEN)
    return False


def needs_rewriting() -> bool:
    """Whether the file may hold what an earlier version deleted. Needs the app's context."""
    path = sqlite_path()
    if path is None:
        return False
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0] < _REWRITTEN)


def rewrite() -> None:
    """Write the file anew, once in its life; others wait to write meanwhile, about a second for 100 MB.

    Raises:
        sqlite3.Error: it cannot be done now: somebody writes, or the disk has no room for a second copy.
    """
    path = sqlite_path()
    if path is None:
        return
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as connection:
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version = {_REWRITTEN}")
