"""A ticket as its columns tell it, where its snapshot cannot be read."""

from __future__ import annotations

from typing import Any

from wizard.tickets.evidence import Evidence
from wizard.tickets.snapshot import ErasedCounts, Reporter, TicketSnapshot

_CATALOG = "unknown"


def of_columns(ticket: Any, counts: ErasedCounts | None = None) -> TicketSnapshot:
    """A snapshot to be dumped, of a row of ``tickets``: ids for labels, and nothing that anybody wrote.

    Args:
        counts: of a ticket that is erased, how much there was.
    """
    return TicketSnapshot(
        catalog_id=_CATALOG,
        catalog_version=1,
        number=None,
        tag=None if ticket.receipt else "[##{number}##]",
        receipt=ticket.receipt,
        base_url="",
        created_at=ticket.created_at,
        site=ticket.site,
        language=ticket.language,
        category=ticket.category,
        category_label=ticket.category,
        situation=ticket.situation,
        situation_label=ticket.situation,
        subject=ticket.situation,
        client_label=ticket.situation,
        fast_track=ticket.fast_track,
        fast_track_rule=None,
        reason="",
        client_reason="",
        priority=ticket.priority,
        reporter=Reporter(),
        brief="",
        answers=(),
        not_given=(),
        evidence=Evidence(time=ticket.created_at),
        erased=counts,
    )


def is_of_columns(snapshot: TicketSnapshot) -> bool:
    """Whether nothing is known of the ticket but its columns: not even how its sender can be reached."""
    return snapshot.catalog_id == _CATALOG
