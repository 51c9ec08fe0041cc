"""The letter that brings a ticket to the desk (design.md, section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.config.desk import Desk
from wizard.mail.desk_rows import Contents, Links
from wizard.mail.html import template
from wizard.mail.layout import Preview, Row, Section, Sheet
from wizard.mail.message import Letter, LoadedFile, Part
from wizard.mail.sanitize import in_a_file_name
from wizard.mail.text import plain_text
from wizard.mail.thread import (
    base_subject,
    date_header,
    from_client,
    message_id,
    own_mailbox,
    ticket_headers,
    urgency_headers,
)
from wizard.mail.thumbnails import previews_of
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import ticket_json_bytes


def compose_desk_letter(
    record: TicketSnapshot, desk: Desk, files: Sequence[LoadedFile] = (), links: Links = ()
) -> Letter:
    """The ticket for an agent who reads and for a program that parses.

    Args:
        files: what the letter carries.
        links: what it does not carry, each with the address where it lies.
    """
    shown, previews = previews_of(files, desk.mail_domain)
    sheet = _sheet(Contents(record, desk), files, links, shown)
    return Letter(
        headers=(
            date_header(record.created_at),
            *from_client(record, desk),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", base_subject(record, desk)),
            ("Message-ID", message_id(record, desk)),
            *ticket_headers(record),
            *urgency_headers(record),
        ),
        text=plain_text(sheet),
        html=template("sheet.html").render(sheet=sheet),
        attachments=(
            *previews,
            Part("ticket.json", "application/json", ticket_json_bytes(record)),
            *client_files(files),
        ),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def client_files(files: Sequence[LoadedFile]) -> tuple[Part, ...]:
    """The client's files as parts, in their order."""
    return tuple(Part(in_a_file_name(file.attachment.name), file.attachment.type, file.content) for file in files)


def _sheet(contents: Contents, files: Sequence[LoadedFile], links: Links, shown: tuple[Preview, ...]) -> Sheet:
    record = contents.record
    sections = (
        contents.answers(),
        contents.quoted("error", "error_text", is_code=True),
        contents.quoted("words", "words"),
        contents.captured(),
        contents.not_given(),
        contents.attachments(files, links, record.attachments),
    )
    return Sheet(
        language=contents.desk.language,
        title=contents.line(record.subject),
        is_urgent=record.fast_track,
        verdict=contents.verdict(),
        who=contents.who(),
        in_short=contents.in_short(),
        facts=(
            *contents.reply_note(),
            contents.ticket(),
            Row(contents.say("accepted"), contents.moment(record.created_at)),
            contents.situation(),
        ),
        sections=tuple(section for section in sections if _is_said(section)),
        foot=contents.say("desk_foot"),
        page=contents.page(),
        previews=shown,
    )


def _is_said(section: Section) -> bool:
    return bool(section.rows or section.quotes or section.items)
