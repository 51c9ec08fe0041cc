"""Counts the similar reports of the letters that a worker has just claimed, once for each letter.

It is done in the transaction of the claim: no commit more, and a retry says what the first try said. Letters that were
claimed together share what is read: at most so many of the newest entries of an index, however many tickets there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select, update

from wizard.db.models import Delivery, Ticket
from wizard.outbox.claim import Claim
from wizard.outbox.letter_kinds import DESK
from wizard.tickets.similar import MOST_COUNTED, Similar

_NOT_THERE = ("held", "dead")
"""States of a ticket's own letter in which the desk does not have it, and will not without somebody's doing."""

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class CountedTicket:
    """A ticket whose letter was claimed for the first time, and how many of its situation came shortly before it."""

    number: int
    inbox: str
    situation: str
    created_at: datetime
    lately: int
    """Others of the same situation in the time in which a burst is looked for."""


def _newest(*which: ColumnElement[bool]) -> Select[Any]:
    """The newest tickets of a time, as they stand in an index, less those that did not reach the desk."""
    newest = (
        select(Ticket.number, Ticket.created_at, Ticket.similar_key, Ticket.inbox)
        .where(*which, Ticket.created_at > bindparam("since"), Ticket.created_at <= bindparam("until"))
        .order_by(Ticket.created_at.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    # Not EXISTS: PostgreSQL makes a join of that, for which it may read the whole outbox.
    state = select(Delivery.state).where(Delivery.ticket_number == newest.c.number, Delivery.kind == DESK).limit(1)
    return select(newest).where(newest.c.inbox == bindparam("inbox"), state.scalar_subquery().not_in(_NOT_THERE))


# Made once: putting a statement together costs more than running it.
_OWN = select(
    Ticket.number, Ticket.created_at, Ticket.inbox, Ticket.situation, Ticket.similar_key, Ticket.client_key
).where(Ticket.number.in_(bindparam("numbers", expanding=True)))
OF_SITUATION = _newest(Ticket.inbox == bindparam("inbox"), Ticket.situation == bindparam("situation"))
OF_CLIENT = _newest(Ticket.client_key == bindparam("client_key"))
_STORE = update(Delivery.__table__).where(Delivery.id == bindparam("delivery")).values(details=bindparam("counted"))


def count_similar(
    connection: Connection, claims: Sequence[Claim], burst: timedelta
) -> tuple[list[Claim], list[CountedTicket]]:
    """The claims with what was counted for them, and the tickets of which it was counted now.

    Part of the transaction of the claim.

    Args:
        connection: the transaction.
        claims: what was claimed; only letters that bring a ticket to the desk are counted for.
        burst: the time in which a burst is looked for.
    """
    uncounted = [claim.ticket_number for claim in claims if is_uncounted(claim)]
    if not uncounted:
        return list(claims), []
    tickets: list[Any] = list(connection.execute(_OWN, {"numbers": uncounted}))
    of_situation, of_client = _read_situations(connection, tickets), _read_clients(connection, tickets)
    similar = {ticket.number: _similar(ticket, of_situation[ticket.number], of_client) for ticket in tickets}
    counted = [
        replace(claim, details=similar[claim.ticket_number].dump())
        if is_uncounted(claim) and claim.ticket_number in similar
        else claim
        for claim in claims
    ]
    stored = [
        {"delivery": claim.id, "counted": claim.details}
        for claim, before in zip(counted, claims, strict=True)
        if claim is not before
    ]
    if stored:
        connection.execute(_STORE, stored)
    return counted, [
        CountedTicket(
            ticket.number,
            ticket.inbox,
            ticket.situation,
            ticket.created_at,
            of_situation[ticket.number].before(ticket, burst),
        )
        for ticket in tickets
    ]


def is_uncounted(claim: Claim) -> bool:
    """Whether it is the first try of a letter that brings a ticket. One that went without counts goes so again."""
    return claim.kind == DESK and claim.details is None and claim.attempts == 1


class _Reports:
    """When reports came that reached the desk, the newest of them alone."""

    def __init__(self, rows: Iterable[Row[Any]] = ()) -> None:
        self._numbers: set[int] = set()
        self._moments: list[datetime] = []
        self._of_key: dict[str | None, list[datetime]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: row.created_at):
            self._numbers.add(row.number)
            self._moments.append(row.created_at)
            self._of_key[row.similar_key].append(row.created_at)

    def before(self, ticket: Row[Any], time: timedelta) -> int:
        """How many others came in so long a time before the ticket."""
        return self._count(self._moments, ticket, time)

    def same_before(self, ticket: Row[Any], time: timedelta) -> int:
        """How many of these are about the same site, supplier or domain."""
        return self._count(self._of_key.get(ticket.similar_key, []), ticket, time)

    def _count(self, moments: list[datetime], ticket: Row[Any], time: timedelta) -> int:
        at = ticket.created_at
        own = ticket.number in self._numbers
        return min(bisect_right(moments, at) - bisect_right(moments, at - time) - own, MOST_COUNTED)


def _read_situations(connection: Connection, tickets: Sequence[Row[Any]]) -> dict[int, _Reports]:
    """For each ticket what there was of its situation. Those of about one time share what is read."""
    groups: dict[Any, list[Row[Any]]] = defaultdict(list)
    for ticket in tickets:
        groups[ticket.inbox, ticket.situation, ticket.created_at.replace(minute=0, second=0, microsecond=0)].append(
            ticket
        )
    read: dict[int, _Reports] = {}
    for (inbox, situation, _), group in groups.items():
        values = {"inbox": inbox, "situation": situation, **_time_of(group, DAY)}
        reports = _Reports(connection.execute(OF_SITUATION, values))
        read |= {ticket.number: reports for ticket in group}
    return read


def _read_clients(connection: Connection, tickets: Sequence[Row[Any]]) -> dict[int, _Reports]:
    """For each ticket that names its client what there was of that client."""
    groups: dict[Any, list[Row[Any]]] = defaultdict(list)
    for ticket in tickets:
        if ticket.client_key is not None:
            groups[ticket.inbox, ticket.client_key, ticket.created_at.date()].append(ticket)
    read: dict[int, _Reports] = {}
    for (inbox, client_key, _), group in groups.items():
        values = {"inbox": inbox, "client_key": client_key, **_time_of(group, WEEK)}
        reports = _Reports(connection.execute(OF_CLIENT, values))
        read |= {ticket.number: reports for ticket in group}
    return read


def _time_of(group: Sequence[Row[Any]], time: timedelta) -> dict[str, Any]:
    moments = [ticket.created_at for ticket in group]
    return {"since": min(moments) - time, "until": max(moments), "most": MOST_COUNTED + len(group)}


def _similar(ticket: Row[Any], of_situation: _Reports, of_client: dict[int, _Reports]) -> Similar:
    names_subject = ticket.similar_key is not None
    client = of_client.get(ticket.number)
    return Similar(
        hour=of_situation.before(ticket, HOUR),
        day=of_situation.before(ticket, DAY),
        same_hour=of_situation.same_before(ticket, HOUR) if names_subject else None,
        same_day=of_situation.same_before(ticket, DAY) if names_subject else None,
        client_week=client.before(ticket, WEEK) if client else None,
    )
