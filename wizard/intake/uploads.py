"""Pending uploads: files of no ticket yet, received, named by signed names, then attached to a ticket."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO

from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import SQLAlchemyError

from wizard.catalog.questions import FileType
from wizard.config.logs import place_of, security_event
from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import PendingUpload, TicketAttachment
from wizard.files.file_names import shown_name
from wizard.files.inspection import CheckedFile, FileRefused, inspect
from wizard.files.signed_names import sign, unsign
from wizard.files.storage import StorageFull, key_of
from wizard.intake import upload_quota
from wizard.intake.ownership import known_keys
from wizard.intake.upload_quota import lock_uploads
from wizard.limits.heavy.allowance import Allowance
from wizard.limits.heavy.reading import looking
from wizard.tickets.caller import Caller
from wizard.tickets.report import Attachment
from wizard.values.ip import network_of
from wizard.values.keyed_digest import keyed_digest

log = logging.getLogger(__name__)

TRIES = 5
"""How often bytes are stored again that a sweep deletes before their row is there."""


@dataclass
class FilesByQuestion:
    """The files that somebody names or sends, and what is wrong with them, at the questions that they answer."""

    by_question: dict[str, list[Attachment]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """All of them, in the order of the questions."""
        return tuple(attachment for attachments in self.by_question.values() for attachment in attachments)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are for each question."""
        return {question: len(attachments) for question, attachments in self.by_question.items()}


@dataclass(frozen=True)
class Incoming:
    """A file as it arrives."""

    name: str
    stream: IO[bytes]


def receive(
    container: Container,
    file: Incoming,
    types: tuple[FileType, ...],
    caller: str | None,
    allowance: Allowance | None = None,
    *,
    counts_files: bool = True,
) -> Attachment:
    """Check a file by its content and store it for a day.

    Args:
        container: the installation.
        file: the file.
        types: the kinds that are asked for.
        caller: the address that it comes from.
        allowance: that of the request, where the request may bring other files.
        counts_files: False for a site's own server, whose files have no hourly number.

    Raises:
        FileRefused: the file is not of the allowed kinds or too large, or there is no room or no time for it now.
    """
    try:
        return _receive(container, file, types, caller, allowance, counts_files=counts_files)
    except FileRefused as refused:
        caller_id = Caller(network_of(caller)).log_id(container.settings.secret_key)
        security_event("upload_refused", caller=caller_id, reason=refused.reason)
        raise


def _receive(
    container: Container,
    file: Incoming,
    types: tuple[FileType, ...],
    caller: str | None,
    allowance: Allowance | None,
    *,
    counts_files: bool,
) -> Attachment:
    allowance = allowance or Allowance.of(container.settings, network_of(caller))
    sender = _sender_key(container, caller)
    # Before anything is thought about it: whoever has used up the quota does not make the service decode.
    if not _has_room(container, sender, 1, file.name, counts_files=counts_files):
        raise FileRefused("no_room", name=shown_name(file.name))
    checked = inspect(file.stream, file.name, types, container.settings.upload_max_bytes, looking(allowance))
    # Before a byte is written, and without the lock of those who write: a refusal costs the others nothing.
    if not _has_room(container, sender, checked.size, checked.name, counts_files=False):
        raise FileRefused("no_room", name=checked.name)
    try:
        upload_id = _store(container, checked, sender)
    except (StorageFull, OSError, SQLAlchemyError) as error:
        raise _not_stored(error, checked.name) from error
    if upload_id is None:
        raise FileRefused("no_room", name=checked.name)
    key = key_of(checked.sha256)
    return Attachment(key, checked.name, checked.type, checked.size, checked.sha256, upload_id=upload_id)


def _has_room(container: Container, sender: str, size: int, name: str, *, counts_files: bool) -> bool:
    settings, now = container.settings, datetime.now(UTC)
    try:
        with reading() as connection:
            return upload_quota.has_room(connection, settings, sender, size, now) and (
                not counts_files or upload_quota.has_files_left(connection, settings, sender, now)
            )
    except (OSError, SQLAlchemyError) as error:
        raise _not_stored(error, shown_name(name)) from error


