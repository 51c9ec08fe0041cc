"""A ticket's own page, the receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, abort, request
from sqlalchemy import Row

from wizard.config.logs import security_event
from wizard.intake import queries
from wizard.intake.readable import snapshot_of
from wizard.pages.blueprint import pages
from wizard.texts import translator
from wizard.tickets.columns import is_of_columns
from wizard.tickets.snapshot import TicketSnapshot
from wizard.values.datetimes import datetime_text
from wizard.web.rate_limits import caller_id
from wizard.web.rendering import private, render, url
from wizard.web.request_context import container, request_language


@pages.get("/<language:language>/tickets/<token>/")
def receipt(token: str) -> Response:
    """The receipt: number, queue, what next; later deliveries and further messages."""
    row = ticket_of_token(token)
    if row.erased_at is not None:
        return _erased_receipt(row)
    ticket = snapshot_of(container(), row)
    letters, follow_ups = queries.letters_to_desk(row.number), queries.follow_ups_of(row.number)
    translate = translator(request_language())
    return private(
        render(
            "receipt.html",
            ticket={
                "number": ticket.number,
                "tag": ticket.tag,
                "receipt": ticket.receipt,
                "desk_reference": row.desk_reference,
                "brings_number": None if is_of_columns(ticket) else bool(ticket.reporter.reply_to),
                "is_reopened": _is_reopened(row),
                "fast_track": ticket.fast_track,
                "queue_title": translate("views.queue_fast" if ticket.fast_track else "views.queue_in_turn"),
                "queue_reason": ticket.client_reason,
                "label": ticket.client_label,
                "draft": f"{ticket.site}/{ticket.situation}",
                "created_text": _when(ticket.created_at),
                "deliveries": [_delivery(letter) for letter in letters],
                "follow_ups": [
                    {"text": message.text, "when_text": _when(message.created_at)} for message in follow_ups
                ],
            },
            just_sent=not follow_ups and "again" not in request.args,
            again="again" in request.args,
            was_masked="masked" in request.args,
            next_steps=_next_steps(ticket, row.desk_reference),
            follow_up_url=url("follow_up", token=token),
            new_url=url("start", carried=token),
        )
    )


def _erased_receipt(row: Row[Any]) -> Response:
    ticket = snapshot_of(container(), row)
    return private(
        render(
            "receipt_erased.html",
            ticket={
                "number": ticket.number,
                "receipt": ticket.receipt,
                "label": ticket.client_label,
                "created_text": _when(ticket.created_at),
                "erased_text": _when(row.erased_at),
            },
            new_url=url("start"),
        )
    )


def ticket_of_token(token: str) -> Row[Any]:
    """The ticket that a token opens, or 404. The answer to any other token is the same (threats W07)."""
    ticket = queries.ticket_of(token)
    if ticket is None:
        security_event("ticket_token_unknown", caller=caller_id(), route=request.endpoint)
        abort(404)
    return ticket


def _is_reopened(ticket: Row[Any]) -> bool:
    """Whether the client's own message has reopened a closed ticket, and no agent has marked it since."""
    return bool(ticket.state == "open" and ticket.state_at and ticket.state_by is None)


def _next_steps(ticket: TicketSnapshot, desk_reference: str | None) -> list[str]:
    translate = translator(request_language())
    if is_of_columns(ticket):
        return [translate("views.next_answer"), translate("views.next_add_here")]
    if not ticket.reporter.reply_to:
        return [translate("views.next_no_letter"), translate("views.next_look_up"), translate("views.next_add_here")]
    numbered = "wizard" if ticket.number is not None else "desk"
    if numbered == "desk" and desk_reference:
        numbered = "known"
    return [
        translate(f"views.next_letter_{numbered}", number=desk_reference),
        translate("views.next_answer"),
        translate(f"views.next_reply_{numbered}"),
    ]


def _delivery(letter: Row[Any]) -> dict[str, str]:
    translate = translator(request_language())
    # A letter that is held looks to its sender like any other that waits.
    state = {"held": "owed"}.get(letter.state, letter.state)
    if letter.state == "owed" and letter.attempts:
        state = "waiting"
    return {
        "what": translate(f"views.delivery_{letter.kind}"),
        "state_text": translate(f"views.delivery_{state}"),
        "when_text": _when(letter.sent_at or letter.created_at),
    }


def _when(moment: datetime) -> str:
    return datetime_text(moment, container().catalog.time_zone, request_language(), "words")
