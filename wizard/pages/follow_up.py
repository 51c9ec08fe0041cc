"""Follow-ups: a further message to a ticket, by its token, or by its number and the reporter's address."""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Response, redirect, request
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import place_of, security_event
from wizard.db.models import Ticket
from wizard.forms.follow_up import FOLLOW_UP_FILES, accepted_message, message_error, parse_message
from wizard.intake import queries
from wizard.intake.accept import Unavailable
from wizard.intake.follow_up import add_follow_up
from wizard.intake.readable import snapshot_of
from wizard.limits import guesses
from wizard.limits.budgets import OverBudget
from wizard.pages.attachments import SubmittedFiles, file_rows, refused_page, submitted_files, upload_limits
from wizard.pages.blueprint import pages
from wizard.pages.caller import caller_of_message
from wizard.pages.tickets import ticket_of_token
from wizard.texts import translator
from wizard.tickets.erased import TicketErased
from wizard.values.email import canonical_mailbox
from wizard.values.receipt_code import find_receipt_code
from wizard.values.text import one_line
from wizard.web.rate_limits import caller_id, current_caller
from wizard.web.rendering import posting_url, private, public, render, url
from wizard.web.request_context import container, request_language

log = logging.getLogger(__name__)


@pages.route("/<language:language>/tickets/<token>/follow-up/", methods=["GET", "POST"])
def follow_up(token: str) -> Response:
    """A further message to a ticket whose token is known."""
    try:
        ticket = ticket_of_token(token)
    except SQLAlchemyError as fault:
        if request.method == "GET":
            raise
        return _not_added(fault, _submitted_message(), token=token)
    if ticket.erased_at is not None and request.method == "GET":
        return redirect(url("receipt", token=token), code=303)  # type: ignore[return-value]
    message = _submitted_message()
    message.token = ticket.token
    if ticket.erased_at is not None:
        return _erased(message, token)
    if request.method == "GET" or not message.is_valid:
        status = 200 if request.method == "GET" else 422
        answer = private(
            _message_page(message, status, label=snapshot_of(container(), ticket).client_label, token=token)
        )
        return refused_page(answer, message.files)
    try:
        _add(ticket, message, verified=True)
    except OverBudget as over:
        label = snapshot_of(container(), ticket).client_label
        return _too_many(message, "views.too_many_follow_ups", over.retry_after, label=label, token=token)
    except TicketErased:
        return _erased(message, token)
    except Unavailable as fault:
        return _not_added(fault, message, label=snapshot_of(container(), ticket).client_label, token=token)
    return redirect(url("receipt", None, token=token, **message.mask_notice), code=303)  # type: ignore[return-value]


@pages.get("/<language:language>/follow-up/")
def follow_up_by_number() -> Response:
    """Ask for number, address and message."""
    return public(_message_page(Message(), 200))


@pages.post("/<language:language>/follow-up/")
def add_by_number() -> Response:
    """A further message by number and address. A wrong number and a wrong address look the same (threats W07)."""
    message, now = _submitted_message(), datetime.now(UTC)
    settings, caller, name = container().settings, current_caller(), _name_of_ticket(message.number)
    try:
        if not guesses.may_guess(settings, caller, name, now):
            security_event("rate_limited", caller=caller_id(), rule="guesses")
            return _too_many(message, "views.too_many_guesses", guesses.seconds_to_wait(now), at="number")
        ticket = _find_ticket(name, message.address)
        if ticket is None:
            message.errors["number"] = [translator(request_language())(f"views.no_such_ticket_{settings.numbering}")]
            guesses.count_wrong_guess(settings, caller, name, now)
            if name and message.address:
                security_event("number_guessed", caller=caller_id(), route=request.endpoint)
    except SQLAlchemyError as fault:
        return _not_added(fault, message)
    if ticket is None:
        return private(_message_page(message, 422))
    message.token = ticket.token
    if not message.is_valid:
        return refused_page(private(_message_page(message, 422)), message.files)
    try:
        _add(ticket, message, verified=False)
    except OverBudget as over:
        return _too_many(message, "views.too_many_follow_ups", over.retry_after)
    except TicketErased:
        return _erased(message)
    except Unavailable as fault:
        return _not_added(fault, message)
    return redirect(url("follow_up_done", None, **message.mask_notice), code=303)  # type: ignore[return-value]


