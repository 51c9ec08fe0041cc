"""Accepting a follow-up, a further message to a ticket: it, its files and its deliveries in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.webhook import TICKET_FOLLOW_UP
from wizard.container import Container
from wizard.db.engine import advisory_lock, writing
from wizard.db.models import FollowUp, Ticket
from wizard.intake.accept import Unavailable
from wizard.intake.idempotency import (
    SAME_CONTENT,
    Accepted,
    Content,
    Sending,
    checksums,
    digest_of,
    known_by_key,
    remember,
    secrets_of,
)
from wizard.intake.uploads import attach
from wizard.limits import budgets
from wizard.limits.repetition import doubt_repetition
from wizard.outbox import queue
from wizard.outbox.held import TICKET_HELD, is_kept_from_desk
from wizard.outbox.unread import mark_unread
from wizard.outbox.webhook_events import enqueue_event
from wizard.tickets.caller import UNKNOWN, Caller
from wizard.tickets.erased import TicketErased
from wizard.tickets.report import Attachment


@dataclass(frozen=True)
class AddedFollowUp:
    """A further message that its ticket now holds."""

    position: int
    """1 for the first one."""
    repeated: bool = False
    """The same message had been added before."""


def add_follow_up(
    container: Container,
    ticket: Row[Any],
    text: str,
    attachments: Sequence[Attachment],
    *,
    verified: bool,
    sending: Sending | None = None,
    caller: Caller = UNKNOWN,
) -> AddedFollowUp:
    """Add a further message to a ticket; the desk's letter is enqueued in the same transaction.

    A message that comes again, by the key of its ``sending`` or within ten minutes by its content from the same
    ``caller``, is the one that was added.

    Raises:
        IdempotencyConflict: the key has sent another message.
        OverBudget: the caller has sent many times more than its budget; nothing was stored.
        TicketErased: the ticket was erased.
        Unavailable: nothing was stored.
    """
    now = datetime.now(UTC)
    settings = container.settings
    # Stored for as long as the message: the caller is in it, but cannot be compared by itself.
    digests = [
        digest_of([caller.digest(secret), ticket.number, text, checksums(attachments)])
        for secret in secrets_of(settings)
    ]
    spent = None
    try:
        with writing() as connection:
            if sending:
                advisory_lock(connection, sending.stored_keys(settings)[0])
                if accepted := known_by_key(connection, settings, sending):
                    return followed_up(accepted)
            advisory_lock(connection, f"follow-up {ticket.number}")
            # Under the lock that an erasure takes: the row that the caller has read may be older.
            if connection.execute(select(Ticket.erased_at).where(Ticket.number == ticket.number)).scalar_one():
                raise TicketErased
            if earlier := _same_message(connection, ticket.number, digests, now):
                added, since = AddedFollowUp(earlier.position, repeated=True), earlier.created_at
            else:
                message = {"text": text, "verified": verified, "digest": digests[0], "created_at": now}
                caller = doubt_repetition(connection, container.settings, caller, [text], now)
                position, spent = _store_follow_up(connection, container, ticket, message, attachments, caller)
                added, since = AddedFollowUp(position), now
            if sending:
                # As old as the message: a key that comes later does not make it known for longer.
                sending = replace(sending, saved_response=str(added.position))
                remember(connection, settings, sending, Content(digests[0]), ticket.number, since)
            if spent:
                budgets.count_in_all(connection, spent)
        if spent:
            budgets.log_held(settings, caller, spent)
        return added
    except budgets.OverBudget as over:
        budgets.log_refused(settings, caller, over)
        raise
    except SQLAlchemyError as error:
        raise Unavailable(type(error).__name__) from error


def followed_up(accepted: Accepted) -> AddedFollowUp:
    """The further message that a key has sent before."""
    return AddedFollowUp(int(accepted.saved_response or 0), repeated=True)


def _same_message(connection: Connection, number: int, digests: list[str], now: datetime) -> Row[int, datetime] | None:
    same = select(FollowUp.position, FollowUp.created_at).where(
        FollowUp.ticket_number == number, FollowUp.digest.in_(digests), FollowUp.created_at > now - SAME_CONTENT
    )
    return connection.execute(same).first()


def _store_follow_up(
    connection: Connection,
    container: Container,
    ticket: Row[Any],
    message: dict[str, Any],
    attachments: Sequence[Attachment],
    caller: Caller,
) -> tuple[int, budgets.Spent]:
    """Store a message with its files and its deliveries; its position, and what it has spent so far."""
    now, site, fast_track = message["created_at"], container.site(ticket.site), ticket.fast_track
    spent = budgets.spend(connection, container.settings, budgets.FOLLOW_UPS, caller, now, may_be_held=not fast_track)
    if not fast_track and is_kept_from_desk(connection, ticket):
        # The desk does not have the ticket: its follow-ups go out with it, or are deleted with it.
        spent = replace(spent, held_for=spent.held_for or TICKET_HELD)
    last = select(func.max(FollowUp.position)).where(FollowUp.ticket_number == ticket.number)
    position: int = (connection.execute(last).scalar() or 0) + 1
    connection.execute(insert(FollowUp), {"ticket_number": ticket.number, "position": position, **message})
    attach(connection, ticket.number, position, attachments)
    number, held_for = ticket.number, spent.held_for
    queue.enqueue_follow_up(connection, number, position, ticket.inbox, now, fast_track=fast_track, held_for=held_for)
    enqueue_event(connection, site, TICKET_FOLLOW_UP, number, now, follow_up=position, held_for=held_for)
    if not held_for:
        mark_unread(connection, number, verified=message["verified"], now=now)
    return position, spent
