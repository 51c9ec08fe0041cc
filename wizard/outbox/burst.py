"""A burst: many reports of one situation in a short time. One letter more tells the desk that they belong together.

Each ticket has its own letter as ever, and that one goes first. All of this is done in the transactions in which a
worker claims letters: accepting a report knows nothing of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from wizard.config.settings import Settings
from wizard.container import Container
from wizard.db.engine import advisory_lock, reading
from wizard.db.models import Delivery, Ticket
from wizard.mail.burst import Burst, BurstTicket, Shared, compose_burst
from wizard.mail.message import Letter
from wizard.outbox.backlog import CLOCK_DIFFERENCE
from wizard.outbox.claim import Claim, read_rows
from wizard.outbox.letter_kinds import BURST, DESK
from wizard.outbox.listed import Listed, in_words
from wizard.outbox.similar import CountedTicket
from wizard.tickets.similar import MOST_COUNTED
from wizard.tickets.thread_code import thread_code

INTERVAL = timedelta(minutes=10)
"""Between two of these letters to one inbox, however many workers there are."""

PUT_OFF = timedelta(seconds=2)
"""How long it waits for tickets' own letters that are on their way."""

MOST_LISTED = 50
"""Tickets that it lists; the rest is a number."""

FARTHEST = timedelta(hours=1)
"""So long a letter waits at most for those of other situations before it; one that would wait longer is left out."""

MOST_SHARED = 5
"""Sites, suppliers or domains that it names."""

# Made once: putting a statement together costs more than running it.
# A date further ahead was given by a clock that was wrong.
_RECENT = (
    select(Delivery.id, Delivery.created_at, Delivery.details, Ticket.situation)
    .join(Ticket, Ticket.number == Delivery.ticket_number)
    .where(
        Delivery.created_at > bindparam("since"),
        Delivery.created_at <= bindparam("farthest"),
        Delivery.kind == BURST,
        Delivery.recipient == bindparam("inbox"),
    )
)
_IS_STILL_THERE = select(Delivery.id).where(Delivery.id == bindparam("delivery"))
_TICKETS = (
    select(Ticket.number, Ticket.created_at, Ticket.similar_key)
    .where(
        Ticket.inbox == bindparam("inbox"),
        Ticket.situation == bindparam("situation"),
        Ticket.created_at > bindparam("since"),
        Ticket.created_at <= bindparam("until"),
    )
    .order_by(Ticket.created_at.desc())
    .limit(MOST_COUNTED)
)
# Apart from the tickets: for a join PostgreSQL may read the whole outbox.
_OWN_LETTERS = select(Delivery.ticket_number, Delivery.id, Delivery.state, Delivery.attempts).where(
    Delivery.ticket_number.in_(bindparam("numbers", expanding=True)), Delivery.kind == DESK
)
_SITUATION = select(Ticket.situation).where(Ticket.number == bindparam("number"))
_PUT_OFF = update(Delivery.__table__).where(Delivery.id == bindparam("delivery")).values(due_at=bindparam("due"))
_STORE = update(Delivery.__table__).where(Delivery.id == bindparam("delivery")).values(details=bindparam("listed"))


