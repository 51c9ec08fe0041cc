"""Retention: the hourly cleanup of what is past its time, and how long unsent uploads and idempotency keys are stored.

That of tickets and deliveries stands in ``ticket_retention``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import delete, select

from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import PendingUpload, Submission
from wizard.db.scrub import empty_log
from wizard.intake import upload_quota
from wizard.intake.erased_files import delete_erased_files
from wizard.intake.idempotency import KEY_LIFETIME
from wizard.intake.ownership import known_keys, may_delete_files
from wizard.intake.ticket_retention import erase_old
from wizard.intake.upload_quota import lock_uploads
from wizard.limits.proof import forget_used_challenges
from wizard.limits.usage import forget_old_usage
from wizard.outbox.digest import enqueue_digests

log = logging.getLogger(__name__)

SWEEP_MARGIN = timedelta(hours=1)
"""The sweep waits this much longer than signed names and keys are good: no report finds its file half deleted, and
clocks differ."""

BATCH = 500
"""Files that are looked up, or deleted, at a time: whoever accepts a report in between waits for no more."""

MOST_UNKNOWN = 20
"""Files that may be deleted though no row knows them. Of more than these, no more than half of all: crashes leave a
few, a database that is older than the files leaves many."""


def sweep(container: Container, now: datetime) -> bool:
    """Tell the desk what is held, and delete what is past its retention. Every worker does this hourly.

    Returns whether there is more than one sweep does: then it is to be called again soon.
    """
    enqueue_digests(now)
    forget_old_usage(now)
    forget_used_challenges(now)
    with container.sweep_lock.deleting() as is_free:
        if is_free:
            sweep_uploads(container, now)
    count_uploads(now, now - upload_age(container))
    forget_old_keys(now)
    is_more = erase_old(container, now)
    delete_erased_files(container)
    empty_log()
    return is_more


def sweep_uploads(container: Container, now: datetime) -> int:
    """Delete the files that nobody sent. Returns how many were deleted: none that it would be a mistake to delete.

    Files go before their rows, under the lock of uploads. A crash in between leaves rows that are past their time, of
    which the next sweep clears; nobody is ever promised a file that is gone (threats U08).
    """
    if not may_delete_files(container):
        return 0
    old = now - upload_age(container)
    unused = find_unused(container.store.keys_older_than(upload_age(container)), old)
    deleted = delete_unused(container, unused.expired, old)
    container.store.clear_unfinished(upload_age(container))
    _forget_expired(old)
    if len(unused.unknown) > max(MOST_UNKNOWN, unused.looked_at // 2):
        log.error(
            "none of these files is deleted: the database knows nothing of %s of %s old files. Is it an older copy, "
            "or another? If it is the right one, delete them with: flask files unknown --delete",
            len(unused.unknown),
            unused.looked_at,
        )
        return deleted
    return deleted + delete_unused(container, unused.unknown, old)


def upload_age(container: Container) -> timedelta:
    """The age at which an upload that nobody sent is past its time."""
    return container.settings.upload_lifetime + SWEEP_MARGIN


@dataclass
class UnusedFiles:
    """Old files that no ticket has and no upload that is still good."""

    looked_at: int = 0
    """How many old files there are, used or not."""
    expired: list[str] = field(default_factory=list)
    """Keys of uploads whose time is over."""
    unknown: list[str] = field(default_factory=list)
    """Keys of which the database knows nothing: left by a crash, or another database's."""


def find_unused(keys: Iterable[str], old: datetime) -> UnusedFiles:
    """Which of the keys nobody uses, when uploads from before ``old`` are past their time."""
    unused, keys = UnusedFiles(), iter(keys)
    while batch := list(islice(keys, BATCH)):
        unused.looked_at += len(batch)
        with reading() as connection:
            rest = set(batch) - known_keys(connection, batch, since=old)
            expired = known_keys(connection, list(rest)) if rest else set()
        unused.expired += expired
        unused.unknown += rest - expired
    return unused


def delete_unused(container: Container, keys: Sequence[str], old: datetime) -> int:
    """Delete those of the files that nobody uses now either and that are still old. Returns how many."""
    deleted, age = 0, upload_age(container)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        with writing() as connection:
            # Whoever stores the same bytes makes the file young first, and looks for it again once it has this lock.
            lock_uploads(connection)
            used = known_keys(connection, batch, since=old)
            deleted += sum(container.store.delete(key, age) for key in batch if key not in used)
    return deleted


def _forget_expired(old: datetime) -> None:
    """Delete the rows of uploads whose time is over."""
    expired = select(PendingUpload.id).where(PendingUpload.created_at < old).limit(BATCH)
    is_any_left = True
    while is_any_left:
        with writing() as connection:
            lock_uploads(connection)
            gone = connection.execute(delete(PendingUpload).where(PendingUpload.id.in_(expired)))
            is_any_left = gone.rowcount == BATCH


def count_uploads(now: datetime, old: datetime) -> None:
    """Set right what is counted of uploads, and forget the hours of former days.

    Uploads from before ``old`` take no room, though their rows stay with their files while the sweep is held: an older
    copy of the database may call pending what a ticket had.
    """
    with writing() as connection:
        lock_uploads(connection)
        upload_quota.recount(connection, old)
        upload_quota.forget_old_usage(connection, now)


def forget_old_keys(now: datetime) -> None:
    """Forget the keys that nobody was promised to be known any longer."""
    with writing() as connection:
        connection.execute(delete(Submission).where(Submission.created_at < now - KEY_LIFETIME - SWEEP_MARGIN))
