"""Follow-ups: a further message to a ticket, by its token, or by its number and the reporter's address."""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Response, redirect, request
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import place_of
from wizard.db.models import Ticket
from wizard.forms.follow_up import FOLLOW_UP_FILES, accepted_message, message_error, parse_message
from wizard.intake import queries
from wizard.intake.accept import Unavailable
from wizard.intake.follow_up import add_follow_up
from wizard.pages.attachments import SubmittedFiles, file_rows, submitted_files, upload_limits
from wizard.pages.blueprint import pages
from wizard.pages.tickets import ticket_of_token
from wizard.texts import translator
from wizard.tickets import snapshot
from wizard.values.email import canonical_mailbox
from wizard.values.text import one_line
from wizard.web.rate_limits import WRONG_GUESSES, caller_network, limiter
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
    message = _submitted_message()
    if request.method == "GET" or not message.is_valid:
        status = 200 if request.method == "GET" else 422
        return private(_message_page(message, status, label=snapshot.load(ticket).client_label, token=token))
    try:
        add_follow_up(container(), ticket, message.accepted, message.files.attachments, verified=True)
    except Unavailable as fault:
        return _not_added(fault, message, label=snapshot.load(ticket).client_label, token=token)
    return redirect(url("receipt", None, token=token, **message.mask_notice), code=303)  # type: ignore[return-value]


@pages.get("/<language:language>/follow-up/")
def follow_up_by_number() -> Response:
    """Ask for number, address and message."""
    return public(_message_page(Message(), 200))


@pages.post("/<language:language>/follow-up/")
@limiter.limit(WRONG_GUESSES, key_func=caller_network, deduct_when=lambda answer: answer.status_code == 422)
def add_by_number() -> Response:
    """A further message by number and address. A wrong number and a wrong address look the same (threats W07)."""
    message = _submitted_message()
    try:
        ticket = _find_ticket(message.number, message.address)
    except SQLAlchemyError as fault:
        return _not_added(fault, message)
    if ticket is None:
        message.errors["number"] = [translator(request_language())("views.no_such_ticket")]
    if not message.is_valid or ticket is None:
        return private(_message_page(message, 422))
    try:
        add_follow_up(container(), ticket, message.accepted, message.files.attachments, verified=False)
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

    @property
    def is_valid(self) -> bool:
        """Whether it can be sent as it is."""
        return not self.errors

    @property
    def accepted(self) -> str:
        """The text as it is stored."""
        return accepted_message(container().catalog.phrasebook, self.text)

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


def _not_added(fault: Exception, message: Message, *, label: str | None = None, token: str | None = None) -> Response:
    """The database is away: the client's words stay on the page, and so does the button to send them again."""
    log.error("follow-up not added: %s", place_of(fault))
    message.errors["text"] = [translator(request_language())("views.follow_up_not_sent")]
    answer = private(_message_page(message, 503, label=label, token=token))
    answer.headers["Retry-After"] = "30"
    return answer


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


def _find_ticket(number: str, address: str) -> Row[Any] | None:
    """The ticket of a number, only together with an address that its reporter gave (docs/mail.md)."""
    digits = re.findall(r"[0-9]{1,10}", number)
    if container().settings.numbering == "desk":
        code = re.sub(r"[^0-9A-Z]", "", number.upper())
        ticket = queries.ticket_where(Ticket.receipt == f"ОБР-{code[-6:-2]}-{code[-2:]}")
    else:
        ticket = queries.ticket_where(Ticket.number == int(digits[0])) if digits else None
    if ticket is None or not address:
        return None
    reporter = snapshot.load(ticket).reporter
    own = [canonical_mailbox(mailbox) for mailbox in (reporter.reply_to, reporter.registered_email) if mailbox]
    given = canonical_mailbox(address).encode()
    return ticket if any(hmac.compare_digest(mailbox.encode(), given) for mailbox in own) else None
