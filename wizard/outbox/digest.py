"""The digest of held letters: one letter an hour and inbox, itself a delivery with its retries."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import Delivery
from wizard.mail.digest import HeldLetter, compose_digest
from wizard.mail.message import Letter
from wizard.outbox.claim import Claim, read_rows
from wizard.outbox.held import IS_HELD, lock_held, read_held
from wizard.outbox.letter_kinds import DIGEST, TO_DESK
from wizard.outbox.listed import in_words
from wizard.tickets.thread_code import thread_code

MOST_LETTERS = 50
"""Letters that a digest lists; the rest is a number."""

INTERVAL = timedelta(minutes=55)
"""Between two digests to one inbox, however many workers do their hourly work; less than their hour."""

_IS_NEW = (IS_HELD, Delivery.kind.in_(TO_DESK), Delivery.digested_at.is_(None))
_NEW_INBOXES = select(Delivery.recipient).where(*_IS_NEW).distinct()


def enqueue_digests(now: datetime) -> int:
    """Enqueue a digest for each inbox that has not been told of what is held for it. Returns how many."""
    with reading() as connection:
        if connection.execute(_NEW_INBOXES.limit(1)).first() is None:
            return 0
    with writing() as connection:
        lock_held(connection)
        inboxes = connection.execute(_NEW_INBOXES).scalars().all()
        return sum(_enqueue_digest(connection, inbox, now) for inbox in inboxes)


def _enqueue_digest(connection: Connection, inbox: str, now: datetime) -> bool:
    recent = select(Delivery.id).where(
        Delivery.created_at > now - INTERVAL, Delivery.kind == DIGEST, Delivery.recipient == inbox
    )
    if connection.execute(recent.limit(1)).first() is not None:
        return False
    listed = update(Delivery).where(*_IS_NEW, Delivery.recipient == inbox).values(digested_at=now)
    rows = sorted(connection.execute(listed.returning(Delivery.id, Delivery.ticket_number)).all())
    if not rows:
        return False
    ids = [row.id for row in rows]
    details = {"ids": ids[:MOST_LETTERS], "more": len(ids[MOST_LETTERS:]), "at": now.isoformat()}
    delivery = {
        # A delivery belongs to a ticket: this one to the first that it lists.
        "ticket_number": rows[0].ticket_number,
        "kind": DIGEST,
        "recipient": inbox,
        "occasion": f"{now:%Y-%m-%dT%H:%M:%S.%f}",
        "details": json.dumps(details),
        "rank": 0,
        "due_at": now,
        "created_at": now,
    }
    connection.execute(insert(Delivery), delivery)
    return True


def compose_held_digest(container: Container, claim: Claim) -> Letter:
    """The digest that a claim stands for."""
    ticket = read_rows(claim, with_files=False).ticket
    details: dict[str, Any] = json.loads(claim.details or "{}")
    desk = container.desk(claim.recipient, container.site(ticket.site))
    rows = read_held(details["ids"], limit=MOST_LETTERS)
    letters = [held_letter(container, row) for row in rows]
    code = thread_code(f"held {claim.id} {ticket.token}")
    return compose_digest(letters, details["more"], desk, at=datetime.fromisoformat(details["at"]), code=code)


def held_letter(container: Container, row: Row[Any]) -> HeldLetter:
    """A row of ``held.read_held`` in words."""
    listed = in_words(container, row, row.recipient)
    return HeldLetter(
        name=listed.name,
        is_follow_up=bool(row.follow_up),
        created_at=row.sent_at,
        situation=listed.situation,
        reasons=tuple((row.held_for or "").split(",")),
        words=row.text or listed.words,
        who=listed.who,
        key=listed.key,
    )
