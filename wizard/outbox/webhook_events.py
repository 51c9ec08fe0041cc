"""Webhook events in the outbox: rows like those of letters, and the body of each: ``{type, timestamp, data}``.

They are enqueued in the transaction of what happened. The same event gives the same bytes at every retry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from wizard.config.sites import Site
from wizard.config.webhook import DELIVERY_FAILED, TICKET_CREATED, TICKET_FOLLOW_UP, Event
from wizard.container import Container
from wizard.db.models import Delivery, Ticket
from wizard.outbox.claim import Claim
from wizard.outbox.letter_kinds import OF_MANY
from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import Version, attachment_json, ticket_json
from wizard.values.datetimes import iso_utc

WEBHOOK_RANK = 2
"""Where webhooks stand in the outbox: beside the letters, and never before one."""

NEW_EVENT = insert(Delivery)
SITE_OF = select(Ticket.site).where(Ticket.number == bindparam("number"))

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def webhook_id(token: str, event: str, follow_up: int, occasion: str) -> str:
    """The header ``webhook-id``: one for an event and all its retries, of no other event anywhere.

    Made from the ticket's token, which no other ticket of any installation has; it does not give the token away.
    """
    source = f"{token} {event} {follow_up} {occasion}"
    return f"msg_{hashlib.sha256(source.encode()).hexdigest()[:32]}"


def ticket_created(snapshot: TicketSnapshot, *, version: Version = 2) -> bytes:
    """A report was accepted. ``data`` is the ticket as ``ticket.json`` has it, in that version.

    How many others report the same is nobody's business but the desk's.
    """
    return _body(TICKET_CREATED, snapshot.created_at, ticket_json(snapshot, version=version))


def follow_up_added(
    snapshot: TicketSnapshot,
    text: str,
    attachments: Iterable[Attachment],
    *,
    position: int,
    created_at: datetime,
    verified: bool,
) -> bytes:
    """A further message to a ticket."""
    data = {
        **_ticket_json(snapshot),
        "position": position,
        "text": text,
        "attachments": [attachment_json(attachment) for attachment in attachments],
        "verified": verified,
    }
    return _body(TICKET_FOLLOW_UP, created_at, data)


def delivery_failed(snapshot: TicketSnapshot, details: str) -> bytes:
    """A letter of a ticket will not be tried again. ``details`` are those of ``failure_details``."""
    failure: dict[str, Any] = json.loads(details)
    at = datetime.fromisoformat(failure.pop("at"))
    return _body(DELIVERY_FAILED, at, {**_ticket_json(snapshot), **failure})


def failure_details(*, kind: str, follow_up: int, recipient: str, attempts: int, reason: str, at: datetime) -> str:
    """What ``delivery.failed`` will say, stored as JSON: the letter's own row changes when somebody requeues it."""
    return _encode(
        {
            "kind": kind,
            "follow_up": follow_up,
            "recipient": recipient,
            "attempts": attempts,
            "reason": reason,
            "at": iso_utc(at),
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
    held_for: str | None = None,
) -> None:
    """Enqueue an event for a site's webhook, if it subscribes to such. Part of the caller's transaction.

    Held with the letter that it tells of (``outbox.held``), where ``held_for`` says why.
    """
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
            "state": "held" if held_for else "owed",
            "held_for": held_for,
            "due_at": now,
            "created_at": now,
        },
    )


def enqueue_failure_event(
    connection: Connection, container: Container, claim: Claim | Row[Any], reason: str, now: datetime
) -> None:
    """Enqueue ``delivery.failed``: a letter of the ticket is dead. Part of the transaction that declares it.

    A letter about many tickets is no site's own: none is told of it.

    Args:
        claim: the letter, as a claim or as a row of ``outbox``.
    """
    if claim.kind in OF_MANY:
        return
    site = container.site(connection.execute(SITE_OF, {"number": claim.ticket_number}).scalar_one())
    details = failure_details(
        kind=claim.kind,
        follow_up=claim.follow_up,
        recipient=claim.recipient,
        attempts=claim.attempts,
        reason=reason,
        at=now,
    )
    # Requeued by a person, a letter may die once more, at a later attempt.
    occasion = f"{claim.id}.{claim.attempts}"
    enqueue_event(
        connection,
        site,
        DELIVERY_FAILED,
        claim.ticket_number,
        now,
        follow_up=claim.follow_up,
        occasion=occasion,
        details=details,
    )


def _ticket_json(snapshot: TicketSnapshot) -> dict[str, Any]:
    return {"number": snapshot.number, "receipt": snapshot.receipt, "site": snapshot.site}


def _body(event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    # A lone surrogate becomes its JSON escape: the body stays valid and nothing raises (threats E03).
    return _encode({"type": event, "timestamp": iso_utc(at), "data": data}).encode("utf-8", "backslashreplace")
