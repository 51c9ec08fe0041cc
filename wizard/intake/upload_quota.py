"""How much may be uploaded: by one network in a day, and in all as long as no ticket owns it (threats U05, L17).

Both are counted in rows that are kept up to date, so that nobody adds up all uploads while others wait to write.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, select, update

from wizard.config.settings import Settings
from wizard.db.engine import advisory_lock
from wizard.db.models import PendingUpload, UploadUsage
from wizard.limits.usage import DAY, HOUR, USAGE_LIFETIME, hour_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERYBODY = ""
"""The sender of the one row that counts all pending uploads; its hour is ``EPOCH``."""

_TOTAL = and_(UploadUsage.sender == EVERYBODY, UploadUsage.hour == EPOCH)


def lock_uploads(connection: Connection) -> None:
    """Let nobody else add, attach or delete uploads until the end of the transaction."""
    advisory_lock(connection, "uploads")


def has_room(connection: Connection, settings: Settings, sender: str, size: int, now: datetime) -> bool:
    """Whether a file finds room among the pending ones and in its sender's day; what arrived counts, sent or not.

    The disk's reserve is the storage's own.
    """
    pending = connection.execute(select(UploadUsage.bytes).where(_TOTAL)).scalar()
    if pending is None:
        pending = _counted(connection)[1]
    # The first of these hours began up to 25 hours ago: no 24 hours ever hold more than a day's allowance.
    arrived = select(func.coalesce(func.sum(UploadUsage.bytes), 0)).where(
        UploadUsage.sender == sender, UploadUsage.hour > now - DAY - HOUR
    )
    day = int(connection.execute(arrived).scalar_one())
    return pending + size <= settings.upload_spool_bytes and day + size <= settings.upload_bytes_per_ip_day


def has_files_left(connection: Connection, settings: Settings, sender: str, now: datetime) -> bool:
    """Whether a network may upload another file in this hour. Those who ask at the same time may be one too many."""
    if not settings.upload_files_per_ip_hour:
        return True
    this_hour = and_(UploadUsage.sender == sender, UploadUsage.hour == hour_of(now))
    files = connection.execute(select(UploadUsage.files).where(this_hour)).scalar()
    return (files or 0) < settings.upload_files_per_ip_hour


def count_arrival(connection: Connection, sender: str, size: int, now: datetime) -> None:
    """Count a file that is now pending. Under ``lock_uploads``, after its row."""
    hour = hour_of(now)
    of_sender = and_(UploadUsage.sender == sender, UploadUsage.hour == hour)
    if not _add(connection, of_sender, 1, size):
        row = {"sender": sender, "hour": hour, "files": 1, "bytes": size}
        connection.execute(insert(UploadUsage), row)
    if not _add(connection, _TOTAL, 1, size):
        recount(connection)


def count_gone(connection: Connection, files: int, size: int) -> None:
    """Give back the room of files that are pending no longer; the day of their senders stays used. Under the lock."""
    _add(connection, _TOTAL, -files, -size)


def recount(connection: Connection, old: datetime = EPOCH) -> None:
    """Count all pending uploads since ``old`` anew: what crashes and former versions did to the count ends here.

    Under the lock.
    """
    files, size = _counted(connection, old)
    connection.execute(delete(UploadUsage).where(_TOTAL))
    total = {"sender": EVERYBODY, "hour": EPOCH, "files": files, "bytes": size}
    connection.execute(insert(UploadUsage), total)


def forget_old_usage(connection: Connection, now: datetime) -> None:
    """Delete the hours that count no longer."""
    old = UploadUsage.hour < now - USAGE_LIFETIME
    connection.execute(delete(UploadUsage).where(UploadUsage.sender != EVERYBODY, old))


def _counted(connection: Connection, old: datetime = EPOCH) -> tuple[int, int]:
    counted = select(func.count(), func.coalesce(func.sum(PendingUpload.size), 0)).select_from(PendingUpload)
    files, size = connection.execute(counted.where(PendingUpload.created_at >= old)).one()
    return files, int(size)


def _add(connection: Connection, row: ColumnElement[bool], files: int, size: int) -> bool:
    """Change a count, never to less than nothing; False when there is no such row yet."""
    changed = update(UploadUsage).where(row)
    changed = changed.values(
        files=_not_negative(UploadUsage.files + files), bytes=_not_negative(UploadUsage.bytes + size)
    )
    return connection.execute(changed).rowcount == 1


def _not_negative(count: ColumnElement[int]) -> ColumnElement[int]:
    return case((count > 0, count), else_=0)