@pages.get("/<language:language>/follow-up/done/")
def follow_up_done() -> Response:
    """Say that the message was added, and nothing of the ticket: the address was not verified."""
    return public(render("follow_up_done.html", new_url=url("start"), was_masked="masked" in request.args))


@dataclass
class Message:
    """A submitted further message."""

    text: str = ""
    number: str = ""
    address: str = ""
    files: SubmittedFiles = field(default_factory=SubmittedFiles)
    errors: dict[str, list[str]] = field(default_factory=dict)
    token: str = ""
    """Of the ticket that it is added to."""

    @property
    def is_valid(self) -> bool:
        """Whether it can be sent as it is."""
        return not self.errors

    @property
    def accepted(self) -> str:
        """The text as it is stored."""
        return accepted_message(container().catalog.phrasebook, self.text, self.token)

    @property
    def mask_notice(self) -> dict[str, int]:
        """What the address of the next page has more when a secret was masked, so that the page says so."""
        return {"masked": 1} if self.accepted != self.text else {}


def _submitted_message() -> Message:
    if request.method == "GET":
        return Message()
    translate = translator(request_language())
    message = Message(
        text=parse_message(request.form.get("text", "")),
        number=one_line(request.form.get("number", "")[:80]),
        address=one_line(request.form.get("address", "")[:320]),
        files=submitted_files(container(), [FOLLOW_UP_FILES], translate),
    )
    message.errors.update(message.files.errors)
    if fault := message_error(message.text, translate):
        message.errors["text"] = [fault]
    return message


def _add(ticket: Row[Any], message: Message, *, verified: bool) -> None:
    files = message.files.attachments
    add_follow_up(
        container(), ticket, message.accepted, files, verified=verified, caller=caller_of_message(message.accepted)
    )


def _too_many(
    message: Message, words: str, seconds: int, *, at: str = "text", label: str | None = None, token: str | None = None
) -> Response:
    """There were too many: the client's words stay on the page."""
    message.errors[at] = [translator(request_language())(words)]
    answer = private(_message_page(message, 429, label=label, token=token))
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_added(fault: Exception, message: Message, *, label: str | None = None, token: str | None = None) -> Response:
    """The database is away: the client's words stay on the page, and so does the button to send them again."""
    log.error("follow-up not added: %s", place_of(fault))
    message.errors["text"] = [translator(request_language())("views.follow_up_not_sent")]
    answer = private(_message_page(message, 503, label=label, token=token))
    answer.headers["Retry-After"] = "30"
    return answer


def _erased(message: Message, token: str | None = None) -> Response:
    """Nothing can be added any more: the client's words stay on the page, to be sent as a new ticket."""
    message.errors = {"text": [translator(request_language())("views.ticket_erased")]}
    return private(_message_page(message, 410, token=token))


def _message_page(message: Message, status: int, *, label: str | None = None, token: str | None = None) -> Response:
    settings, translate = container().settings, translator(request_language())
    return render(
        "follow_up.html",
        status,
        by_token=token is not None,
        numbering=settings.numbering,
        ticket_label=label,
        errors=message.errors,
        values={"text": message.text, "number": message.number, "address": message.address},
        uploads=file_rows(container(), message.files, translate).get("files", []),
        upload_limits=upload_limits(container(), translate),
        form_action_url=posting_url("follow_up", token=token) if token else posting_url("follow_up_by_number"),
        new_url=url("start", carried=token),
    )


def _name_of_ticket(typed: str) -> str:
    """The number or the receipt code, out of what was typed or pasted; empty when there is none."""
    if container().settings.numbering == "desk":
        return find_receipt_code(typed)
    digits = re.findall(r"[0-9]{1,10}", typed)
    return str(int(digits[0])) if digits else ""


def _find_ticket(name: str, address: str) -> Row[Any] | None:
    """The ticket of a number, only together with an address that its reporter gave (docs/mail.md)."""
    if container().settings.numbering == "desk":
        ticket = queries.ticket_where(Ticket.receipt == name)
    else:
        ticket = queries.ticket_where(Ticket.number == int(name)) if name else None
    if ticket is None or not address:
        return None
    reporter = snapshot_of(container(), ticket).reporter
    own = [canonical_mailbox(mailbox) for mailbox in (reporter.reply_to, reporter.registered_email) if mailbox]
    given = canonical_mailbox(address).encode()
    return ticket if any(hmac.compare_digest(mailbox.encode(), given) for mailbox in own) else None
