"""Counts the similar reports of the letters that a worker has just claimed, once for each letter.

It is done in the transaction of the claim: no commit more, and a retry says what the first try said. Each count reads
at most so many of the newest entries of an index, however many tickets there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Subquery, and_, bindparam, case, func, select, update

from wizard.db.models import Delivery, Ticket
from wizard.outbox.claim import Claim
from wizard.tickets.similar import MOST_COUNTED, Similar

DESK = "desk"

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


def _newest(since: str, *which: ColumnElement[bool]) -> Subquery:
    """The newest tickets before the claimed one, as they stand in an index."""
    columns = select(Ticket.number, Ticket.created_at, Ticket.similar_key, Ticket.inbox)
    newest = columns.where(
        *which,
        Ticket.created_at > bindparam(since),
        Ticket.created_at <= bindparam("at"),
        Ticket.number != bindparam("own"),
    )
    return newest.order_by(Ticket.created_at.desc()).limit(MOST_COUNTED).subquery()


def reached_desk(number: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a ticket's own letter was sent, or will be without anybody's doing."""
    # Not EXISTS: PostgreSQL makes a join of that, for which it may read the whole outbox.
    state = select(Delivery.state).where(Delivery.ticket_number == number, Delivery.kind == DESK).limit(1)
    return state.scalar_subquery() != "held"


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


# Made once: putting a statement together costs more than running it.
_OWN = select(
    Ticket.number, Ticket.created_at, Ticket.inbox, Ticket.situation, Ticket.similar_key, Ticket.client_key
).where(Ticket.number.in_(bindparam("numbers", expanding=True)))
_of_situation = _newest("day", Ticket.inbox == bindparam("inbox"), Ticket.situation == bindparam("situation"))
_of_client = _newest("week", Ticket.client_key == bindparam("client_key"))
_is_same = _of_situation.c.similar_key == bindparam("similar_key")
_is_of_hour = _of_situation.c.created_at > bindparam("hour")
_CLIENT_WEEK = select(func.count()).select_from(_of_client)
_CLIENT_WEEK = _CLIENT_WEEK.where(_of_client.c.inbox == bindparam("inbox"), reached_desk(_of_client.c.number))
SIMILAR = (
    select(
        func.count().label("day"),
        _count(_is_of_hour).label("hour"),
        _count(_is_same).label("same_day"),
        _count(and_(_is_same, _is_of_hour)).label("same_hour"),
        _count(_of_situation.c.created_at > bindparam("lately")).label("lately"),
        _CLIENT_WEEK.scalar_subquery().label("client_week"),
    )
    .select_from(_of_situation)
    .where(reached_desk(_of_situation.c.number))
)
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
    uncounted = [claim.ticket_number for claim in claims if claim.kind == DESK and claim.details is None]
    if not uncounted:
        return list(claims), []
    tickets: dict[int, Any] = {row.number: row for row in connection.execute(_OWN, {"numbers": uncounted})}
    counts: dict[int, Any] = {}
    for number, ticket in tickets.items():
        counts[number] = connection.execute(SIMILAR, parameters(ticket, burst)).one()
    counted = [_with_counts(claim, tickets, counts) for claim in claims]
    stored = [
        {"delivery": claim.id, "counted": claim.details}
        for claim, before in zip(counted, claims, strict=True)
        if claim is not before
    ]
    if stored:
        connection.execute(_STORE, stored)
    return counted, [
        CountedTicket(number, row.inbox, row.situation, row.created_at, int(counts[number].lately))
        for number, row in tickets.items()
    ]


def parameters(ticket: Row[Any], burst: timedelta) -> dict[str, Any]:
    """What ``SIMILAR`` is asked for a ticket."""
    at: datetime = ticket.created_at
    return {
        "own": ticket.number,
        "at": at,
        "hour": at - HOUR,
        "day": at - DAY,
        "week": at - WEEK,
        "lately": at - burst,
        "inbox": ticket.inbox,
        "situation": ticket.situation,
        "similar_key": ticket.similar_key,
        "client_key": ticket.client_key,
    }


def _with_counts(claim: Claim, tickets: dict[int, Any], counts: dict[int, Any]) -> Claim:
    if claim.kind != DESK or claim.details is not None or claim.ticket_number not in tickets:
        return claim
    ticket, row = tickets[claim.ticket_number], counts[claim.ticket_number]
    names_subject, names_client = ticket.similar_key is not None, ticket.client_key is not None
    # PostgreSQL adds integers up to a decimal.
    similar = Similar(
        hour=int(row.hour),
        day=int(row.day),
        same_hour=int(row.same_hour) if names_subject else None,
        same_day=int(row.same_day) if names_subject else None,
        client_week=int(row.client_week) if names_client else None,
    )
    return replace(claim, details=similar.dump())
