"""What agents, and the programs of their help desk, say of a ticket: its state, and the desk's own number of it."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

from flask import Response, g
from sqlalchemy import ColumnElement, and_, or_, update

from wizard.api.agent_auth import agents_only
from wizard.api.blueprint import api, in_json, limit_writing, request_translator
from wizard.api.problems import Problem, refused
from wizard.api.queue import entry_of
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import mark_validator
from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.db.models import Ticket
from wizard.intake import queries
from wizard.mail.sanitize import neutralise_tags
from wizard.values.receipt_code import read_receipt_code
from wizard.web.request_context import container

log = logging.getLogger(__name__)

LARGEST_NUMBER = 2**63 - 1
"""What a column of the database can hold."""

_NUMBER = re.compile(r"[0-9]{1,19}")


@api.patch("/tickets/<ticket>")
@limit_writing
@agents_only
def mark(ticket: str) -> Response:
    """Mark a ticket as taken, closed or open again, or tell the desk's number of it.

    Of two agents who take it at once one gets it, and nothing of the other's call is stored.
    """
    body = checked_body(mark_validator())
    values: dict[str, Any] = {}
    if "desk_reference" in body:
        values["desk_reference"] = _reference(body["desk_reference"], container().settings)
    is_meant = _named(ticket)
    condition = is_meant
    if state := body.get("state"):
        # Whoever marks a ticket has looked at it.
        values |= {"state": state, "state_by": g.agent, "state_at": datetime.now(UTC), "unread_follow_up": None}
    if state == "taken":
        condition = and_(
            condition, or_(Ticket.state == "open", and_(Ticket.state == "taken", Ticket.state_by == g.agent))
        )
    with writing() as connection:
        won = connection.execute(update(Ticket.__table__).where(condition).values(values)).rowcount == 1
    row = queries.ticket_where(is_meant)
    if row is None:
        raise Problem("not_found")
    if not won:
        raise Problem("already_taken", state=row.state, by=row.state_by)
    log.info("ticket %s: %s by %s", row.number, state or "desk's number", g.agent)
    return in_json(entry_of(row))


def _named(name: str) -> ColumnElement[bool]:
    """The condition that a ticket is the one of a number or of a receipt code, however that is written."""
    if _NUMBER.fullmatch(name) and int(name) <= LARGEST_NUMBER:
        return Ticket.number == int(name)
    if receipt := read_receipt_code(name, needs_prefix=False):
        return Ticket.receipt == receipt
    raise Problem("not_found")


def _reference(written: str | None, settings: Settings) -> str | None:
    """The desk's number as it is stored.

    It stands in subjects: within one pattern it must not form the tag of another ticket.
    """
    if written is None:
        return None
    reference = written.strip()
    if neutralise_tags(reference, settings.ticket_tag, settings.tag_of_desk) != reference:
        raise refused({"desk_reference": [request_translator()("api.wrong.desk_reference")]})
    return reference
