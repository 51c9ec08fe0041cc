"""The letter of last resort: when a letter cannot be composed, the desk still gets everything (threats E03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from wizard.config.desk import Desk
from wizard.mail.desk_rows import Links
from wizard.mail.message import Header, Letter, Part
from wizard.mail.sanitize import in_a_body, in_a_file_name, in_a_header, neutralise_tags, shortened
from wizard.mail.text import indented, unlike_history_in, wrapped
from wizard.mail.thread import (
    as_follow_up,
    date_header,
    follow_up_headers,
    from_client,
    message_id,
    own_mailbox,
    program_headers,
    subject_of_ticket,
)
from wizard.texts import translate
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.thread_code import thread_code
from wizard.tickets.ticket_json import FollowUpMessage, attachment_json, follow_up_json, ticket_json

T = TypeVar("T")

_LONGEST_FAULT = 500


@dataclass(frozen=True)
class UnreadableTicket:
    """What the columns say of a ticket whose snapshot cannot be read."""

    number: int
    receipt: str | None
    """Set when the desk numbers the ticket itself."""
    token: str
    """Which the letter does not give away."""
    created_at: datetime
    stored_json: str
    """The snapshot as it lies in the table."""


def compose_fallback(
    snapshot: TicketSnapshot,
    desk: Desk,
    fault: str,
    *,
    follow_up: FollowUpMessage | None = None,
    links: Links = (),
    desk_reference: str | None = None,
) -> Letter:
    """A minimal letter with a fixed subject and the snapshot as JSON in ``record.txt``. Never raises.

    Args:
        fault: why the letter proper could not be composed.
        follow_up: the message that the letter brings, which is not in the snapshot.
        links: the client's files, each with the address where it lies.
        desk_reference: the help desk's own number of the ticket, when it is known.
    """
    cause = translate(_language(desk), "mail.fallback_cause", fault=shortened(in_a_body(str(fault)), _LONGEST_FAULT))
    name = next((in_a_header(name) for name in (snapshot.tag, snapshot.receipt) if isinstance(name, str)), None)
    created_at = follow_up.created_at if follow_up else snapshot.created_at
    return Letter(
        headers=(
            _or_else(lambda: date_header(created_at), date_header(datetime.now(UTC))),
            *_from_client(snapshot, desk),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", _subject(name, desk, follow_up, desk_reference)),
            *_thread_headers(snapshot, desk, follow_up),
            *_number_header(snapshot.number, snapshot.receipt),
            *_follow_up_headers(follow_up),
            *program_headers(desk),
        ),
        text=_text(desk, follow_up, links, cause),
        html="",
        attachments=(_record(_snapshot_json(snapshot, desk, follow_up, links)),),
        envelope_from=desk.sender,
        recipient=_or_else(lambda: own_mailbox(desk.inbox).address, desk.inbox),
    )


def compose_unreadable(
    desk: Desk,
    ticket: UnreadableTicket,
    *,
    follow_up: FollowUpMessage | None = None,
    links: Links = (),
    desk_reference: str | None = None,
) -> Letter:
    """A letter of a ticket whose snapshot this version of the program cannot read: with what lies in the table.

    Its Message-ID is its own: the same ticket may go out as it is meant once more, by the version that wrote it.
    """
    number = ticket.number if ticket.receipt is None else None
    name = ticket.receipt or desk.tag_pattern.format(number=ticket.number)
    stored_json = ticket.stored_json
    if follow_up or links:
        message = {"follow_up": follow_up_json(follow_up)} if follow_up else {}
        record = _or_else(lambda: json.loads(ticket.stored_json), stored_json)
        stored_json = _as_json({"record": record, **message, **_linked(links)})
    return Letter(
        headers=(
            date_header(follow_up.created_at if follow_up else ticket.created_at),
            ("From", own_mailbox(desk.sender)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", _subject(name, desk, follow_up, desk_reference)),
            *_thread_headers_of_unreadable(ticket, desk, follow_up),
            *_number_header(number, ticket.receipt),
            *_follow_up_headers(follow_up),
            *program_headers(desk),
        ),
        text=_text(desk, follow_up, links),
        html="",
        attachments=(_record(stored_json.encode("utf-8", "backslashreplace")),),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def _language(desk: Desk) -> str:
    return desk.language if desk.language in ("ru", "en") else "en"


def _subject(name: str | None, desk: Desk, follow_up: FollowUpMessage | None, desk_reference: str | None) -> str:
    key = "mail.fallback_follow_up_subject" if follow_up else "mail.fallback_subject"
    subject = subject_of_ticket(name, translate(_language(desk), key))
    return as_follow_up(subject, desk, desk_reference) if follow_up else subject


def _from_client(snapshot: TicketSnapshot, desk: Desk) -> tuple[Header, ...]:
    sender: Header = ("From", own_mailbox(desk.sender))
    return _or_else(lambda: from_client(snapshot, desk), (sender,))


def _text(desk: Desk, follow_up: FollowUpMessage | None, links: Links, cause: str = "") -> str:
    """What happened, the words of the follow-up, where the files are, and the cause. The last line is ours."""
    language = _language(desk)
    lines = wrapped(translate(language, "mail.fallback_follow_up_text" if follow_up else "mail.fallback_text"))
    if follow_up:
        lines += ["", f"{translate(language, 'mail.words')}:", *indented(_body(follow_up.text, desk), " " * 4)]
    if links:
        lines += ["", f"{translate(language, 'mail.attachments')}:"]
        for attachment, url in links:
            name = _body(in_a_file_name(attachment.name, *desk.tag_patterns), desk)
            lines += indented(f"{name}: {translate(language, 'mail.fallback_file', url=url)}", "  ")
    lines += ["", *unlike_history_in(neutralise_tags(cause, *desk.tag_patterns))] if cause else []
    return "\n".join(lines) + "\n"


def _body(text: str, desk: Desk) -> str:
    return neutralise_tags(in_a_body(text), *desk.tag_patterns)


def _thread_headers(snapshot: TicketSnapshot, desk: Desk, follow_up: FollowUpMessage | None) -> tuple[Header, ...]:
    first = message_id(snapshot, desk)
    if follow_up is None:
        return (("Message-ID", first),)
    own = message_id(snapshot, desk, suffix=f"-follow-up-{follow_up.position}")
    return ("Message-ID", own), ("In-Reply-To", first), ("References", first)


def _thread_headers_of_unreadable(
    ticket: UnreadableTicket, desk: Desk, follow_up: FollowUpMessage | None
) -> tuple[Header, ...]:
    name = f"unreadable-{thread_code(ticket.token)}"
    first = f"<{name}@{desk.mail_domain}>"
    if follow_up is None:
        return (("Message-ID", first),)
    own = f"<{name}-follow-up-{follow_up.position}@{desk.mail_domain}>"
    return ("Message-ID", own), ("In-Reply-To", first), ("References", first)


def _number_header(number: int | None, receipt: str | None) -> tuple[Header, ...]:
    if number is not None:
        return (("X-Ticket-Number", in_a_header(str(number))),)
    return (("X-Ticket-Receipt", in_a_header(str(receipt))),)


def _follow_up_headers(follow_up: FollowUpMessage | None) -> tuple[Header, ...]:
    return follow_up_headers(follow_up.position, verified=follow_up.verified) if follow_up else ()


def _record(content: bytes) -> Part:
    return Part("record.txt", "text/plain", content)


def _linked(links: Links) -> dict[str, Any]:
    """The client's files with the addresses where they lie, as the member ``files``; none where there are none."""
    return {"files": [{**attachment_json(attachment), "url": url} for attachment, url in links]} if links else {}


def _snapshot_json(snapshot: TicketSnapshot, desk: Desk, follow_up: FollowUpMessage | None, links: Links) -> bytes:
    def as_json() -> str:
        content = ticket_json(snapshot, version=desk.ticket_json_version, follow_up=follow_up)
        if follow_up and desk.ticket_json_version == 1:
            content["follow_up"] = follow_up.text
        return _as_json({**content, **_linked(links)})

    # A lone surrogate becomes its escape: nothing in the snapshot can make this raise.
    return (_or_else(as_json, "") or ascii((snapshot, follow_up, links))).encode("utf-8", "backslashreplace")


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, default=repr, ensure_ascii=False)


def _or_else(attempt: Callable[[], T], instead: T) -> T:
    try:
        return attempt()
    except Exception:
        return instead
