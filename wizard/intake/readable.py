"""A ticket's snapshot for its own page and the API, which answer even where it cannot be read."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from wizard.catalog.models import full_label
from wizard.config.logs import place_of
from wizard.container import Container
from wizard.tickets.columns import of_columns
from wizard.tickets.snapshot import TicketSnapshot, load

log = logging.getLogger(__name__)


def load_if_readable(row: Row[Any]) -> TicketSnapshot | None:
    """The snapshot of a row of ``tickets``; None, and a line in the log, when this version cannot read it."""
    try:
        return load(row)
    except ValueError as fault:
        log.error("ticket %s: its snapshot cannot be read: %s", row.number, place_of(fault))
        return None


def snapshot_of(container: Container, row: Row[Any]) -> TicketSnapshot:
    """The snapshot of a row of ``tickets``; one that cannot be read is made of its columns and the catalog's labels."""
    return load_if_readable(row) or _of_columns(container, row)


def _of_columns(container: Container, row: Row[Any]) -> TicketSnapshot:
    settings, catalog = container.settings, container.catalog
    snapshot = replace(of_columns(row), base_url=settings.base_url)
    if row.receipt is None:
        snapshot = replace(snapshot, number=row.number, tag=settings.ticket_tag.format(number=row.number))
    situation = catalog.situations.get(row.situation)
    if situation is None:
        return snapshot
    return replace(snapshot, client_label=full_label(catalog.category_of[row.situation], situation, row.language))
