"""The letter of last resort: when a letter cannot be composed, the desk still gets everything (threats E03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from zlib import crc32

from wizard.config.desk import Desk
from wizard.mail.history import unlike_history
from wizard.mail.message import Header, Letter, Part
from wizard.mail.sanitize import in_a_body, in_a_header, neutralise_tags, shortened
from wizard.mail.text import wrapped
from wizard.mail.thread import date_header, follow_up_headers, message_id, own_mailbox, program_headers
from wizard.texts import translate
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.thread_code import thread_code
from wizard.tickets.ticket_json import FollowUpMessage, ticket_json

T = TypeVar("T")

_LONGEST_FAULT = 500


def compose_fallback(
    snapshot: TicketSnapshot, desk: Desk, fault: str, *, follow_up: FollowUpMessage | None = None
) -> Letter:
    """A minimal letter with a fixed subject and the snapshot as JSON in ``record.txt``. Never raises.

    Args:
        fault: why the letter proper could not be composed.
        follow_up: the message that the letter brings, which is not in the snapshot.
    """
    language = desk.language if desk.language in ("ru", "en") else "en"
    subject = translate(language, "mail.fallback_subject")
    cause = translate(language, "mail.fallback_cause", fault=shortened(in_a_body(str(fault)), _LONGEST_FAULT))
    lines = [
        *wrapped(translate(language, "mail.fallback_text")),
        "",
        *map(unlike_history, wrapped(neutralise_tags(cause, *desk.tag_patterns))),
    ]
    return Letter(
        headers=(
            _or_else(lambda: date_header(snapshot.created_at), date_header(datetime.now(UTC))),
            ("From", own_mailbox(desk.sender)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", f"{in_a_header(snapshot.tag)} {subject}" if isinstance(snapshot.tag, str) else subject),
            *_thread_headers(snapshot, desk, follow_up),
            *_number_header(snapshot),
            *(follow_up_headers(follow_up.position, verified=follow_up.verified) if follow_up else ()),
            *program_headers(desk),
        ),
        text="\n".join(lines) + "\n",
        html="",
        attachments=(Part("record.txt", "text/plain", _snapshot_json(snapshot, desk, follow_up)),),
        envelope_from=desk.sender,
        recipient=_or_else(lambda: own_mailbox(desk.inbox).address, desk.inbox),
    )


def compose_unreadable(desk: Desk, number: int | None, token: str, stored_json: str) -> Letter:
    """A letter with a snapshot that this version of the program cannot read, as it lies in the table.

    Args:
        number: None when the desk numbers the ticket itself.
        token: the ticket's, which the letter does not give away.
    """
    language = desk.language if desk.language in ("ru", "en") else "en"
    tag = f"{desk.tag_pattern.format(number=number)} " if number is not None else ""
    return Letter(
        headers=(
            date_header(datetime.now(UTC)),
            ("From", own_mailbox(desk.sender)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", tag + translate(language, "mail.fallback_subject")),
            ("Message-ID", f"<unreadable-{thread_code(token)}@{desk.mail_domain}>"),
            *program_headers(desk),
        ),
        text="\n".join(wrapped(translate(language, "mail.fallback_text"))) + "\n",
        html="",
        attachments=(Part("record.txt", "text/plain", stored_json.encode("utf-8", "backslashreplace")),),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def _thread_headers(snapshot: TicketSnapshot, desk: Desk, follow_up: FollowUpMessage | None) -> tuple[Header, ...]:
    first = message_id(snapshot, desk)
    if follow_up is None:
        return (("Message-ID", first),)
    own = f"-follow-up-{crc32(follow_up.text.encode('utf-8', 'replace')):08x}"
    return ("Message-ID", message_id(snapshot, desk, suffix=own)), ("In-Reply-To", first), ("References", first)


def _number_header(snapshot: TicketSnapshot) -> tuple[Header, ...]:
    if snapshot.number is not None:
        return (("X-Ticket-Number", in_a_header(str(snapshot.number))),)
    return (("X-Ticket-Receipt", in_a_header(str(snapshot.receipt))),)


def _snapshot_json(snapshot: TicketSnapshot, desk: Desk, follow_up: FollowUpMessage | None) -> bytes:
    def as_json() -> str:
        content = ticket_json(snapshot, version=desk.ticket_json_version, follow_up=follow_up)
        if follow_up and desk.ticket_json_version == 1:
            content["follow_up"] = follow_up.text
        return json.dumps(content, indent=1, default=repr, ensure_ascii=False)

    # A lone surrogate becomes its escape: nothing in the snapshot can make this raise.
    return (_or_else(as_json, "") or ascii((snapshot, follow_up))).encode("utf-8", "backslashreplace")


def _or_else(attempt: Callable[[], T], instead: T) -> T:
    try:
        return attempt()
    except Exception:
        return instead
