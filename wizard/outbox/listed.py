"""What letters about many tickets say of each: name, situation, who, and the beginning of the words."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from wizard.config.logs import place_of
from wizard.container import Container
from wizard.mail.desk_rows import DeskRows
from wizard.mail.thread import ticket_key
from wizard.tickets.snapshot import TicketSnapshot
from wizard.tickets.snapshot import load as load_snapshot
from wizard.tickets.thread_code import thread_code

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """A ticket in words, as its sender wrote them, less any secret."""

    name: str
    """Its number or its receipt code."""
    key: str
    """How Message-IDs name it (``thread.ticket_key``)."""
    situation: str
    """Category and situation in the desk's language; the situation's id where the snapshot cannot be read."""
    who: str
    words: str
    snapshot: TicketSnapshot | None


def in_words(container: Container, row: Row[Any], inbox: str) -> Listed:
    """A ticket from its number, token, receipt, record and situation."""
    name, key = row.receipt or str(row.number), ticket_key(row.number, row.receipt, thread_code(row.token))
    try:
        snapshot = load_snapshot(row)
    except ValueError as fault:
        log.error("ticket %s: its snapshot cannot be read: %s", row.number, place_of(fault))
        return Listed(name, key, row.situation, "", "", None)
    desk_rows = DeskRows(snapshot, container.desk(inbox, container.site(snapshot.site)))
    words = " ".join(answer.in_lists for answer in snapshot.answers if answer.part == "words") or snapshot.brief
    return Listed(name, key, desk_rows.situation(), desk_rows.who().text, words, snapshot)
