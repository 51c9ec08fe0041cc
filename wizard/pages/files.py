"""The files of tickets: by the ticket's token for its client, by a signed link to one file for the desk."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, send_file
from sqlalchemy import Row

from wizard.config.logs import security_event
from wizard.db.models import Ticket
from wizard.files.file_links import is_signed, linked_file
from wizard.intake import queries
from wizard.pages.blueprint import pages
from wizard.pages.tickets import ticket_of_token
from wizard.texts import translator
from wizard.web.rate_limits import caller_id
from wizard.web.rendering import private, render
from wizard.web.request_context import container, request_language


@pages.get("/<language:language>/tickets/<token>/files/<int:file>/")
def file(token: str, file: int) -> Response:
    """A file of a ticket, for those who hold its token."""
    ticket = ticket_of_token(token)
    # Of an erased ticket the row may wait for its bytes to be deleted.
    row = queries.file_of(ticket.number, file) if ticket.erased_at is None else None
    return (_download(row) if row else None) or abort(404)


@pages.get("/<language:language>/files/<signed>/")
def linked(signed: str) -> Response:
    """The one file that a link of a letter to the desk leads to, until its ticket is erased. It opens nothing else."""
    link = linked_file(signed)
    ticket = queries.ticket_where(Ticket.number == link.ticket_number) if link else None
    # A link of a ticket that there is not, and one that its ticket did not sign, look the same (threats W07).
    if link is None or ticket is None or not is_signed(signed, ticket.token):
        security_event("file_link_refused", caller=caller_id(), route=request.endpoint)
        return _no_file("unknown", 404)
    if ticket.erased_at is not None:
        return _no_file("erased", 410)
    row = queries.file_of(ticket.number, link.file)
    if row is None or not row.sha256.startswith(link.digest):
        return _no_file("lost", 404)
    return _download(row) or _no_file("lost", 404)


def _download(row: Row[Any]) -> Response | None:
    """A file to be stored, never shown in place (threats U01); None where the storage has it no more.

    A download that broke off goes on where it stopped (``Range``, ``If-Range``).
    """
    try:
        path = container().store.path(row.storage_key)
        answer = send_file(path, mimetype=row.type, as_attachment=True, download_name=row.name, max_age=0)
    except (KeyError, FileNotFoundError):
        return None
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return private(answer)


def _no_file(reason: str, status: int) -> Response:
    """Say to an agent why there is no file. The page has no links: the form is none of an agent's business."""
    translate = translator(request_language())
    return private(
        render(
            "error.html",
            status,
            code=status,
            title=translate(f"views.file_{reason}_title"),
            text=translate(f"views.file_{reason}_text"),
            support_address=None,
            back_url=None,
            in_others=[],
            bare=True,
        )
    )
