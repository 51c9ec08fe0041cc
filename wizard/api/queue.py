"""The queue for agents: what is to be taken next, and the marks that make it a queue."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, request
from sqlalchemy import ColumnElement, Row, and_, or_, select, tuple_, update

from wizard.api.agent_auth import agents_only
from wizard.api.blueprint import api, in_json, limit_writing, request_translator
from wizard.api.problems import Problem, refused
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import state_validator
from wizard.db.engine import reading, writing
from wizard.db.models import STATES, Ticket
from wizard.intake import queries
from wizard.outbox.held import HELD_TICKET
from wizard.tickets import snapshot
from wizard.tickets.ticket_json import ticket_json
from wizard.values.datetimes import iso_utc
from wizard.web.request_context import container

log = logging.getLogger(__name__)

MOST_ON_A_PAGE = 200
ON_A_PAGE = 50

HELD = "held"
QUEUE_STATES = (*STATES, HELD)
"""What may be asked for: as tickets are marked, and the open ones whose letters are held."""

LARGEST_NUMBER = 2**63 - 1
"""What a column of the database can hold."""

_NUMBER = re.compile(r"[0-9]{1,19}")
_CURSOR = re.compile(r"([0-3])\.([0-9]{1,18})")


@dataclass(frozen=True)
class QueueQuery:
    """What part of the queue is asked for."""

    conditions: tuple[Any, ...]
    limit: int


@api.get("/queue")
@agents_only
def queue() -> Response:
    """Tickets in the order in which they are to be taken: fast track, then priority, then arrival."""
    query = _queue_query()
    statement = select(Ticket.__table__).where(*query.conditions).order_by(Ticket.queue_rank, Ticket.number)
    with reading() as connection:
        rows = connection.execute(statement.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    # A place in the order, not a count: what arrives or is taken meanwhile moves nothing.
    next_page = _cursor(page[-1]) if len(rows) > query.limit else None
    log.info("queue: %s tickets shown to %s", len(page), g.agent)
    return in_json({"tickets": [_entry(row) for row in page], "next": next_page})


def _entry(row: Row[Any]) -> dict[str, Any]:
    """A ticket as agents see it: the marks, and the same ``ticket.json`` that came with the desk's letter."""
    return {
        "number": row.number,
        "state": row.state,
        "state_by": row.state_by,
        "state_at": iso_utc(row.state_at) if row.state_at else None,
        "ticket": ticket_json(snapshot.load(row), version=container().settings.ticket_json_version),
    }


def _queue_query() -> QueueQuery:
    """The query of the call at hand; its faults are reported together."""
    translate, errors = request_translator(), {}
    # Of an erased ticket nothing is left to work on.
    conditions: list[Any] = [Ticket.erased_at.is_(None)]
    columns = {
        "state": (Ticket.state, QUEUE_STATES),
        "site": (Ticket.site, tuple(container().sites)),
        "category": (Ticket.category, tuple(category.id for category in container().catalog.categories)),
    }
    for name, (column, values) in columns.items():
        value = request.args.get(name, "open" if name == "state" else None)
        if value is None:
            continue
        conditions += _in_state(value) if name == "state" else [column == value]
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
    return QueueQuery(tuple(conditions), int(limit))


def _in_state(state: str) -> list[ColumnElement[bool]]:
    """Open tickets whose letters are held are not in the queue: a flood of them would stand before everybody."""
    if state == HELD:
        return [Ticket.state == "open", HELD_TICKET]
    return [Ticket.state == state, *([~HELD_TICKET] if state == "open" else [])]


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


@api.patch("/tickets/<ticket>")
@limit_writing
@agents_only
def mark(ticket: str) -> Response:
    """Mark a ticket as taken, closed or open again. Of two agents who take it at once one gets it."""
    state = checked_body(state_validator())["state"]
    if not _NUMBER.fullmatch(ticket) or int(ticket) > LARGEST_NUMBER:
        raise Problem("not_found")
    number = int(ticket)
    condition = Ticket.number == number
    if state == "taken":
        condition = and_(
            condition, or_(Ticket.state == "open", and_(Ticket.state == "taken", Ticket.state_by == g.agent))
        )
    change = update(Ticket.__table__).where(condition).values(state=state, state_by=g.agent, state_at=datetime.now(UTC))
    with writing() as connection:
        won = connection.execute(change).rowcount == 1
    row = queries.ticket_where(Ticket.number == number)
    if row is None:
        raise Problem("not_found")
    if not won:
        raise Problem("already_taken", state=row.state, by=row.state_by)
    log.info("ticket %s: %s by %s", number, state, g.agent)
    return in_json(_entry(row))
