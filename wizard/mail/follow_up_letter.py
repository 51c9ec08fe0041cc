"""A follow-up: a letter that joins the thread of its ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wizard.config.desk import Desk
from wizard.mail.desk_letter import client_files, json_part
from wizard.mail.desk_rows import DeskRows, Links
from wizard.mail.html import template
from wizard.mail.layout import Layout, Row, Section, Thumbnail
from wizard.mail.message import Letter, LoadedFile, Part
from wizard.mail.sanitize import excerpt, inner_quotes
from wizard.mail.text import plain_text
from wizard.mail.thread import (
    date_header,
    follow_up_headers,
    follow_up_subject,
    from_client,
    message_id,
    own_mailbox,
    program_headers,
    ticket_headers,
    urgency_headers,
)
from wizard.mail.thumbnails import thumbnails_of
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.ticket_json import FollowUpMessage, ticket_json_bytes


def compose_follow_up(
    snapshot: TicketSnapshot,
    desk: Desk,
    text: str,
    files: Sequence[LoadedFile] = (),
    links: Links = (),
    *,
    follow_up_number: int,
    created_at: datetime,
    verified: bool,
    desk_reference: str | None = None,
) -> Letter:
    """A further message to an existing ticket.

    Args:
        text: the client's words, shown untouched.
        follow_up_number: counts the follow-ups of this ticket from 1.
        created_at: when it was received; a retry has the same ``Date``.
        verified: the sender opened the ticket's own page by its token. Otherwise they gave the number and the
            client's address, which proves nothing (threats E08): the letter says which.
        desk_reference: the help desk's own number of the ticket, when it is known: the subject then has the desk's tag.
    """
    thumbnails, thumbnail_parts = thumbnails_of(files, desk.mail_domain, *desk.tag_patterns)
    layout = _layout(DeskRows(snapshot, desk), text, files, links, thumbnails, follow_up_number, created_at, verified)
    sent_files = (*(file.attachment for file in files), *(attachment for attachment, _ in links))
    message = FollowUpMessage(follow_up_number, text, created_at, verified, sent_files)
    first = message_id(snapshot, desk)
    return Letter(
        headers=(
            date_header(created_at),
            *from_client(snapshot, desk),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", follow_up_subject(snapshot, desk, desk_reference)),
            ("Message-ID", message_id(snapshot, desk, suffix=f"-follow-up-{follow_up_number}")),
            ("In-Reply-To", first),
            ("References", first),
            *ticket_headers(snapshot),
            *follow_up_headers(follow_up_number, verified=verified),
            *urgency_headers(snapshot),
            *program_headers(desk),
        ),
        text=plain_text(layout),
        html=template("layout.html").render(layout=layout),
        attachments=(*thumbnail_parts, *_for_programs(snapshot, desk, message), *client_files(files, desk)),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )


def _for_programs(snapshot: TicketSnapshot, desk: Desk, message: FollowUpMessage) -> tuple[Part, ...]:
    """``ticket.json`` with the message; version 1 knows no such file in a follow-up."""
    if desk.ticket_json_version == 1:
        return ()
    return (json_part(ticket_json_bytes(snapshot, follow_up=message)),)


def _layout(
    desk_rows: DeskRows,
    text: str,
    files: Sequence[LoadedFile],
    links: Links,
    thumbnails: tuple[Thumbnail, ...],
    position: int,
    created_at: datetime,
    verified: bool,
) -> Layout:
    snapshot = desk_rows.snapshot
    sections = [Section(desk_rows.translate("words"), words=(Row("", desk_rows.words(text)),))]
    attachments = desk_rows.attachments(files, links)
    if attachments.rows:
        sections.append(attachments)
    kind = "verified" if verified else "by_number"
    is_nobody = verified and not desk_rows.has_name()
    first_line = desk_rows.translate(
        "follow_up_of_nobody" if is_nobody else f"follow_up_{kind}",
        ticket=desk_rows.ticket().text,
        who=desk_rows.name(),
        words=desk_rows.line(inner_quotes(excerpt(text), desk_rows.desk.language)),
    )
    return Layout(
        language=desk_rows.desk.language,
        title=desk_rows.line(snapshot.subject),
        is_urgent=False,
        first_line=first_line,
        lines=(desk_rows.who(), Row(desk_rows.translate("sender"), desk_rows.translate(f"sender_{kind}"))),
        reference=desk_rows.reference(created_at, "received"),
        notes=desk_rows.reply_notes(),
        sections=tuple(sections),
        foot=desk_rows.translate("follow_up_foot", position=position),
        thumbnails=thumbnails,
    )
