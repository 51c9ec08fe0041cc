"""Held deliveries: the letters of tickets that are over a budget or look like a program's. A person decides.

The state ``held`` of a row keeps it from all that looks at rows to be sent: claims, backlog, alarms, ages. A
hold of the whole outbox after a restore is another thing (``backup.release``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, func, select, update

from wizard.db.engine import advisory_lock, reading, writing
from wizard.db.models import Delivery, FollowUp, Ticket
from wizard.outbox.letter_kinds import DESK, DIGEST, TO_DESK
from wizard.outbox.unread import mark_unread
from wizard.values.receipt_code import read_receipt_code

TICKET_HELD = "ticket_held"
"""Why a follow-up is held though nothing speaks against it: the desk does not have its ticket."""

DELETED_BY = "flask outbox delete"
"""``tickets.state_by`` of a ticket whose letter a person deleted."""

LOCKED_AT_ONCE = 500
"""Tickets that one statement names."""

IS_HELD = Delivery.state == "held"

_IS_DESK_LETTER_HELD = select(
    exists().where(Delivery.ticket_number == bindparam("number"), Delivery.kind == DESK, IS_HELD)
)

HELD_TICKET = exists().where(Delivery.ticket_number == Ticket.number, Delivery.kind == DESK, IS_HELD)
"""The condition that a ticket's letter to the desk is held."""


def lock_held(connection: Connection) -> None:
    """Let nobody else list, release or delete what is held until the end of the transaction.

    Each of them changes many rows, in an order of its own.
    """
    advisory_lock(connection, "digest of held letters")


def is_kept_from_desk(connection: Connection, ticket: Row[Any]) -> bool:
    """Whether the desk does not have a ticket: its letter is held, or was deleted."""
    held = connection.execute(_IS_DESK_LETTER_HELD, {"number": ticket.number}).scalar()
    return bool(held) or ticket.state_by == DELETED_BY


def read_held(ids: Sequence[int] | None = None, limit: int = 50) -> Sequence[Row[Any]]:
    """Held letters to the desk with what they are about, oldest first; those with certain ids, held or not any more."""
    columns: Any = select(
        Delivery.id,
        Delivery.kind,
        Delivery.recipient,
        Delivery.held_for,
        Delivery.digested_at,
        Delivery.follow_up,
        FollowUp.text,
        func.coalesce(FollowUp.created_at, Ticket.created_at).label("sent_at"),
        Ticket.number,
        Ticket.token,
        Ticket.receipt,
        Ticket.record,
        Ticket.situation,
    )
    rows = columns.join(Ticket, Ticket.number == Delivery.ticket_number).outerjoin(
        FollowUp, (FollowUp.ticket_number == Delivery.ticket_number) & (FollowUp.position == Delivery.follow_up)
    )
    which = (IS_HELD, Delivery.kind.in_(TO_DESK)) if ids is None else (Delivery.id.in_(ids),)
    with reading() as connection:
        held: Sequence[Row[Any]] = connection.execute(rows.where(*which).order_by(Delivery.id).limit(limit)).all()
    return held


def count_held() -> int:
    """How many letters to the desk are held."""
    held = select(func.count()).select_from(Delivery).where(IS_HELD, Delivery.kind.in_(TO_DESK))
    with reading() as connection:
        return connection.execute(held).scalar_one()


@dataclass(frozen=True)
class Chosen:
    """Tickets that somebody named, of which something is held."""

    numbers: Sequence[int]
    unknown: Sequence[str]
    """Names of which nothing is held."""


