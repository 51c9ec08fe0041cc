"""Retention of tickets and deliveries: what is past its time is erased, a few rows at a time, while others write."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, or_, select, update

from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import Delivery, FollowUp, Ticket
from wizard.intake import erasure
from wizard.outbox.held import delete_unsent
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.tickets.erased import erase_traces

log = logging.getLogger(__name__)

STEPS = 40
"""Transactions that one sweep has for each class; what is left has its turn a minute later (``outbox.worker``)."""

PAUSE = 0.02
"""Seconds between two of them: who wants to write gets to it."""

DELIVERIES = 500
"""Rows of the outbox that are deleted in one transaction."""


def erase_old(container: Container, now: datetime) -> bool:
    """Erase what is past its retention. Whether something is left for the next time. Needs the app's context."""
    erasure.follow_tombstones(container)
    _cancel_deliveries_of_erased_tickets()
    settings = container.settings
    classes: tuple[tuple[int, Callable[[Container, datetime, datetime], bool]], ...] = (
        (settings.retention_ticket_days, _erase_words),
        (settings.retention_evidence_days, _erase_evidence),
        (settings.retention_outbox_days, _delete_deliveries),
    )
    return any([_in_steps(step, container, now, days) for days, step in classes if days])


def _in_steps(
    step: Callable[[Container, datetime, datetime], bool], container: Container, now: datetime, days: int
) -> bool:
    """Whether there is more than the steps of one sweep do."""
    for _ in range(STEPS):
        if not step(container, now, now - timedelta(days=days)):
            return False
        time.sleep(PAUSE)
    return True


def _erase_words(container: Container, now: datetime, old: datetime) -> bool:
    """Erase tickets of which nothing is younger. Whether there may be more."""
    has_news = exists().where(FollowUp.ticket_number == Ticket.number, FollowUp.created_at >= old)
    tickets = select(Ticket.number, Ticket.token).where(Ticket.erased_at.is_(None), Ticket.created_at < old, ~has_news)
    with reading() as connection:
        rows = connection.execute(tickets.order_by(Ticket.created_at).limit(erasure.BATCH)).all()
    if rows:
        erased = erasure.erase(container, rows, now)
        log.info("retention: %s tickets erased", len(erased.numbers))
    return len(rows) == erasure.BATCH


def _erase_evidence(_container: Container, now: datetime, old: datetime) -> bool:
    """Erase IP address and User-Agent. Whether there may be more."""
    tickets = select(Ticket.number, Ticket.record).where(Ticket.evidence_erased_at.is_(None), Ticket.created_at < old)
    tickets = tickets.order_by(Ticket.created_at).limit(erasure.BATCH)
    with writing() as connection:
        # What another worker has at this moment is its own step.
        rows = connection.execute(tickets.with_for_update(skip_locked=True)).all()
        for row in rows:
            values = {"evidence_erased_at": now, "record": _without_traces(row.number, row.record)}
            connection.execute(update(Ticket.__table__).where(Ticket.number == row.number).values(values))
    return len(rows) == erasure.BATCH


def _without_traces(number: int, record: str) -> str:
    try:
        return erase_traces(record)
    except (ValueError, KeyError, TypeError, AttributeError):
        log.error("ticket %s: its snapshot cannot be read; its IP address stays until its words are erased", number)
        return record


def _delete_deliveries(_container: Container, _now: datetime, old: datetime) -> bool:
    """Delete rows of what was sent, and of dead acknowledgements and webhooks. Whether there may be more.

    A dead letter to the desk stays for as long as the words of its ticket: it is a report that nobody has read.
    """
    is_over = or_(
        and_(Delivery.state == "sent", or_(Delivery.sent_at.is_(None), Delivery.sent_at < old)),
        and_(Delivery.state == "dead", Delivery.rank >= ACKNOWLEDGEMENT_RANK),
    )
    rows = select(Delivery.id).where(Delivery.created_at < old, is_over).limit(DELIVERIES)
    with writing() as connection:
        return connection.execute(delete(Delivery).where(Delivery.id.in_(rows))).rowcount == DELIVERIES


def _cancel_deliveries_of_erased_tickets() -> None:
    """Cancel what a worker added while its ticket was being erased, such as the event of a letter that died."""
    erased = select(Ticket.number).where(Ticket.erased_at.is_not(None))
    is_unsent = Delivery.state.in_(("owed", "sending", "dead", "held"))
    of_erased = Delivery.ticket_number.in_(erased)
    with reading() as connection:
        is_any = connection.execute(select(Delivery.id).where(is_unsent, of_erased).limit(1)).first()
    if is_any:
        with writing() as connection:
            delete_unsent(connection, and_(is_unsent, of_erased))
