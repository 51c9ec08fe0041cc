"""What agents, and the programs of their help desk, say of a ticket: its state, and the desk's own number of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, g
from sqlalchemy import Connection, Row, func, select, update

from wizard.api.agent_auth import agents_only
from wizard.api.blueprint import api, in_json, limit_writing, request_translator
from wizard.api.problems import Problem, refused
from wizard.api.queue import entry_of
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import mark_validator
from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.db.models import FollowUp, Ticket
from wizard.db.ticket_names import is_named
from wizard.intake import queries
from wizard.mail.sanitize import neutralise_tags
from wizard.web.request_context import container

log = logging.getLogger(__name__)


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
    state = body.get("state")
    if state:
        # Whoever marks a ticket has looked at it.
        values |= {"state": state, "state_by": g.agent, "state_at": datetime.now(UTC), "unread_follow_up": None}
    meant = is_named(ticket)
    if meant is None:
        raise Problem("not_found")
    with writing() as connection:
        # Others mark it, erase it and say that a follow-up has come under the same lock; messages only refer to it.
        locked = select(Ticket.__table__).where(meant).with_for_update(key_share=True)
        row = connection.execute(locked).first()
        if row is None:
            raise Problem("not_found")
        _require_may_mark(connection, row, body)
        connection.execute(update(Ticket.__table__).where(Ticket.number == row.number).values(values))
    log.info("ticket %s: %s by %s", row.number, state or "desk's number", g.agent)
    marked = queries.ticket_where(Ticket.number == row.number)
    assert marked is not None, "no ticket's row is ever deleted"
    return in_json(entry_of(marked))


def _require_may_mark(connection: Connection, row: Row[Any], body: Mapping[str, Any]) -> None:
    """Raise ``Problem`` when the mark is none that this agent may make now. The ticket's row is locked."""
    if row.erased_at is not None:
        raise Problem("erased", "mark")
    # The queue shows closed ones that somebody wrote to, so they can be taken from there too.
    is_free = row.state == "open" or (row.state == "closed" and row.unread_follow_up is not None)
    if body.get("state") == "taken" and not is_free and (row.state, row.state_by) != ("taken", g.agent):
        raise Problem("already_taken", state=row.state, by=row.state_by)
    if "follow_ups" in body:
        count = connection.execute(select(func.count()).where(FollowUp.ticket_number == row.number)).scalar_one()
        if count != body["follow_ups"]:
            raise Problem("follow_up_came", count=count)


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
