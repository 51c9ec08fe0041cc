"""Retention: how long unsent uploads and used idempotency keys are stored, and the hourly cleanup of older ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import PendingUpload, Submission, TicketAttachment
from wizard.intake.idempotency import KEY_LIFETIME

SWEEP_MARGIN = timedelta(hours=1)
"""The sweep waits this much longer than signed names and keys are good: no report finds its file half deleted, and
clocks differ."""


def sweep(container: Container, now: datetime) -> None:
    """Delete what is past its retention. Whoever starts a worker has this done every hour."""
    with container.sweep_lock.deleting() as is_free:
        if is_free:
            sweep_uploads(container, now)
    forget_old_keys(now)


def sweep_uploads(container: Container, now: datetime) -> int:
    """Delete the files that nobody sent. Returns how many were deleted.

    Rows go first and files after them, so that a crash in between leaves an orphan, which the next sweep finds, and
    never a row without its file (threats U08).
    """
    old = now - container.settings.upload_lifetime - SWEEP_MARGIN
    with writing() as connection:
        connection.execute(delete(PendingUpload).where(PendingUpload.created_at < old))
    deleted = 0
    for key in container.store.keys_older_than(now - old):
        if not _is_used(key):
            container.store.delete(key)
            deleted += 1
    return deleted


def _is_used(key: str) -> bool:
    with reading() as connection:
        attached = connection.execute(
            select(TicketAttachment.id).where(TicketAttachment.storage_key == key).limit(1)
        ).first()
        return bool(attached or connection.execute(select(PendingUpload.id).where(PendingUpload.id == key)).first())


def forget_old_keys(now: datetime) -> None:
    """Forget the keys that nobody was promised to be known any longer."""
    with writing() as connection:
        connection.execute(delete(Submission).where(Submission.created_at < now - KEY_LIFETIME - SWEEP_MARGIN))
