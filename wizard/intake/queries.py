"""Queries for tickets: by token or by a condition, with their letters to the desk, follow-ups and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from wizard.db.engine import reading
from wizard.db.models import Delivery, FollowUp, Ticket, TicketAttachment
from wizard.outbox.letter_kinds import TO_DESK

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def ticket_where(condition: Any) -> Row[Any] | None:
    """The first ticket of which a condition holds."""
    with reading() as connection:
        return connection.execute(select(Ticket.__table__).where(condition)).first()


def ticket_of(token: str) -> Row[Any] | None:
    """The ticket that a token opens."""
    return ticket_where(Ticket.token == token) if TOKEN.fullmatch(token) else None


def letters_to_desk(number: int) -> Sequence[Row[Any]]:
    """The letters to the desk for a ticket, sent or not, oldest first.

    Whether an acknowledgement was held back is nobody's business who sends (threats E11).
    """
    with reading() as connection:
        return connection.execute(
            select(Delivery.__table__)
            .where(Delivery.ticket_number == number, Delivery.kind.in_(TO_DESK))
            .order_by(Delivery.id)
        ).all()


def follow_ups_of(number: int) -> Sequence[Row[Any]]:
    """The further messages of a ticket, oldest first."""
    with reading() as connection:
        return connection.execute(
            select(FollowUp.__table__).where(FollowUp.ticket_number == number).order_by(FollowUp.position)
        ).all()


def file_of(number: int, file: int) -> Row[Any] | None:
    """One file of a ticket or of its further messages, by the id of its row."""
    with reading() as connection:
        return connection.execute(
            select(TicketAttachment.__table__).where(
                TicketAttachment.id == file, TicketAttachment.ticket_number == number
            )
        ).first()


def files_of(number: int) -> Sequence[Row[Any]]:
    """The files of a ticket and of its further messages (``follow_up`` says which)."""
    with reading() as connection:
        return connection.execute(
            select(TicketAttachment.__table__)
            .where(TicketAttachment.ticket_number == number)
            .order_by(TicketAttachment.id)
        ).all()
