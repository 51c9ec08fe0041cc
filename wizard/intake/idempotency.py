"""Idempotency: a report sent twice is known by its single-use key or its content, a follow-up by its key.

A random key knows its sender anywhere. A guessable one, and the content, count only together with the caller: a
stranger who sends the same is another sender (docs/decisions/0020-whose-repetition.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select

from wizard.config.settings import Settings
from wizard.db.engine import reading
from wizard.db.models import Submission, Ticket
from wizard.tickets.caller import UNKNOWN, Caller
from wizard.tickets.report import Attachment
from wizard.values.keyed_digest import keyed_digest

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

    def __init__(self, ticket: Accepted | None) -> None:
        """``ticket`` is that report's; None where another caller sent it, to whom alone it may be shown."""
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
    is_random: bool = True
    """The key has 128 random bits: whoever has it is its sender. Any other one is the key of its caller alone."""

    def stored_keys(self, settings: Settings) -> list[str]:
        """Under what the key may be stored: first the name for new rows, then those under former secret keys."""
        if self.is_random:
            return [self.key]
        bound = [keyed_digest(secret, f"{self.caller.digest(secret)} {self.key}") for secret in secrets_of(settings)]
        # The last one is that of a former version, whose keys were not bound to callers; it is forgotten within a day.
        return [*bound, self.key]


@dataclass(frozen=True)
class Content:
    """What a report says, as it is compared: never as words."""

    digest: str
    """By ``digest_of``."""
    tells_senders_apart: bool = False
    """It names where the answer goes: two people of one network do not send the same by chance."""

    def of_caller(self, caller: Caller, settings: Settings) -> list[str]:
        """The content together with who sends it: first as it is stored now, then under former secret keys."""
        return [f"{caller.digest(secret)}{self.digest[:32]}" for secret in secrets_of(settings)]


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
_BY_KEY = _KNOWN.where(Submission.key.in_(bindparam("keys", expanding=True)))
_BY_KEY_OR_CONTENT = _KNOWN.where(
    or_(
        Submission.key.in_(bindparam("keys", expanding=True)),
        and_(Submission.digest.in_(bindparam("digests", expanding=True)), Submission.created_at > bindparam("since")),
    )
).order_by(Ticket.number)
_NEW = insert(Submission)


def sent_before(settings: Settings, sending: Sending) -> Accepted | None:
    """The ticket that a request with a key of its sender's has become or has been added to.

    Raises:
        IdempotencyConflict: the key came with another request.
    """
    if sending.request is None:
        return None
    with reading() as connection:
        return known_by_key(connection, settings, sending)


def known_by_key(connection: Connection, settings: Settings, sending: Sending) -> Accepted | None:
    """The same within a transaction.

    Raises:
        IdempotencyConflict: the key came with another request.
    """
    keys = sending.stored_keys(settings)
    rows = connection.execute(_BY_KEY, {"keys": keys}).all()
    return _of_key(settings, sending, keys, rows, str(sending.request))


def known(
    connection: Connection, settings: Settings, sending: Sending, content: Content, now: datetime
) -> Accepted | None:
    """The ticket that this report already is: by its key, or else the first one of the same content and caller.

    A new key for a report that is known by its content is remembered: it leads to that ticket from now on.

    Raises:
        IdempotencyConflict: the key came with another report.
    """
    keys = sending.stored_keys(settings)
    digests = (
        content.of_caller(sending.caller, settings) if content.tells_senders_apart and sending.caller.is_known else []
    )
    values = {"keys": keys, "digests": digests, "since": now - SAME_CONTENT}
    rows = connection.execute(_BY_KEY_OR_CONTENT, values).all()
    if ticket := _of_key(settings, sending, keys, rows, sending.request or content.digest):
        return ticket
    first = next((row for row in rows if row.digest in digests), None)
    if first is None:
        return None
    # As old as the first: what is known by its content for ten minutes is not known longer for being sent again.
    remember(connection, settings, sending, content, first.number, first.created_at)
    return Accepted(first.number, first.token, first.receipt, repeated=True, saved_response=sending.saved_response)


def remember(
    connection: Connection, settings: Settings, sending: Sending, content: Content, number: int, now: datetime
) -> None:
    """Store the key of a sending with its ticket. Part of the caller's transaction."""
    connection.execute(
        _NEW,
        {
            "key": sending.stored_keys(settings)[0],
            "digest": content.of_caller(sending.caller, settings)[0],
            "ticket_number": number,
            "created_at": now,
            "request": sending.request or content.digest,
            "saved_response": sending.saved_response,
        },
    )


def _of_key(
    settings: Settings, sending: Sending, keys: Sequence[str], rows: Sequence[Row[*tuple[Any, ...]]], request: str
) -> Accepted | None:
    """What a key has sent, when it was this very request."""
    row = min((row for row in rows if row.key in keys), key=lambda row: keys.index(row.key), default=None)
    if row is None:
        return None
    # Rows of a former version hold the digest of a form's content as it is, and nothing of a request.
    is_same = (row.request or row.digest) == request
    if not is_same and not sending.is_random and row.key == sending.key:
        # A former version's row under a guessable key: whoever sent it, this is somebody else's report.
        return None
    ticket = Accepted(row.number, row.token, row.receipt, repeated=True, saved_response=row.saved_response)
    if not is_same:
        is_same_caller = any(row.digest.startswith(sending.caller.digest(secret)) for secret in secrets_of(settings))
        raise IdempotencyConflict(ticket if is_same_caller else None)
    return ticket


def secrets_of(settings: Settings) -> list[str]:
    """The keys that digests of callers may be made with: the present one first."""
    return [settings.secret_key, *reversed(settings.secret_key_fallbacks)]


def checksums(attachments: Sequence[Attachment]) -> list[str]:
    """What tells files apart in ``digest_of``: their SHA-256, whatever their names and their order."""
    return sorted(attachment.sha256 for attachment in attachments)


def digest_of(content: object) -> str:
    """The digest by which the same content is known again: SHA-256 of its JSON, keys in order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
