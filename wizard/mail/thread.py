"""What threads a ticket's letters: Message-IDs, the base subject, the X- headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

from wizard.config.desk import Desk
from wizard.mail.message import Header, Mailbox
from wizard.mail.sanitize import in_a_header, neutralise_tags
from wizard.mail.subject import sound_line
from wizard.texts import translate
from wizard.tickets.snapshot import TicketSnapshot
from wizard.values.email import bare_address, header_address
from wizard.values.receipt_code import signs_of

_LONGEST_FORMER = 200
_LONGEST_WHO = 80

# What stands behind the name keeps a receipt code that begins with a digit from being read as a number.
_OF_TICKET = re.compile(r"<[a-z]+-([0-9]{1,18}|[0-9a-z]{6})(?=[.@-])(?:\.([0-9A-Z]{10}))?[^@\s<>]*@")


def message_id(snapshot: TicketSnapshot, desk: Desk, kind: str = "", suffix: str = "") -> str:
    """``<ticket-123456.K7Q2M9XH4D@domain>``; ``<report-7k3m9q.K7Q2M9XH4D@domain>`` under ``NUMBERING=desk``.

    The same at every retry. The code behind the dot is known from the letters alone: a stranger who knows the number
    can write no mail that joins or hides the ticket (threats L18).
    """
    suffix = f".{snapshot.thread_code}{suffix}" if snapshot.thread_code else suffix
    if snapshot.number is not None:
        return f"<{kind or 'ticket'}-{snapshot.number}{suffix}@{desk.mail_domain}>"
    return f"<{kind or 'report'}-{signs_of(str(snapshot.receipt))}{suffix}@{desk.mail_domain}>"


def thread_name(number: int, receipt: str | None) -> str:
    """What a ticket is called in its Message-IDs: its number, or the signs of its receipt code."""
    return signs_of(receipt) if receipt else str(number)


def ticket_key(number: int, receipt: str | None, code: str) -> str:
    """Name and thread code of a ticket, as they stand in its Message-IDs: ``100001.K7Q2M9XH4D``."""
    return f"{thread_name(number, receipt)}.{code}"


def tickets_in(ids: str) -> Iterator[tuple[str, str]]:
    """The tickets that Message-IDs of ours name: each one's ``thread_name`` and thread code.

    The code is empty in letters of former versions. Six digits may be a number or the signs of a receipt code.
    """
    return ((match[1], match[2] or "") for match in _OF_TICKET.finditer(ids))


def base_subject(snapshot: TicketSnapshot, desk: Desk) -> str:
    """The subject that a ticket's letters to the desk share: tag or receipt code, queue, and its subject line.

    A ticket of a former version has none, and keeps the subject that its first letter had (threats E07).
    """
    queue = f"[{translate(desk.language, 'mail.out_of_turn').upper()}]" if snapshot.fast_track else ""
    if not snapshot.subject_line:
        return _joined(snapshot.tag, neutralise_tags(_joined(queue, _former_line(snapshot)), *desk.tag_patterns))
    line = sound_line(snapshot.subject_line, desk.tag_patterns)
    return subject_of_ticket(snapshot.tag or snapshot.receipt, _joined(queue, line))


def subject_of_ticket(name: str | None, line: str) -> str:
    """What a ticket's subjects begin with, the tag or the receipt code, and a line."""
    return _joined(name, line)


def _former_line(snapshot: TicketSnapshot) -> str:
    reporter = snapshot.reporter
    who = reporter.registered_name or reporter.registered_email or reporter.reply_to or reporter.name
    subject = in_a_header(snapshot.subject, _LONGEST_FORMER - _LONGEST_WHO)
    who = in_a_header(who or "", _LONGEST_WHO)
    return f"{subject} — {who}" if who else subject


def _joined(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def follow_up_subject(snapshot: TicketSnapshot, desk: Desk, desk_reference: str | None) -> str:
    """The subject of a follow-up."""
    return as_follow_up(base_subject(snapshot, desk), desk, desk_reference)


def as_follow_up(subject: str, desk: Desk, desk_reference: str | None) -> str:
    """A subject of a ticket's in a later letter: what the help desk threads by stands first, once it is known."""
    own = f"{desk.desk_tag.format(number=desk_reference)} " if desk_reference and desk.desk_tag else ""
    return f"Re: {own}{subject}"


def ticket_headers(snapshot: TicketSnapshot) -> tuple[Header, ...]:
    """For mail rules and help desks. Under ``NUMBERING=desk`` the receipt stands in place of the number."""
    name, value = (
        ("X-Ticket-Number", str(snapshot.number))
        if snapshot.number is not None
        else ("X-Ticket-Receipt", in_a_header(str(snapshot.receipt)))
    )
    return (
        (name, value),
        ("X-Ticket-Category", in_a_header(snapshot.category)),
        ("X-Ticket-Situation", in_a_header(snapshot.situation)),
        ("X-Ticket-Fast-Track", "yes" if snapshot.fast_track else "no"),
        ("X-Ticket-Priority", in_a_header(snapshot.priority)),
        ("X-Ticket-Site", neutralise_tags(in_a_header(snapshot.site)) or "default"),
        ("X-Ticket-Language", in_a_header(snapshot.language)),
    )


def follow_up_headers(position: int, *, verified: bool) -> tuple[Header, ...]:
    """Which follow-up it is, and whether it came by the ticket's own page. The first letter has neither header."""
    return ("X-Ticket-Follow-Up", str(position)), ("X-Ticket-Verified", "yes" if verified else "no")


def program_headers(desk: Desk) -> tuple[Header, ...]:
    """``Auto-Submitted``, where the desk's robots are not to answer (RFC 3834; ``MAIL_AUTO_SUBMITTED``)."""
    return (("Auto-Submitted", "auto-generated"),) if desk.is_auto_submitted else ()


def urgency_headers(snapshot: TicketSnapshot) -> tuple[Header, ...]:
    """``Importance`` and ``X-Priority``, on fast track only."""
    return (("Importance", "high"), ("X-Priority", "1")) if snapshot.fast_track else ()


def from_client(snapshot: TicketSnapshot, desk: Desk) -> tuple[Header, ...]:
    """``From`` with the service's own address, ``Reply-To`` with the client's (threats E04, E05)."""
    name = in_a_header(snapshot.reporter.name or snapshot.reporter.registered_name or "", 60)
    display_name = (
        translate(desk.language, "mail.from", name=name, desk=in_a_header(desk.name))
        if name
        else in_a_header(desk.name)
    )
    mailbox = replace(
        own_mailbox(desk.sender), name=neutralise_tags(display_name, *desk.tag_patterns).replace("\u200b", " ")
    )
    sender: Header = ("From", mailbox)
    reply_to = header_address(snapshot.reporter.reply_to)
    return (sender, ("Reply-To", Mailbox(reply_to))) if reply_to else (sender,)


def own_mailbox(address: str, name: str = "") -> Mailbox:
    """An address of ours, its domain in A-labels."""
    return Mailbox(bare_address(address) or address, in_a_header(name))


def date_header(moment: datetime) -> Header:
    """``Date``: the moment of the event, so that a retry a day later has the same bytes. A naive one counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return "Date", format_datetime(aware.astimezone(UTC))
