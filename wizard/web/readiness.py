"""Whether a report can be accepted now: a commit that really happened, room on the disks, whole pages."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from wizard.container import Container
from wizard.db.engine import db, reading, sqlite_path, writing
from wizard.db.models import Installation
from wizard.db.sqlite_file import DatabaseFileReplaced, PageCheck

INTERVAL = 1.0
"""Seconds for which an answer holds: whoever asks more often costs no commit."""

STUCK = 15.0
"""Seconds after which a commit that does not come to an end counts as refused."""

_PROBE = update(Installation).where(Installation.id == 1)


class Readiness:
    """The readiness of one process, found out anew at most once a second."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._lock = threading.Lock()
        self._faults: list[str] | None = None
        self._begun_at = self._checked_at = 0.0
        self._pages: PageCheck | None = None

    def faults(self) -> list[str]:
        """Why no report can be accepted; empty when one can. Needs the app's context."""
        # One thread writes. The others need not wait for it, unless there is no answer yet.
        if not self._lock.acquire(timeout=self._patience()):
            is_stuck = time.monotonic() - self._begun_at > STUCK
            return ["database_away"] if self._faults is None or is_stuck else self._faults
        try:
            if self._faults is None or time.monotonic() - self._checked_at >= INTERVAL:
                self._begun_at = time.monotonic()
                self._faults = [fault for fault in (self._database_fault(), self._disk_fault()) if fault]
                self._checked_at = time.monotonic()
            return self._faults
        finally:
            self._lock.release()

    def _patience(self) -> float:
        """Seconds to wait for the thread that writes: the first answer of all, and only until it counts as stuck."""
        if self._faults is not None:
            return 0.0
        waited = time.monotonic() - self._begun_at if self._begun_at else 0.0
        return max(0.0, STUCK - waited)

    def _database_fault(self) -> str | None:
        path = sqlite_path()
        if path is not None:
            self._pages = self._pages or PageCheck(path, db.engine.dialect)
            if self._pages.damage():
                return "database_damaged"
        try:
            with writing() as connection:
                # Nothing less will do: BEGIN and ROLLBACK succeed while writes are refused.
                written = connection.execute(_PROBE.values(probed_at=datetime.now(UTC))).rowcount
        except DatabaseFileReplaced:
            return "database_file_replaced"
        except SQLAlchemyError:
            return "database_refuses_writes" if _can_be_read() else "database_away"
        return None if written else "database_refuses_writes"

    def _disk_fault(self) -> str | None:
        free = [self._container.store.free_bytes()]
        path = sqlite_path()
        # A folder that is gone has a fault of its own.
        if path is not None and (folder := Path(path).parent).is_dir():
            free.append(shutil.disk_usage(folder).free)
        return "disk_full" if min(free) < self._container.settings.disk_reserve_bytes else None


def _can_be_read() -> bool:
    try:
        with reading() as connection:
            connection.execute(select(Installation.id)).all()
    except SQLAlchemyError:
        return False
    return True
