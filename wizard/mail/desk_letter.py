"""The letter that brings a ticket to the desk (docs/mail.md)."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.config.desk import Desk
from wizard.mail.desk_rows import DeskRows, Links
from wizard.mail.html import template
from wizard.mail.layout import Layout, Row, Section, Thumbnail
from wizard.mail.message import Letter, LoadedFile, Part
from wizard.mail.sanitize import in_a_file_name
from wizard.mail.similar_line import similar_header
from wizard.mail.text import plain_text
from wizard.mail.thread import (
    base_subject,
    date_header,
    from_client,
    message_id,
    own_mailbox,
    program_headers,
    ticket_headers,
    urgency_headers,
)
from wizard.mail.thumbnails import thumbnails_of
from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import ticket_json_bytes


def compose_desk_letter(
    snapshot: TicketSnapshot,
    desk: Desk,
    files: Sequence[LoadedFile] = (),
    links: Links = (),
    *,
    similar: Similar | None = None,
) -> Letter:
    """The ticket for an agent who reads and for a program that parses.

    Args:
        files: what the letter carries.
        links: what it does not carry, each with the address where it lies.
        similar: other reports that came shortly before; None where nobody counted.
    """
    thumbnails, thumbnail_parts = thumbnails_of(files, desk.mail_domain, *desk.tag_patterns)
    layout = _layout(DeskRows(snapshot, desk), files, links, thumbnails, similar)
    return Letter(
        headers=(
            date_header(snapshot.created_at),
            *from_client(snapshot, desk),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", base_subject(snapshot, desk)),
            ("Message-ID", message_id(snapshot, desk)),
            *ticket_headers(snapshot),
            *urgency_headers(snapshot),
            *similar_header(similar),
            *program_headers(desk),
        ),
        text=plain_text(layout),
        html=template("layout.html").render(layout=layout),
        attachments=(
            *thumbnail_parts,
            json_part(ticket_json_bytes(snapshot, version=desk.ticket_json_version, similar=similar)),
            *client_files(files, desk),
        ),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def json_part(content: bytes) -> Part:
    """The ticket for programs as a part."""
    return Part("ticket.json", "application/json", content)


def client_files(files: Sequence[LoadedFile], desk: Desk) -> tuple[Part, ...]:
    """The client's files as parts, in their order."""
    return tuple(
        Part(in_a_file_name(file.attachment.name, *desk.tag_patterns), file.attachment.type, file.content)
        for file in files
    )


def _layout(
    desk_rows: DeskRows,
    files: Sequence[LoadedFile],
    links: Links,
    thumbnails: tuple[Thumbnail, ...],
    similar: Similar | None,
) -> Layout:
    snapshot = desk_rows.snapshot
    sections = (
        desk_rows.set_off("words", "words"),
        desk_rows.set_off("error", "error_text", is_code=True),
        desk_rows.answers(),
        desk_rows.captured(),
        desk_rows.not_given(),
        desk_rows.attachments(files, links, snapshot.attachments),
    )
    first_line, *lines = _first_screen(desk_rows)
    return Layout(
        language=desk_rows.desk.language,
        title=desk_rows.line(snapshot.subject),
        is_urgent=snapshot.fast_track,
        first_line=first_line.line,
        lines=tuple(lines),
        reference=desk_rows.reference(),
        notes=(*desk_rows.reply_notes(), *desk_rows.similar(similar)),
        sections=tuple(section for section in sections if _is_filled(section)),
        foot=desk_rows.translate("desk_foot"),
        thumbnails=thumbnails,
    )


def _first_screen(desk_rows: DeskRows) -> list[Row]:
    """The lines that decide. In turn all letters have the same verdict: there it stands last."""
    in_short = desk_rows.in_short()
    what = [Row("", in_short)] if in_short else []
    if desk_rows.snapshot.fast_track or not what:
        return [Row("", desk_rows.verdict()), *what, desk_rows.who()]
    return [*what, desk_rows.who(), desk_rows.queue()]


def _is_filled(section: Section) -> bool:
    return bool(section.rows or section.words or section.items)
