"""Webhooks in the outbox: rows like those of letters, and what each says: ``{type, timestamp, data}``.

They are owed in the transaction of what they tell of. The same event gives the same bytes at every try.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from wizard.config.sites import Site
from wizard.config.webhook import DELIVERY_FAILED, TICKET_CREATED, TICKET_FOLLOW_UP, Event
from wizard.container import Container
from wizard.db.models import Delivery, Ticket
from wizard.outbox.claim import Claim
from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import attachment_json, ticket_json

WEBHOOK_RANK = 2
"""Where webhooks stand in the outbox: beside the letters, and never before one."""

NEW_EVENT = insert(Delivery)
SITE_OF = select(Ticket.site).where(Ticket.number == bindparam("number"))

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def webhook_id(token: str, event: str, follow_up: int, occasion: str) -> str:
    """The header ``webhook-id``: one for an event and all its tries, of no other event anywhere.

    Made from the ticket's token, which no other ticket of any installation has; it does not give the token away.
    """
    named = f"{token} {event} {follow_up} {occasion}"
    return f"msg_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def ticket_created(record: TicketSnapshot) -> bytes:
    """A report was accepted. ``data`` is the ticket as ``ticket.json`` has it."""
    return _body(TICKET_CREATED, record.created_at, ticket_json(record))


def follow_up_added(
    record: TicketSnapshot,
    text: str,
    attachments: Iterable[Attachment],
    *,
    position: int,
    created_at: datetime,
    verified: bool,
) -> bytes:
    """A further message to a ticket."""
    data = {
        **_ticket(record),
        "position": position,
        "text": text,
        "attachments": [attachment_json(attachment) for attachment in attachments],
        "verified": verified,
    }
    return _body(TICKET_FOLLOW_UP, created_at, data)


def delivery_failed(record: TicketSnapshot, details: str) -> bytes:
    """A letter of a ticket will not be tried again. ``details`` are those of ``failure_details``."""
    found: dict[str, Any] = json.loads(details)
    at = datetime.fromisoformat(found.pop("at"))
    return _body(DELIVERY_FAILED, at, {**_ticket(record), **found})


def failure_details(*, kind: str, follow_up: int, recipient: str, attempts: int, reason: str, at: datetime) -> str:
    """What ``delivery.failed`` will say, kept as JSON: the letter's own row changes when somebody owes it again."""
    return _encode(
        {
            "kind": kind,
            "follow_up": follow_up,
            "recipient": recipient,
            "attempts": attempts,
            "reason": reason,
            "at": _moment(at),
        }
    )


def enqueue_event(
    connection: Connection,
    site: Site,
    event: Event,
    number: int,
    now: datetime,
    *,
    follow_up: int = 0,
    occasion: str = "",
    details: str | None = None,
) -> None:
    """Owe a site's webhook an event, if it asked for such. Part of the caller's transaction."""
    if site.webhook is None or event not in site.webhook.events:
        return
    connection.execute(
        NEW_EVENT,
        {
            "ticket_number": number,
            "kind": event,
            "follow_up": follow_up,
            "recipient": site.key,
            "occasion": occasion,
            "details": details,
            "rank": WEBHOOK_RANK,
            "due_at": now,
            "created_at": now,
        },
    )


def enqueue_failure_event(
    connection: Connection, container: Container, letter: Claim, reason: str, now: datetime
) -> None:
    """Tell the site of a ticket that one of its letters is dead. Part of the transaction that declares it."""
    site = container.site(connection.execute(SITE_OF, {"number": letter.ticket_number}).scalar_one())
    details = failure_details(
        kind=letter.kind,
        follow_up=letter.follow_up,
        recipient=letter.recipient,
        attempts=letter.attempts,
        reason=reason,
        at=now,
    )
    # Owed again by a person, a letter may die once more, at a later try.
    occasion = f"{letter.id}.{letter.attempts}"
    enqueue_event(
        connection,
        site,
        DELIVERY_FAILED,
        letter.ticket_number,
        now,
        follow_up=letter.follow_up,
        occasion=occasion,
        details=details,
    )


def _ticket(record: TicketSnapshot) -> dict[str, Any]:
    return {"number": record.number, "receipt": record.receipt, "site": record.site}


def _body(event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    # A lone surrogate becomes its JSON escape: the body stays valid and nothing raises (threats E03).
    return _encode({"type": event, "timestamp": _moment(at), "data": data}).encode("utf-8", "backslashreplace")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
