"""The one way in: an accepted report becomes a ticket, its files and the mail owed for it, in one transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wizard import triage
from wizard.container import Service
from wizard.container import service as service_at_work
from wizard.db.engine import one_at_a_time, writing
from wizard.db.models import FollowUp, StoredFile, Ticket, Upload
from wizard.intake.idempotency import SAME_CONTENT, Accepted, KeyReused, Sending, known, known_by_key, remember
from wizard.intake.snapshot_build import freeze, reporter_of
from wizard.outbox import queue, telling
from wizard.outbox.webhook_events import TICKET_CREATED, TICKET_FOLLOW_UP
from wizard.tickets.report import Attachment, Report
from wizard.triage.verdict import queue_rank

__all__ = ["Accepted", "AddedFollowUp", "KeyReused", "Sending", "Unavailable", "accept", "add_follow_up", "followed_up"]

TRIES = 5

RECEIPT_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""


# Made once: putting a statement together costs more than running it.
NEW_TICKET = insert(Ticket).returning(Ticket.number)


class Unavailable(Exception):
    """The database cannot be reached or written; nothing was accepted."""


def accept(service: Service, report: Report, sending: Sending | str) -> Accepted:
    """Accept a report. When this returns, the ticket and the mail owed for it are on the disk.

    A report that comes again, by its key or within ten minutes by its content, is the ticket that it already is.
    A plain text as ``sending`` is its key.

    Raises:
        KeyReused: the key has sent a report of other content.
        Unavailable: nothing was stored.
    """
    sending = Sending(sending) if isinstance(sending, str) else sending
    digest = _digest([report.site, report.situation, dict(report.answers), _files(report.attachments)])
    for _ in range(TRIES):
        # Before the transaction: SQLite has one writer at a time, and who writes should not think meanwhile.
        ticket = _new_ticket(service, report)
        try:
            with writing() as connection:
                one_at_a_time(connection, digest)
                earlier = known(connection, sending, digest, report.evidence.time)
                return earlier or _store(connection, service, report, ticket, sending, digest)
        except IntegrityError:
            # Another process stored this very key between our look and our write, or a receipt code was drawn twice.
            continue
        except SQLAlchemyError as error:
            raise Unavailable(type(error).__name__) from error
    raise Unavailable("IntegrityError")


def _new_ticket(service: Service, report: Report) -> dict[str, Any]:
    """The row of a ticket that is not stored yet; only its number is missing."""
    catalog = service.catalog
    situation = catalog.situations[report.situation]
    verdict = triage.verdict(catalog, situation, report.answers)
    told = triage.advice(catalog, situation, report.answers, service.desk_language, with_tone=False)
    receipt = _receipt_code() if service.settings.numbering == "desk" else None
    return {
        "token": secrets.token_urlsafe(16),
        "receipt": receipt,
        "created_at": report.evidence.time,
        "site": report.site,
        "language": report.language,
        "category": catalog.category_of[situation.id].id,
        "situation": situation.id,
        "fast_track": verdict.fast_track,
        "priority": verdict.priority,
        "queue_rank": queue_rank(verdict),
        "inbox": service.inbox_of(service.site(report.site)),
        "record": freeze(service, report, verdict, [each.text for each in told], receipt),
    }


def _store(
    connection: Connection, service: Service, report: Report, ticket: dict[str, Any], sending: Sending, digest: str
) -> Accepted:
    number: int = connection.execute(NEW_TICKET, ticket).scalar_one()
    moment = report.evidence.time
    remember(connection, sending, digest, number, moment)
    _attach(connection, number, 0, report.attachments)
    reply_to = reporter_of(service.catalog, report.answers).reply_to
    queue.owe_ticket(connection, service, number, ticket["inbox"], reply_to, moment)
    telling.owe_event(connection, service.site(report.site), TICKET_CREATED, number, moment)
    return Accepted(number, ticket["token"], ticket["receipt"], told=sending.told)


@dataclass(frozen=True)
class AddedFollowUp:
    """A further message that its ticket now holds."""

    position: int
    """1 for the first one."""
    repeated: bool = False
    """The same message had been added before."""


def add_follow_up(
    ticket: Row[Any],
    words: str,
    attachments: Sequence[Attachment],
    *,
    verified: bool,
    sending: Sending | None = None,
) -> AddedFollowUp:
    """Add a further message to a ticket; the desk's letter is owed in the same transaction.

    A message that comes again, by the key of its ``sending`` or within ten minutes by its content, is the one that was
    added.

    Raises:
        KeyReused: the key has sent another message.
        Unavailable: nothing was stored.
    """
    now = datetime.now(UTC)
    digest = _digest([ticket.number, words, _files(attachments)])
    try:
        with writing() as connection:
            if sending:
                one_at_a_time(connection, sending.key)
                if known_to_key := known_by_key(connection, sending):
                    return followed_up(known_to_key)
            one_at_a_time(connection, f"follow-up {ticket.number}")
            if lately := _added_lately(connection, ticket.number, digest, now):
                added, since = AddedFollowUp(lately.position, repeated=True), lately.created_at
            else:
                message = {"text": words, "verified": verified, "digest": digest, "created_at": now}
                added, since = AddedFollowUp(_store_follow_up(connection, ticket, message, attachments)), now
            if sending:
                # As old as the message: a key that comes later does not make it known for longer.
                remember(connection, replace(sending, told=str(added.position)), digest, ticket.number, since)
            return added
    except SQLAlchemyError as error:
        raise Unavailable(type(error).__name__) from error


def followed_up(accepted: Accepted) -> AddedFollowUp:
    """The further message that a key has sent before."""
    return AddedFollowUp(int(accepted.told or 0), repeated=True)


def _added_lately(connection: Connection, number: int, digest: str, now: datetime) -> Row[int, datetime] | None:
    same = select(FollowUp.position, FollowUp.created_at).where(
        FollowUp.ticket_number == number, FollowUp.digest == digest, FollowUp.created_at > now - SAME_CONTENT
    )
    return connection.execute(same).first()


def _store_follow_up(
    connection: Connection, ticket: Row[Any], message: dict[str, Any], attachments: Sequence[Attachment]
) -> int:
    """Store a message with its files and what is owed for it; returns its position."""
    last = select(func.max(FollowUp.position)).where(FollowUp.ticket_number == ticket.number)
    position: int = (connection.execute(last).scalar() or 0) + 1
    connection.execute(insert(FollowUp), {"ticket_number": ticket.number, "position": position, **message})
    _attach(connection, ticket.number, position, attachments)
    now, site = message["created_at"], service_at_work().site(ticket.site)
    queue.owe_follow_up(connection, ticket.number, position, ticket.inbox, now)
    telling.owe_event(connection, site, TICKET_FOLLOW_UP, ticket.number, now, follow_up=position)
    return position


def _attach(connection: Connection, number: int, follow_up: int, attachments: Sequence[Attachment]) -> None:
    if attachments:
        # From now on the ticket owns them; they no longer take room among the files that nobody has sent.
        connection.execute(delete(Upload).where(Upload.id.in_([attachment.id for attachment in attachments])))
        connection.execute(
            insert(StoredFile),
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


def _receipt_code() -> str:
    """A code that no help desk takes for a ticket number (design.md 4)."""
    signs = "".join(secrets.choice(RECEIPT_SIGNS) for _ in range(6))
    return f"ОБР-{signs[:4]}-{signs[4:]}"


def _files(attachments: Sequence[Attachment]) -> list[str]:
    return sorted(attachment.sha256 for attachment in attachments)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
