"""From a claim to the finished bytes of its letter."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, select

from wizard.config.desk import Desk
from wizard.config.logs import place_of
from wizard.container import Container
from wizard.db.engine import reading
from wizard.db.models import FollowUp, Ticket, TicketAttachment
from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.fallback_letter import compose_fallback, compose_unreadable
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter, LoadedFile
from wizard.mail.mime import serialise
from wizard.outbox.claim import Claim
from wizard.outbox.queue import ACKNOWLEDGEMENT, FOLLOW_UP
from wizard.tickets import snapshot
from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import TicketSnapshot

log = logging.getLogger(__name__)

Links = Sequence[tuple[Attachment, str]]

TICKET = select(Ticket.__table__).where(Ticket.number == bindparam("number"))
ITS_FOLLOW_UP = select(FollowUp.__table__).where(
    FollowUp.ticket_number == bindparam("number"), FollowUp.position == bindparam("follow_up")
)
ITS_FILES = (
    select(TicketAttachment.__table__)
    .where(TicketAttachment.ticket_number == bindparam("number"), TicketAttachment.follow_up == bindparam("follow_up"))
    .order_by(TicketAttachment.id)
)

ENCODED = 1.4
"""How much files grow in a mail: base64 in lines."""

REST_OF_LETTER = 100_000
"""Bytes left for text, HTML and ``ticket.json``."""


@dataclass(frozen=True)
class FinishedLetter:
    """A letter as it goes to the server."""

    content: bytes
    sender: str
    """Envelope sender; empty for letters that must never be answered by a robot."""


def compose(container: Container, claim: Claim) -> FinishedLetter:
    """Compose and serialise the letter that a claim stands for. The same claim gives the same bytes at every try.

    What cannot be composed goes to the desk as a plain letter with the record attached (threats E03).
    """
    with reading() as connection:
        of_letter = {"number": claim.ticket_number, "follow_up": claim.follow_up}
        ticket = connection.execute(TICKET, of_letter).one()
        follow_up = connection.execute(ITS_FOLLOW_UP, of_letter).first() if claim.follow_up else None
        rows: Sequence[Row[Any]] = (
            [] if claim.kind == ACKNOWLEDGEMENT else connection.execute(ITS_FILES, of_letter).all()
        )
    desk = container.desk(ticket.inbox, container.site(ticket.site))
    try:
        record = snapshot.load(ticket)
    except ValueError as fault:
        # Written by another version of this program. The desk gets it as it lies in the database.
        log.error("ticket %s: its record cannot be read: %s", claim.ticket_number, place_of(fault))
        if claim.kind == ACKNOWLEDGEMENT:
            raise
        unreadable = compose_unreadable(desk, ticket.number if ticket.receipt is None else None, ticket.record)
        return FinishedLetter(serialise(unreadable), unreadable.envelope_from)
    try:
        letter = _letter(container, claim, record, desk, follow_up, rows)
        return FinishedLetter(serialise(letter), letter.envelope_from)
    except (OSError, MemoryError):
        # Passing troubles of this machine: the letter is better late than poor.
        raise
    except Exception as fault:
        log.error("ticket %s: the %s letter cannot be composed: %s", claim.ticket_number, claim.kind, place_of(fault))
        if claim.kind == ACKNOWLEDGEMENT:
            raise
        letter = compose_fallback(record, desk, place_of(fault), words=getattr(follow_up, "text", ""))
        return FinishedLetter(serialise(letter), letter.envelope_from)


def _letter(
    container: Container, claim: Claim, record: TicketSnapshot, desk: Desk, follow_up: Any, rows: Sequence[Row[Any]]
) -> Letter:
    if claim.kind == ACKNOWLEDGEMENT:
        # The client reads the desk's name in the language of the rest.
        name = container.desk_name(container.site(record.site), record.language)
        return compose_acknowledgement(record, replace(desk, name=name), claim.recipient)
    files, links = _files(container, claim, record, rows)
    if claim.kind == FOLLOW_UP:
        return compose_follow_up(
            record,
            desk,
            follow_up.text,
            files,
            links,
            follow_up_number=follow_up.position,
            created_at=follow_up.created_at,
            verified=follow_up.verified,
        )
    return compose_desk_letter(record, desk, files, links)


def _files(
    container: Container, claim: Claim, record: TicketSnapshot, rows: Sequence[Row[Any]]
) -> tuple[list[LoadedFile], Links]:
    """The files to put in, or links to all of them when together they are more than a mail may carry."""
    attachments = [attachment_of(row) for row in rows]
    size = sum(attachment.size for attachment in attachments) * ENCODED + REST_OF_LETTER
    if not claim.with_files or size > container.settings.mail_max_bytes:
        return [], [(each, f"{record.token_url}files/{row.id}/") for each, row in zip(attachments, rows, strict=True)]
    files: list[LoadedFile] = []
    missing: list[tuple[Attachment, str]] = []
    for each, row in zip(attachments, rows, strict=True):
        try:
            files.append(LoadedFile(each, container.store.read(each.id)))
        except KeyError:
            log.error("ticket %s: a file is missing from the storage", claim.ticket_number)
            missing.append((each, f"{record.token_url}files/{row.id}/"))
    return files, missing


def attachment_of(row: Row[Any]) -> Attachment:
    """The attachment that a row of ``attachments`` stands for."""
    return Attachment(row.storage_key, row.name, row.type, row.size, row.sha256, row.question)
