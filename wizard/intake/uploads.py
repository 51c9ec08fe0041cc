"""Pending uploads: files of no ticket yet, received, named by signed names, then attached to a ticket."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from wizard.catalog.questions import FileType
from wizard.config.logs import place_of
from wizard.config.settings import Settings
from wizard.container import Container
from wizard.db.engine import advisory_lock, writing
from wizard.db.models import PendingUpload, TicketAttachment
from wizard.files.inspection import CheckedFile, FileRefused, inspect
from wizard.files.signed_names import sign, unsign
from wizard.files.storage import StorageFull
from wizard.tickets.report import Attachment
from wizard.values.ip import network_of

log = logging.getLogger(__name__)


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


def receive(container: Container, file: Incoming, types: tuple[FileType, ...], caller: str | None) -> Attachment:
    """Check a file by its content and store it for a day.

    Raises:
        FileRefused: the file is not of the allowed kinds or too large, or there is no room for it now.
    """
    checked = inspect(file.stream, file.name, types, container.settings.upload_max_bytes)
    return _store(container, checked, _sender_key(container, caller))


def _store(container: Container, checked: CheckedFile, sender: str) -> Attachment:
    try:
        key = container.store.put(checked.stream)
        # The row comes after the file: what is left by a crash between them is swept as an orphan.
        with writing() as connection:
            advisory_lock(connection, "uploads")
            has_room = _has_room(connection, container.settings, sender, checked.size)
            if has_room:
                connection.execute(
                    insert(PendingUpload),
                    {
                        "id": key,
                        "name": checked.name,
                        "type": checked.type,
                        "size": checked.size,
                        "sha256": checked.sha256,
                        "sender": sender,
                        "created_at": datetime.now(UTC),
                    },
                )
        if not has_room:
            container.store.delete(key)
    except (StorageFull, OSError, SQLAlchemyError) as error:
        log.error("file not kept: %s", place_of(error))
        raise FileRefused("no_room", name=checked.name) from error
    if not has_room:
        raise FileRefused("no_room", name=checked.name)
    return Attachment(key, checked.name, checked.type, checked.size, checked.sha256)


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


def attach(connection: Connection, number: int, follow_up: int, attachments: Sequence[Attachment]) -> None:
    if attachments:
        # From now on the ticket owns them; they no longer take room among the files that nobody has sent.
        connection.execute(
            delete(PendingUpload).where(PendingUpload.id.in_([attachment.id for attachment in attachments]))
        )
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


def _has_room(connection: Connection, settings: Settings, sender: str, size: int) -> bool:
    """Whether the spool and the sender's day have room (threats U05); the disk's reserve is the storage's own."""
    day = datetime.now(UTC) - timedelta(days=1)
    pending = connection.execute(select(func.coalesce(func.sum(PendingUpload.size), 0))).scalar_one()
    today = select(func.coalesce(func.sum(PendingUpload.size), 0)).where(
        PendingUpload.sender == sender, PendingUpload.created_at > day
    )
    sent = connection.execute(today).scalar_one()
    return bool(pending + size <= settings.upload_spool_bytes and sent + size <= settings.upload_bytes_per_ip_day)


def _sender_key(container: Container, caller: str | None) -> str:
    """Whom an upload counts for, keyed so that no address is stored."""
    return hmac.new(container.settings.secret_key.encode(), network_of(caller).encode(), hashlib.sha256).hexdigest()
