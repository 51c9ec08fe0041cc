"""Idempotency: a report sent twice is known by its single-use key or its content, a follow-up by its key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select

from wizard.db.engine import reading
from wizard.db.models import Submission, Ticket
from wizard.tickets.caller import UNKNOWN, Caller
from wizard.tickets.report import Attachment

KEY_LIFETIME = timedelta(hours=24)
"""How long a key is good: that of a check page, and that of a caller of the API (docs/api.md)."""

SAME_CONTENT = timedelta(minutes=10)
"""How long a report is known by its content alone (docs/api.md)."""


@dataclass(frozen=True)
class Accepted:
    """An accepted ticket, as the response to its sender names it."""

    number: int
    token: str
    receipt: str | None = None
    """The receipt code under ``NUMBERING=desk``."""
    repeated: bool = False
    """The same report had been accepted before."""
    saved_response: str | None = None
    """What was stored with the key, for the response to a retry."""


class IdempotencyConflict(Exception):
    """The single-use key already belongs to another report."""

    def __init__(self, ticket: Accepted) -> None:
        super().__init__("this key has sent another report")
        self.ticket = ticket


@dataclass(frozen=True)
class Sending:
    """One sending of a report or a follow-up: by what it is known when it comes again."""

    key: str
    request: str | None = None
    """Digest of the request, letter by letter, where the sender made the key: the key is good for that request only.

    Without it the key is good for the content of the report.
    """
    saved_response: str | None = None
    """Stored with the key and returned to every retry."""
    caller: Caller = UNKNOWN
    """Who sends it."""


# Made once: putting a statement together costs more than running it.
_KNOWN = select(
    Ticket.number,
    Ticket.token,
    Ticket.receipt,
    Submission.key,
    Submission.digest,
    Submission.created_at,
    Submission.request,
    Submission.saved_response.label("saved_response"),
).join(Submission, Submission.ticket_number == Ticket.number)
_BY_KEY = _KNOWN.where(Submission.key == bindparam("key"))
_BY_KEY_OR_CONTENT = _KNOWN.where(
    or_(
        Submission.key == bindparam("key"),
        and_(Submission.digest == bindparam("digest"), Submission.created_at > bindparam("since")),
    )
).order_by(Ticket.number)
_NEW = insert(Submission)


def sent_before(sending: Sending) -> Accepted | None:
    """The ticket that a request with a key of its sender's has become or has been added to.

    Raises:
        IdempotencyConflict: the key came with another request.
    """
    if sending.request is None:
        return None
    with reading() as connection:
        return known_by_key(connection, sending)


def known_by_key(connection: Connection, sending: Sending) -> Accepted | None:
    """The same within a transaction.

    Raises:
        IdempotencyConflict: the key came with another request.
    """
    row = connection.execute(_BY_KEY, {"key": sending.key}).first()
    return _same(row, row.request == sending.request) if row else None


def known(connection: Connection, sending: Sending, digest: str, now: datetime) -> Accepted | None:
    """The ticket that this report already is: by its key, or else the first one of the same content.

    A new key for a report that is known by its content is remembered: it leads to that ticket from now on.

    Raises:
        IdempotencyConflict: the key came with another report.
    """
    values = {"key": sending.key, "digest": digest, "since": now - SAME_CONTENT}
    rows = connection.execute(_BY_KEY_OR_CONTENT, values).all()
    by_key = next((row for row in rows if row.key == sending.key), None)
    if by_key is not None:
        is_same = by_key.request == sending.request if sending.request else by_key.digest == digest
        return _same(by_key, is_same)
    if not rows:
        return None
    first = rows[0]
    # As old as the first: what is known by its content for ten minutes is not known longer for being sent again.
    remember(connection, sending, digest, first.number, first.created_at)
    return Accepted(first.number, first.token, first.receipt, repeated=True, saved_response=sending.saved_response)


def remember(connection: Connection, sending: Sending, digest: str, number: int, now: datetime) -> None:
    """Store the key of a sending with its ticket. Part of the caller's transaction."""
    connection.execute(
        _NEW,
        {
            "key": sending.key,
            "digest": digest,
            "ticket_number": number,
            "created_at": now,
            "request": sending.request,
            "saved_response": sending.saved_response,
        },
    )


def _same(row: Row[*tuple[Any, ...]], is_same: bool) -> Accepted:
    ticket = Accepted(row.number, row.token, row.receipt, repeated=True, saved_response=row.saved_response)
    if not is_same:
        raise IdempotencyConflict(ticket)
    return ticket


def checksums(attachments: Sequence[Attachment]) -> list[str]:
    """What tells files apart in ``digest_of``: their SHA-256, whatever their names and their order."""
    return sorted(attachment.sha256 for attachment in attachments)


def digest_of(content: object) -> str:
    """The digest by which the same content is known again: SHA-256 of its JSON, keys in order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
