"""The acknowledgement: tells a client that the report is here, in words that are all ours.

It goes to an address that nobody has verified. So not one byte of it was typed by the sender (threats E12): number,
time, the catalog's own labels, the queue. And no robot answers it (auto-reply loops: threats E14; RFC 3834).
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.config.desk import Desk
from wizard.mail.html import template
from wizard.mail.layout import Row
from wizard.mail.message import Letter, Mailbox
from wizard.mail.sanitize import in_a_header
from wizard.mail.text import wrapped
from wizard.mail.thread import date_header, message_id, own_mailbox
from wizard.texts import translator
from wizard.tickets.snapshot import TicketSnapshot
from wizard.values.datetimes import datetime_text
from wizard.values.email import bare_address


@dataclass(frozen=True)
class _List:
    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class _Notice:
    language: str
    heading: str
    greeting: str
    rows: tuple[Row, ...]
    lists: tuple[_List, ...]
    foot: str
    desk: str


def compose_acknowledgement(
    snapshot: TicketSnapshot,
    desk: Desk,
    recipient: str,
) -> Letter:
    """What was received, which queue and why, what happens next, and the three habits. Promises no times.

    Args:
        recipient: the client's address; one that is not a bare address is refused.

    Raises:
        ValueError: ``recipient`` is not one bare address.
    """
    address = bare_address(recipient)
    if address is None:
        raise ValueError("the acknowledgement's recipient is not a bare address")
    notice = _notice(snapshot, desk)
    return Letter(
        headers=(
            date_header(snapshot.created_at),
            ("From", own_mailbox(desk.sender, desk.name)),
            ("Reply-To", own_mailbox(desk.inbox)),
            ("To", Mailbox(address)),
            ("Subject", _subject(snapshot)),
            ("Message-ID", message_id(snapshot, desk, "ack")),
            ("References", message_id(snapshot, desk)),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
        ),
        text=_plain(notice),
        html=template("acknowledgement.html").render(notice=notice),
        attachments=(),
        envelope_from="",
        recipient=address,
    )


def _subject(snapshot: TicketSnapshot) -> str:
    translate = translator(snapshot.language)
    if snapshot.tag:
        return f"{snapshot.tag} {in_a_header(translate('mail.ack_subject', label=snapshot.client_label))}"
    return in_a_header(translate("mail.ack_subject_receipt", receipt=snapshot.receipt, label=snapshot.client_label))


def _notice(snapshot: TicketSnapshot, desk: Desk) -> _Notice:
    translate = translator(snapshot.language)
    is_numbered = snapshot.number is not None
    next_steps = (
        translate("mail.ack_next_fast" if snapshot.fast_track else "mail.ack_next_in_turn"),
        translate("mail.ack_next_answer" if is_numbered else "mail.ack_next_number"),
        translate("mail.ack_next_wait"),
    )
    habits = (
        translate("mail.ack_habit_reply" if is_numbered else "mail.ack_habit_reply_to_number"),
        translate("mail.ack_habit_new"),
        translate("mail.ack_habit_polite"),
    )
    return _Notice(
        language=snapshot.language,
        heading=translate("mail.ack_heading" if is_numbered else "mail.ack_heading_receipt", ticket=snapshot.name),
        greeting=translate("mail.ack_thanks"),
        rows=(
            Row(translate("mail.ack_number" if is_numbered else "mail.receipt"), snapshot.name),
            Row(
                translate("mail.accepted"),
                datetime_text(snapshot.created_at, desk.time_zone, snapshot.language, "digits"),
            ),
            Row(translate("mail.ack_subject_of"), snapshot.client_label),
            Row(translate("mail.queue"), snapshot.client_reason),
        ),
        lists=(_List(translate("mail.ack_next"), next_steps), _List(translate("mail.ack_habits"), habits)),
        foot=translate("mail.ack_foot"),
        desk=desk.name,
    )


def _plain(notice: _Notice) -> str:
    column = max(len(row.term) for row in notice.rows) + 2
    lines = [*wrapped(notice.heading), "", *wrapped(notice.greeting), ""]
    for row in notice.rows:
        first, *rest = wrapped(row.text, 78 - column)
        lines += [f"{row.term:<{column}}{first}", *(" " * column + line for line in rest)]
    for list_ in notice.lists:
        lines += ["", list_.heading.upper()]
        for position, item in enumerate(list_.items, 1):
            first, *rest = wrapped(item, 74)
            lines += [f" {position}. {first}", *("    " + line for line in rest)]
    lines += ["", *wrapped(notice.foot), "", *wrapped(notice.desk)]
    return "\n".join(lines) + "\n"