def choose(names: Sequence[str]) -> Chosen:
    """The tickets of which something is held, by number or receipt code; all of them when none is named."""
    held = select(Ticket.number, Ticket.receipt).where(exists().where(Delivery.ticket_number == Ticket.number, IS_HELD))
    with reading() as connection:
        tickets = connection.execute(held.order_by(Ticket.number)).all()
    if not names:
        return Chosen([ticket.number for ticket in tickets], ())
    by_name = {str(ticket.number): ticket.number for ticket in tickets}
    by_name |= {ticket.receipt: ticket.number for ticket in tickets if ticket.receipt}
    meant = {name: by_name.get(name) or by_name.get(read_receipt_code(name) or "") for name in names}
    known = dict.fromkeys(number for number in meant.values() if number is not None)
    return Chosen(list(known), [name for name in names if meant[name] is None])


def release(numbers: Sequence[int], now: datetime) -> int:
    """Let what is held of tickets go out: letters, acknowledgements, webhooks. Returns how many letters to the desk.

    Their age begins now: one that was held for a week is not given up at its first temporary failure. Follow-ups among
    them mark their tickets, as if they came now.
    """
    released = (
        update(Delivery)
        .where(IS_HELD, Delivery.ticket_number == bindparam("number"))
        .values(state="owed", due_at=bindparam("now"), created_at=bindparam("now"))
        .returning(Delivery.kind, Delivery.follow_up)
    )
    count = 0
    with writing() as connection:
        lock_held(connection)
        _lock(connection, numbers)
        for number in numbers:
            letters = connection.execute(released, {"number": number, "now": now}).all()
            count += sum(letter.kind in TO_DESK for letter in letters)
            _mark_unread(connection, number, [letter.follow_up for letter in letters if letter.follow_up], now)
    return count


def _mark_unread(connection: Connection, number: int, positions: Sequence[int], now: datetime) -> None:
    """Mark a ticket of which follow-ups go out."""
    if not positions:
        return
    which = (FollowUp.ticket_number == number, FollowUp.position.in_(positions))
    for verified in connection.execute(select(FollowUp.verified).where(*which).order_by(FollowUp.position)).scalars():
        mark_unread(connection, number, verified=verified, now=now)


def delete_held(numbers: Sequence[int], now: datetime) -> int:
    """Delete what is held of tickets. Returns how many letters to the desk.

    The tickets keep their numbers and their pages; one whose own letter is deleted is closed and marked.
    """
    deleted = delete(Delivery).where(IS_HELD, Delivery.ticket_number == bindparam("number")).returning(Delivery.kind)
    marked = update(Ticket).values(state="closed", state_by=DELETED_BY, state_at=now)
    count = 0
    with writing() as connection:
        lock_held(connection)
        _lock(connection, numbers)
        for number in numbers:
            kinds = list(connection.execute(deleted, {"number": number}).scalars())
            count += sum(kind in TO_DESK for kind in kinds)
            if "desk" in kinds:
                connection.execute(marked.where(Ticket.number == number))
    return count


def _lock(connection: Connection, numbers: Sequence[int]) -> None:
    """Lock tickets before what is held of them, in the order of erasures: neither waits for the other in a circle."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), LOCKED_AT_ONCE):
        tickets = select(Ticket.number).where(Ticket.number.in_(ordered[start : start + LOCKED_AT_ONCE]))
        connection.execute(tickets.order_by(Ticket.number).with_for_update(key_share=True)).all()


def delete_unsent(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete deliveries that were not sent: waiting, held, dead, or just being sent, which nothing can stop. How many.

    What a digest among them was to tell of, and is still held, is for the next digest.
    """
    columns = (Delivery.kind, Delivery.recipient, Delivery.details)
    rows = connection.execute(delete(Delivery).where(Delivery.state != "sent", which).returning(*columns)).all()
    for row in rows:
        if row.kind == DIGEST:
            # The moment stands for all of its letters, those too that it counts and does not list.
            told = (IS_HELD, Delivery.recipient == row.recipient, Delivery.digested_at == _digest_moment(row.details))
            connection.execute(update(Delivery).where(*told).values(digested_at=None))
    return len(rows)


def _digest_moment(details: str) -> datetime:
    return datetime.fromisoformat(json.loads(details)["at"])