class BurstWatch:
    """Looks for bursts among the letters that one process claims."""

    def __init__(self, settings: Settings) -> None:
        self.window = timedelta(minutes=settings.burst_minutes)
        self._least = min(settings.burst_tickets, MOST_COUNTED)
        self._last: dict[tuple[str, str], tuple[datetime, int]] = {}
        """When the last one of a situation goes to an inbox, and its id, as far as this process knows."""

    def find(self, counted: Iterable[CountedTicket], now: datetime) -> list[CountedTicket]:
        """Of each inbox and situation that may have a burst the newest ticket."""
        if not self._least:
            return []
        found = {(ticket.inbox, ticket.situation): ticket for ticket in counted if ticket.lately + 1 >= self._least}
        # In order: two workers with the same inboxes do not wait for each other in a circle.
        return [found[key] for key in sorted(found)]

    def notice(self, connection: Connection, found: Iterable[CountedTicket], now: datetime) -> None:
        """Enqueue the letters of bursts. Part of the transaction of a claim.

        In one inbox they keep apart: that of a second situation goes when the time after the first one is over.
        """
        for ticket in found:
            if self._is_covered(connection, (ticket.inbox, ticket.situation), now):
                continue
            advisory_lock(connection, f"burst {ticket.inbox}")
            values = {"since": now - FARTHEST - INTERVAL, "farthest": now + CLOCK_DIFFERENCE, "inbox": ticket.inbox}
            rows: list[Any] = list(connection.execute(_RECENT, values))
            recent = [_goes_at(row) for row in rows]
            last = max(((_goes_at(row), row.id) for row in rows if row.situation == ticket.situation), default=None)
            if last is not None and last[0] > now - INTERVAL:
                self._last[ticket.inbox, ticket.situation] = last
                continue
            at = max([now, *(at + INTERVAL for at in recent)])
            if at <= now + FARTHEST:
                self._enqueue(connection, ticket, now, at)

    def ready(self, connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> Sequence[Row[Any]]:
        """The due rows less letters of bursts that are to wait, and those that may go behind all others."""
        others = [row for row in rows if row.kind != BURST]
        ids = {row.id for row in others}
        bursts = [row for row in rows if row.kind == BURST]
        waiting = [row for row in bursts if not row.attempts and self._must_wait(connection, row, ids)]
        if waiting:
            connection.execute(_PUT_OFF, [{"delivery": row.id, "due": now + PUT_OFF} for row in waiting])
        return [*others, *(row for row in bursts if row not in waiting)]

    def list_tickets(self, connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
        """The claims, those of bursts with what they list: settled once, so that each try says the same."""
        ids = {claim.id for claim in claims}
        return [self._listing(connection, claim, ids) if _is_unlisted(claim) else claim for claim in claims]

    def _is_covered(self, connection: Connection, key: tuple[str, str], now: datetime) -> bool:
        last, delivery = self._last.get(key, (None, 0))
        if last is None or not last - FARTHEST <= now < last + INTERVAL:
            return False
        # One whose ticket was erased is cancelled, and what came before it was not told.
        return connection.execute(_IS_STILL_THERE, {"delivery": delivery}).first() is not None

    def _enqueue(self, connection: Connection, ticket: CountedTicket, now: datetime, at: datetime) -> None:
        pause = at - now
        details = {
            # Those that come until it goes, or until another may be noticed; not whatever came since.
            "since": (ticket.created_at - self.window).isoformat(),
            "until": (ticket.created_at + pause + INTERVAL).isoformat(),
            "at": at.isoformat(),
            "pause": pause.total_seconds(),
        }
        delivery = {
            # A delivery belongs to a ticket: this one to the ticket that made the burst.
            "ticket_number": ticket.number,
            "kind": BURST,
            "recipient": ticket.inbox,
            "occasion": f"{now:%Y-%m-%dT%H:%M:%S.%f}",
            "details": json.dumps(details),
            "rank": 0,
            "due_at": at,
            "created_at": now,
        }
        connection.execute(insert(Delivery), delivery)

    def _must_wait(self, connection: Connection, burst: Row[Any], batch: set[int]) -> bool:
        """Whether the own letter of a ticket that made the burst is not out yet. Later tickets are not waited for."""
        return any(
            not ticket.is_tried(batch) and ticket.row.created_at <= burst.created_at
            for ticket in _tickets(connection, burst.ticket_number, burst.recipient, burst.details)
        )

    def _listing(self, connection: Connection, claim: Claim, batch: set[int]) -> Claim:
        tickets = _tickets(connection, claim.ticket_number, claim.recipient, claim.details or "{}")
        tried = [ticket.row for ticket in tickets if ticket.is_tried(batch)]
        listed = tried[:MOST_LISTED]
        counts = Counter(row.similar_key for row in tried if row.similar_key)
        newest = {row.similar_key: row.number for row in reversed(listed)}
        shared = [[newest[key], count] for key, count in counts.most_common(MOST_SHARED) if count > 1 and key in newest]
        details = json.dumps(
            {
                **json.loads(claim.details or "{}"),
                "numbers": [row.number for row in reversed(listed)],
                "count": len(tried),
                "first": min((row.created_at for row in tried), default=claim.created_at).isoformat(),
                "shared": shared,
            }
        )
        connection.execute(_STORE, {"delivery": claim.id, "listed": details})
        return replace(claim, details=details)


def _is_unlisted(claim: Claim) -> bool:
    return claim.kind == BURST and "numbers" not in json.loads(claim.details or "{}")


def _goes_at(row: Row[Any]) -> datetime:
    """When the letter of a burst was to go. Its ``due_at`` is later once it was put off or tried."""
    try:
        pause = timedelta(seconds=json.loads(row.details)["pause"])
    except (TypeError, ValueError, KeyError):
        pause = timedelta(0)
    created_at: datetime = row.created_at
    return created_at + pause


@dataclass(frozen=True)
class _Ticket:
    """A ticket of a burst, with its own letter."""

    row: Any
    letter: Any

    def is_tried(self, batch: set[int]) -> bool:
        """Whether its own letter is out, was tried, or goes before in the same batch."""
        letter = self.letter
        is_retried = letter.state == "owed" and letter.attempts > 0
        return letter.state in ("sent", "dead") or is_retried or letter.id in batch


def _tickets(connection: Connection, number: int, inbox: str, details: str) -> list[_Ticket]:
    """The tickets of a burst that reached the desk, newest first."""
    situation = connection.execute(_SITUATION, {"number": number}).scalar_one()
    members = json.loads(details)
    since, until = (datetime.fromisoformat(members[name]) for name in ("since", "until"))
    values = {"inbox": inbox, "situation": situation, "since": since, "until": until}
    tickets = connection.execute(_TICKETS, values).all()
    letters = connection.execute(_OWN_LETTERS, {"numbers": [row.number for row in tickets]}).all()
    own = {row.ticket_number: row for row in letters if row.state != "held"}
    return [_Ticket(row, own[row.number]) for row in tickets if row.number in own]


@dataclass(frozen=True)
class _Details:
    at: datetime
    numbers: list[int]
    count: int
    first: datetime
    shared: list[tuple[int, int]]

    @classmethod
    def load(cls, details: str) -> _Details:
        members = json.loads(details)
        shared = [(number, count) for number, count in members["shared"]]
        at, first = (datetime.fromisoformat(members[name]) for name in ("at", "first"))
        return cls(at, members["numbers"], members["count"], first, shared)


def compose_burst_letter(container: Container, claim: Claim) -> Letter:
    """The letter of a burst that a claim stands for. Tickets that were erased since are not in it.

    Raises:
        TicketErased: the ticket that it belongs to was erased.
    """
    ticket = read_rows(claim, with_files=False).ticket
    details = _Details.load(claim.details or "")
    desk = container.desk(claim.recipient, container.site(ticket.site))
    rows = _read(details.numbers)
    listed = {row.number: in_words(container, row, claim.recipient) for row in rows}
    burst = Burst(
        situation=in_words(container, ticket, claim.recipient).situation,
        count=details.count,
        first_at=details.first,
        shared=tuple(_shared(listed[number], count) for number, count in details.shared if number in listed),
        tickets=tuple(
            BurstTicket(words.name, row.created_at, words.who, words.words, words.key)
            for row, words in zip(rows, listed.values(), strict=True)
        ),
        more=details.count - len(details.numbers),
    )
    code = thread_code(f"burst {claim.id} {ticket.token}")
    return compose_burst(burst, desk, at=details.at, code=code, minutes=int(INTERVAL.total_seconds() // 60))


def _read(numbers: Sequence[int]) -> Sequence[Row[Any]]:
    tickets = select(Ticket.__table__).where(Ticket.number.in_(numbers), Ticket.erased_at.is_(None))
    with reading() as connection:
        rows: Sequence[Row[Any]] = connection.execute(tickets.order_by(Ticket.created_at, Ticket.number)).all()
    return rows


def _shared(listed: Listed, count: int) -> Shared:
    """What several tickets share, as the newest of them says it."""
    if listed.snapshot is not None:
        for answer in listed.snapshot.answers:
            if answer.id == listed.snapshot.grouped_by:
                return Shared(answer.label, answer.in_lists, count)
    return Shared("", listed.name, count)
