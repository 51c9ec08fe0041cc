"""Owing webhooks: rows of the outbox like letters, written in the transaction of what they tell of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from wizard.config.sites import Site
from wizard.container import Service
from wizard.db.models import OwedLetter, Ticket
from wizard.outbox.claim import Claim
from wizard.outbox.webhook_events import DELIVERY_FAILED, Event, failure_details

WEBHOOK_RANK = 2
"""Where webhooks stand in the outbox: beside the letters, and never before one."""

NEW_EVENT = insert(OwedLetter)
SITE_OF = select(Ticket.site).where(Ticket.number == bindparam("number"))


def owe_event(
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


def owe_failure(connection: Connection, current: Service, letter: Claim, reason: str, now: datetime) -> None:
    """Tell the site of a ticket that one of its letters is dead. Part of the transaction that declares it."""
    site = current.site(connection.execute(SITE_OF, {"number": letter.ticket_number}).scalar_one())
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
    owe_event(
        connection,
        site,
        DELIVERY_FAILED,
        letter.ticket_number,
        now,
        follow_up=letter.follow_up,
        occasion=occasion,
        details=details,
    )