def _not_stored(error: Exception, name: str) -> FileRefused:
    log.error("file not stored: %s", place_of(error))
    return FileRefused("no_room", name=name)


def _store(container: Container, checked: CheckedFile, sender: str) -> str | None:
    """Store the bytes, then the row of a pending upload. Returns its id; None when others took the room meanwhile."""
    key = key_of(checked.sha256)
    for _ in range(TRIES):
        checked.stream.seek(0)
        # The row comes after the file: what is left by a crash between them is swept as an orphan.
        container.store.put(checked.stream, key, checked.size)
        with writing() as connection:
            lock_uploads(connection)
            # The same bytes may have been another's, and been deleted with that one's row before we had the lock.
            if container.store.holds(key, checked.size):
                return _insert(connection, container, checked, sender)
    raise FileNotFoundError(key)


def _insert(connection: Connection, container: Container, checked: CheckedFile, sender: str) -> str | None:
    now, key = datetime.now(UTC), key_of(checked.sha256)
    if not upload_quota.has_room(connection, container.settings, sender, checked.size, now):
        if not known_keys(connection, [key]):
            container.store.delete(key)
        return None
    # Random, though the key is not: two senders of the same bytes have an upload each.
    upload_id = secrets.token_hex(16)
    upload = {
        "id": upload_id,
        "storage_key": key,
        "name": checked.name,
        "type": checked.type,
        "size": checked.size,
        "sha256": checked.sha256,
        "sender": sender,
        "created_at": now,
    }
    connection.execute(insert(PendingUpload), upload)
    upload_quota.count_arrival(connection, sender, checked.size, now)
    return upload_id


def signed_name(container: Container, attachment: Attachment) -> str:
    """The name under which a page or a program carries a pending upload.

    It says all that a report needs to know of the file, so that no page depends on the database for it.
    """
    content = {name: value for name, value in vars(attachment).items() if name != "question"}
    return sign(json.dumps(content, ensure_ascii=False), _keys(container))


def of_signed_name(container: Container, name: str) -> Attachment | None:
    """The pending upload of a signed name; None when the name is not ours or the file's day is over."""
    content = unsign(name, _keys(container), int(container.settings.upload_lifetime.total_seconds()))
    return Attachment(**json.loads(content)) if content else None


def is_stored(container: Container, attachment: Attachment) -> bool:
    """Whether the bytes of a file lie in the storage, whole. A ticket must not be accepted with a file without them."""
    return container.store.holds(attachment.id, attachment.size)


def attach(connection: Connection, number: int, follow_up: int, attachments: Sequence[Attachment]) -> None:
    """Let a ticket own files: they no longer take room among those that nobody has sent. Part of its transaction."""
    if not attachments:
        return
    lock_uploads(connection)
    pending = PendingUpload.id.in_([attachment.upload_id or attachment.id for attachment in attachments])
    sizes = connection.execute(delete(PendingUpload).where(pending).returning(PendingUpload.size)).scalars().all()
    upload_quota.count_gone(connection, len(sizes), sum(sizes))
    connection.execute(
        insert(TicketAttachment),
        [
            {
                "ticket_number": number,
                "follow_up": follow_up,
                "storage_key": attachment.id,
                "name": attachment.name,
                "type": attachment.type,
                "size": attachment.size,
                "sha256": attachment.sha256,
                "question": attachment.question,
            }
            for attachment in attachments
        ],
    )


def _keys(container: Container) -> list[str]:
    return [*container.settings.secret_key_fallbacks, container.settings.secret_key]


def _sender_key(container: Container, caller: str | None) -> str:
    """Whom an upload counts for, keyed so that no address is stored."""
    return keyed_digest(container.settings.secret_key, network_of(caller))
