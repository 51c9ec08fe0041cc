"""Further messages to a ticket whose token is known."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Row

from wizard.api.attachments import AssignedFiles, assign_files
from wizard.api.blueprint import PREFIX, api, in_json, limit_writing, request_translator
from wizard.api.idempotency_key import key_reused, sending_of_follow_up
from wizard.api.problems import Problem
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import follow_up_validator
from wizard.api.site_secret import caller_of
from wizard.api.tickets import refuse_faulty, shown_follow_ups, ticket_of_token
from wizard.forms.follow_up import FOLLOW_UP_FILES, accepted_message, message_error, parse_message
from wizard.intake import follow_up, idempotency, queries
from wizard.intake.follow_up import AddedFollowUp, followed_up
from wizard.intake.idempotency import IdempotencyConflict, Sending
from wizard.limits.doubts import signs_of_message
from wizard.tickets.caller import Caller
from wizard.tickets.erased import TicketErased
from wizard.web.doubts import with_doubts
from wizard.web.request_context import container


@api.post("/tickets/<ticket>/follow-ups")
@limit_writing
def add_follow_up(ticket: str) -> Response:
    """Add a further message; it joins the desk's thread."""
    row = ticket_of_token(ticket)
    if row.erased_at is not None:
        raise Problem("erased")
    body = checked_body(follow_up_validator())
    caller = caller_of(row.site)
    sending = sending_of_follow_up(row.number, body, caller)
    try:
        earlier = idempotency.sent_before(container().settings, sending) if sending else None
        added = followed_up(earlier) if earlier else _add(row, body, sending, caller)
    except IdempotencyConflict:
        raise key_reused() from None
    except TicketErased:
        raise Problem("erased") from None
    shown = shown_follow_ups(row.number, queries.files_of(row.number))[added.position - 1]
    answer = in_json(shown, 201, Location=f"{container().settings.base_url}{PREFIX}/tickets/{row.token}")
    if added.repeated:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _add(ticket: Row[Any], body: dict[str, Any], sending: Sending | None, caller: Caller) -> AddedFollowUp:
    files = assign_files(container(), [FOLLOW_UP_FILES], body.get("attachments", ()), request_translator())
    refuse_faulty(_message_errors(body["text"], files), files)
    words = accepted_message(container().catalog.phrasebook, parse_message(body["text"]), ticket.token)
    caller = with_doubts(caller, signs_of_message(words, ticket.language), words=[words])
    return follow_up.add_follow_up(
        container(), ticket, words, files.attachments, verified=True, sending=sending, caller=caller
    )


def _message_errors(text: str, files: AssignedFiles) -> dict[str, list[str]]:
    translate = request_translator()
    errors: dict[str, list[str]] = {}
    if fault := message_error(parse_message(text), translate):
        errors["text"] = [fault]
    count = files.counts[FOLLOW_UP_FILES.id]
    if count > FOLLOW_UP_FILES.max_files:
        errors[FOLLOW_UP_FILES.id] = [translate("forms.files", most=FOLLOW_UP_FILES.max_files, count=count)]
    return errors
