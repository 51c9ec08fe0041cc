"""A claim: the delivery that a worker has leased, and the rows from which it is composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Row, bindparam, select

from wizard.db.engine import reading
from wizard.db.models import FollowUp, Ticket, TicketAttachment
from wizard.tickets.erased import TicketErased
from wizard.tickets.report import Attachment

# Made once: putting a statement together costs more than running it.
_TICKET = select(Ticket.__table__).where(Ticket.number == bindparam("number"))
_FOLLOW_UP = select(FollowUp.__table__).where(
    FollowUp.ticket_number == bindparam("number"), FollowUp.position == bindparam("follow_up")
)
_FILES = (
    select(TicketAttachment.__table__)
    .where(TicketAttachment.ticket_number == bindparam("number"), TicketAttachment.follow_up == bindparam("follow_up"))
    .order_by(TicketAttachment.id)
)


@dataclass(frozen=True)
class Claim:
    """A delivery leased to one worker until ``ends``."""

    id: int
    token: str
    ends: float
    """By ``clock.steady_seconds``, which no jump of the clock moves."""
    ticket_number: int
    kind: str
    follow_up: int
    recipient: str
    occasion: str
    details: str | None
    attempts: int
    with_files: bool
    created_at: datetime
    is_suspect: bool

    @classmethod
    def of(cls, row: Row[Any], *, token: str, ends: float) -> Self:
        """The claim on a row of ``outbox``. The try that follows is counted now, before it begins."""
        return cls(
            id=row.id,
            token=token,
            ends=ends,
            ticket_number=row.ticket_number,
            kind=row.kind,
            follow_up=row.follow_up,
            recipient=row.recipient,
            occasion=row.occasion,
            details=row.details,
            attempts=row.attempts + 1,
            with_files=row.with_files,
            created_at=row.created_at,
            is_suspect=row.is_suspect,
        )


@dataclass(frozen=True)
class ClaimedRows:
    """The rows from which a delivery is composed."""

    ticket: Row[Any]
    follow_up: Row[Any] | None
    """The follow-up that the delivery is about; None for the report itself."""
    files: Sequence[Row[Any]]
    """The files that came with it."""


def read_rows(claim: Claim, *, with_files: bool = True) -> ClaimedRows:
    """Read what a claim is about, in one transaction.

    Raises:
        TicketErased: nothing is left of it.
    """
    place = {"number": claim.ticket_number, "follow_up": claim.follow_up}
    with reading() as connection:
        ticket = connection.execute(_TICKET, place).one()
        if ticket.erased_at is not None:
            raise TicketErased
        follow_up = connection.execute(_FOLLOW_UP, place).first() if claim.follow_up else None
        files: Sequence[Row[Any]] = connection.execute(_FILES, place).all() if with_files else []
    return ClaimedRows(ticket, follow_up, files)


def attachment_of(row: Row[Any]) -> Attachment:
    """The attachment that a row of ``attachments`` stands for."""
    return Attachment(row.storage_key, row.name, row.type, row.size, row.sha256, row.question)
