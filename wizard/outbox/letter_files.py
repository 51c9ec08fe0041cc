"""The client's files of a letter to the desk: in it, or behind a link to each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from wizard.container import Container
from wizard.files.file_links import DIGEST_SIGNS, LinkedFile, signed_name
from wizard.mail.desk_rows import Links
from wizard.mail.message import LoadedFile
from wizard.outbox.claim import Claim, ClaimedRows, attachment_of
from wizard.tickets.report import Attachment
from wizard.tickets.ticket_json import FollowUpMessage

log = logging.getLogger(__name__)

ENCODED = 1.4
"""How much files grow in a mail: base64 in lines."""

REST_OF_LETTER = 100_000
"""Bytes left for text, HTML and ``ticket.json``."""


def load_files(
    container: Container, claim: Claim, rows: ClaimedRows, base_url: str, language: str
) -> tuple[list[LoadedFile], Links]:
    """The files to put in, and links to the others: to all when together they are more than a mail may carry.

    Args:
        base_url: where the links lead.
        language: that of the page which says that a file is no more.
    """
    attachments = attachments_of(rows.files)
    size = sum(attachment.size for attachment in attachments) * ENCODED + REST_OF_LETTER
    if not claim.with_files or size > container.settings.mail_max_bytes:
        return [], links_to_files(rows, base_url, language)
    files: list[LoadedFile] = []
    missing: list[tuple[Attachment, str]] = []
    for attachment, link in links_to_files(rows, base_url, language):
        try:
            files.append(LoadedFile(attachment, container.store.read(attachment.id)))
        except KeyError:
            log.error("ticket %s: a file is missing from the storage", claim.ticket_number)
            missing.append((attachment, link))
    return files, missing


def links_to_files(rows: ClaimedRows, base_url: str, language: str) -> list[tuple[Attachment, str]]:
    """All the files, each with the address where it lies. The ticket's snapshot is not needed."""

    def link(row: Row[Any]) -> str:
        linked = LinkedFile(rows.ticket.number, row.id, row.sha256[:DIGEST_SIGNS])
        return f"{base_url}/{language}/files/{signed_name(linked, rows.ticket.token)}/"

    return [(attachment_of(row), link(row)) for row in rows.files]


def follow_up_message(rows: ClaimedRows) -> FollowUpMessage | None:
    """The further message that a letter brings; None in that of the report."""
    follow_up = rows.follow_up
    if follow_up is None:
        return None
    files = tuple(attachments_of(rows.files))
    return FollowUpMessage(follow_up.position, follow_up.text, follow_up.created_at, follow_up.verified, files)


def attachments_of(rows: Sequence[Row[Any]]) -> list[Attachment]:
    """The attachments of rows of ``attachments``, in their order."""
    return [attachment_of(row) for row in rows]
