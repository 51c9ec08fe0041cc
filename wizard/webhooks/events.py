"""What a webhook says: ``{type, timestamp, data}``. The same event gives the same bytes at every try."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from wizard.mail.ticket_json import attachment_json, ticket_json
from wizard.report import Attachment, TicketRecord

Event = Literal["ticket.created", "ticket.follow_up", "delivery.failed"]
"""What can happen; also the kind of the row that is owed for it."""

EVENTS: tuple[Event, ...] = get_args(Event)

TICKET_CREATED, TICKET_FOLLOW_UP, DELIVERY_FAILED = EVENTS

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def webhook_id(token: str, event: str, follow_up: int, occasion: str) -> str:
    """The header ``webhook-id``: one for an event and all its tries, of no other event anywhere.

    Made from the ticket's token, which no other ticket of any installation has; it does not give the token away.
    """
    named = f"{token} {event} {follow_up} {occasion}"
    return f"msg_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def ticket_created(record: TicketRecord) -> bytes:
    """A report was accepted. ``data`` is the ticket as ``ticket.json`` has it."""
    return _body(TICKET_CREATED, record.created_at, ticket_json(record))


def follow_up_added(
    record: TicketRecord,
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


def delivery_failed(record: TicketRecord, details: str) -> bytes:
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


def _ticket(record: TicketRecord) -> dict[str, Any]:
    return {"number": record.number, "receipt": record.receipt, "site": record.site}


def _body(event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    # A lone surrogate becomes its JSON escape: the body stays valid and nothing raises (threats E03).
    return _encode({"type": event, "timestamp": _moment(at), "data": data}).encode("utf-8", "backslashreplace")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
