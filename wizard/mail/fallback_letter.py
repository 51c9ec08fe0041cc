"""The letter of last resort: when a letter cannot be composed, the desk still gets everything (threats E03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from zlib import crc32

from wizard.config.desk import Desk
from wizard.mail.message import Header, Letter, Part
from wizard.mail.sanitize import in_a_body, in_a_header, shortened
from wizard.mail.text import wrapped
from wizard.mail.thread import date_header, message_id, own_mailbox
from wizard.texts import translate
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import ticket_json

T = TypeVar("T")

_LONGEST_FAULT = 500


def compose_fallback(record: TicketSnapshot, desk: Desk, fault: str, *, words: str = "") -> Letter:
    """A minimal letter with a fixed subject and the record as JSON in ``record.txt``. Never raises.

    Args:
        fault: why the letter proper could not be composed.
        words: the text of a follow-up, which is not in the record.
    """
    language = desk.language if desk.language in ("ru", "en") else "en"
    subject = translate(language, "mail.fallback_subject")
    cause = translate(language, "mail.fallback_cause", fault=shortened(in_a_body(str(fault)), _LONGEST_FAULT))
    lines = [*wrapped(translate(language, "mail.fallback_text")), "", *wrapped(cause.replace("##", "# #"))]
    return Letter(
        headers=(
            _or_else(lambda: date_header(record.created_at), date_header(datetime.now(UTC))),
            ("From", own_mailbox(desk.sender)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", f"{in_a_header(record.tag)} {subject}" if isinstance(record.tag, str) else subject),
            *_place_in_thread(record, desk, words),
            *_name(record),
        ),
        text="\n".join(lines) + "\n",
        html="",
        attachments=(Part("record.txt", "text/plain", _record(record, words)),),
        envelope_from=desk.sender,
        recipient=_or_else(lambda: own_mailbox(desk.inbox).address, desk.inbox),
    )


def compose_unreadable(desk: Desk, number: int | None, record: str) -> Letter:
    """A letter with a record that this version of the program cannot read, as it lies in the database."""
    language = desk.language if desk.language in ("ru", "en") else "en"
    tag = f"{desk.tag_pattern.format(number=number)} " if number is not None else ""
    return Letter(
        headers=(
            date_header(datetime.now(UTC)),
            ("From", own_mailbox(desk.sender)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", tag + translate(language, "mail.fallback_subject")),
            ("Message-ID", f"<unreadable-{crc32(record.encode('utf-8', 'replace')):08x}@{desk.mail_domain}>"),
        ),
        text="\n".join(wrapped(translate(language, "mail.fallback_text"))) + "\n",
        html="",
        attachments=(Part("record.txt", "text/plain", record.encode("utf-8", "backslashreplace")),),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def _place_in_thread(record: TicketSnapshot, desk: Desk, words: str) -> tuple[Header, ...]:
    first = message_id(record, desk)
    if not words:
        return (("Message-ID", first),)
    own = f"-follow-up-{crc32(words.encode('utf-8', 'replace')):08x}"
    return ("Message-ID", message_id(record, desk, suffix=own)), ("In-Reply-To", first), ("References", first)


def _name(record: TicketSnapshot) -> tuple[Header, ...]:
    if record.number is not None:
        return (("X-Ticket-Number", in_a_header(str(record.number))),)
    return (("X-Ticket-Receipt", in_a_header(str(record.receipt))),)


def _record(record: TicketSnapshot, words: str) -> bytes:
    def as_json() -> str:
        content = ticket_json(record)
        return json.dumps(
            {**content, "follow_up": words} if words else content, indent=1, default=repr, ensure_ascii=False
        )

    # A lone surrogate becomes its escape: nothing in the record can make this raise.
    return (_or_else(as_json, "") or ascii((record, words))).encode("utf-8", "backslashreplace")


def _or_else(attempt: Callable[[], T], instead: T) -> T:
    try:
        return attempt()
    except Exception:
        return instead
