"""Uploads: files that come from some network, and grow old."""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from installation import Installation
from sqlalchemy import select, update

from wizard.catalog.questions import FileType
from wizard.db.engine import writing
from wizard.db.models import PendingUpload
from wizard.intake.uploads import Incoming, receive
from wizard.tickets.report import Attachment

TEXT: tuple[FileType, ...] = ("txt",)


def upload(desk: Installation, content: bytes, name: str = "log.txt", caller: str = "203.0.113.5") -> Attachment:
    """Send a file as a page or the API would."""
    with desk.app.app_context():
        return receive(desk.container, Incoming(name, io.BytesIO(content)), TEXT, caller)


def age(desk: Installation, key: str, hours: float = 26) -> None:
    """Let the bytes of a key be some hours old."""
    then = time.time() - hours * 3600
    os.utime(desk.container.store.path(key), (then, then))


def age_uploads(desk: Installation, hours: float = 26) -> None:
    """Let everything that is pending have come some hours ago."""
    for (key,) in set(desk.query(select(PendingUpload.storage_key))):
        with suppress(FileNotFoundError):
            age(desk, key, hours)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(PendingUpload).values(created_at=datetime.now(UTC) - timedelta(hours=hours)))


def stored_keys(desk: Installation) -> set[str]:
    """The keys of all files that lie in the storage."""
    return set(desk.container.store.all_keys())
