"""The queue for agents: what is to be taken next."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, request
from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_, union_all

from wizard.api.agent_auth import agents_only
from wizard.api.blueprint import api, in_json, request_translator
from wizard.api.problems import refused
from wizard.db.engine import reading
from wizard.db.models import STATES, FollowUp, Ticket
from wizard.intake.readable import load_if_readable
from wizard.outbox.held import HELD_TICKET
from wizard.outbox.unread import UNVERIFIED
from wizard.tickets.ticket_json import ticket_json
from wizard.values.datetimes import iso_utc
from wizard.web.request_context import container

log = logging.getLogger(__name__)

MOST_ON_A_PAGE = 200
ON_A_PAGE = 50

HELD = "held"
QUEUE_STATES = (*STATES, HELD)
"""What may be asked for: as tickets are marked, and the open ones whose letters are held."""

_CURSOR = re.compile(r"([0-3])\.([0-9]{1,18})")


@dataclass(frozen=True)
class QueueQuery:
    """What part of the queue is asked for."""

    states: tuple[tuple[ColumnElement[bool], ...], ...]
    """Conditions of which one must hold: each is a part of the index, already in order."""
    conditions: tuple[Any, ...]
    limit: int

    def statement(self) -> Any:
        """The first tickets of it, one more than asked for.

        Of two states the first ones of each are merged: sorting all that either holds would read all of it.
        """
        order = (Ticket.queue_rank, Ticket.number)
        parts = [
            select(Ticket.__table__).where(*state, *self.conditions).order_by(*order).limit(self.limit + 1)
            for state in self.states
        ]
        if len(parts) == 1:
            return parts[0]
        merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
        return select(merged).order_by(merged.c.queue_rank, merged.c.number).limit(self.limit + 1)


@api.get("/queue")
@agents_only
def queue() -> Response:
    """Tickets in the order in which they are to be taken: fast track, then priority, then arrival."""
    query = _queue_query()
    with reading() as connection:
        rows = connection.execute(query.statement()).all()
        page = rows[: query.limit]
        follow_ups = _follow_ups(connection, [row.number for row in page])
    # A place in the order, not a count: what arrives or is taken meanwhile moves nothing.
    next_page = _cursor(page[-1]) if len(rows) > query.limit else None
    log.info("queue: %s tickets shown to %s", len(page), g.agent)
    return in_json({"tickets": [_entry(row, follow_ups.get(row.number)) for row in page], "next": next_page})


def entry_of(row: Row[Any]) -> dict[str, Any]:
    """A ticket as agents see it, by itself."""
    with reading() as connection:
        return _entry(row, _follow_ups(connection, [row.number]).get(row.number))


def _entry(row: Row[Any], follow_ups: Any) -> dict[str, Any]:
    """A ticket as agents see it: the marks, and the same ``ticket.json`` that came with the desk's letter."""
    ticket = load_if_readable(row)
    return {
        "number": row.number,
        "state": row.state,
        "state_by": row.state_by,
        "state_at": iso_utc(row.state_at) if row.state_at else None,
        "desk_reference": row.desk_reference,
        "unread_follow_up": row.unread_follow_up,
        "follow_ups": {
            "count": follow_ups.total if follow_ups else 0,
            "last_at": iso_utc(follow_ups.last_at) if follow_ups else None,
        },
        "ticket": ticket and ticket_json(ticket, version=container().settings.ticket_json_version),
    }


def _follow_ups(connection: Connection, numbers: Sequence[int]) -> dict[int, Any]:
    """How many follow-ups each of the tickets has, and when the last one came; one query for a page."""
    if not numbers:
        return {}
    rows = (
        select(
            FollowUp.ticket_number,
            func.count().label("total"),
            func.max(FollowUp.created_at).label("last_at"),
        )
        .where(FollowUp.ticket_number.in_(numbers))
        .group_by(FollowUp.ticket_number)
    )
    return {row.ticket_number: row for row in connection.execute(rows).all()}


def _queue_query() -> QueueQuery:
    """The query of the call at hand; its faults are reported together."""
    translate, errors = request_translator(), {}
    # Of an erased ticket nothing is left to work on.
    conditions: list[Any] = [Ticket.erased_at.is_(None)]
    columns = {
        "state": (None, QUEUE_STATES),
        "site": (Ticket.site, tuple(container().sites)),
        "category": (Ticket.category, tuple(category.id for category in container().catalog.categories)),
    }
    for name, (column, values) in columns.items():
        value = request.args.get(name)
        if value is None:
            continue
        if column is not None:
            conditions.append(column == value)
        if value not in values:
            errors[name] = [
                translate("api.unknown_value") if name == "site" else translate("api.one_of", values=", ".join(values))
            ]
    try:
        if (since := request.args.get("since")) is not None:
            conditions.append(Ticket.created_at >= _moment(since))
    except ValueError:
        errors["since"] = [translate("api.wrong.moment")]
    try:
        if (cursor := request.args.get("cursor")) is not None:
            conditions.append(tuple_(Ticket.queue_rank, Ticket.number) > tuple_(*_position_of(cursor)))
    except ValueError:
        errors["cursor"] = [translate("api.unknown_value")]
    limit = request.args.get("limit", str(ON_A_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST_ON_A_PAGE):
        errors["limit"] = [translate("api.wrong.number", least=1, most=MOST_ON_A_PAGE)]
    if errors:
        raise refused(errors)
    return QueueQuery(states_of(request.args.get("state")), tuple(conditions), int(limit))


def states_of(state: str | None) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """Open tickets whose letters are held are not in the queue: a flood of them would stand before everybody.

    Closed ones are, where somebody wrote again who may not be the client: only a person can tell.
    """
    is_open = (Ticket.state == "open", ~HELD_TICKET)
    if state is None:
        return is_open, (Ticket.state == "closed", Ticket.unread_follow_up == UNVERIFIED)
    if state == HELD:
        return ((Ticket.state == "open", HELD_TICKET),)
    return (is_open,) if state == "open" else ((Ticket.state == state,),)


def _moment(written: str) -> datetime:
    """A moment of ISO 8601; without an offset it is meant in the catalog's zone."""
    # A plus that was not encoded arrives as a space.
    moment = datetime.fromisoformat(written.strip().replace(" ", "+") if "T" in written else written)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(container().catalog.time_zone))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(written) from None


def _cursor(row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(f"{row.queue_rank}.{row.number}".encode()).decode().rstrip("=")


def _position_of(cursor: str) -> tuple[int, int]:
    try:
        text = base64.urlsafe_b64decode(cursor[:80] + "=" * (-len(cursor[:80]) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise ValueError(cursor) from None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ValueError(cursor)
    return int(match[1]), int(match[2])
