"""The outbox as a queue of rows: enqueue, claim under a lease, retry with backoff and jitter, dead letters.

A delivery is waiting (``owed`` in the table), leased (``sending``), ``sent`` or ``dead``."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from wizard.config.settings import Settings
from wizard.config.webhook import EVENTS
from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox.claim import Claim
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK, may_acknowledge
from wizard.outbox.webhook_events import WEBHOOK_RANK, enqueue_failure_event
from wizard.values.email import canonical_mailbox

DESK, FOLLOW_UP, ACKNOWLEDGEMENT = "desk", "follow_up", "acknowledgement"

TO_DESK = (DESK, FOLLOW_UP)
"""The kinds of delivery that go to the desk."""

NEW_LETTERS = insert(Delivery)

_IS_DUE = or_(
    and_(Delivery.state == "owed", Delivery.due_at <= bindparam("now")),
    and_(Delivery.state == "sending", Delivery.lease_until <= bindparam("now")),
)
_IS_LETTER = Delivery.rank < WEBHOOK_RANK
_IS_WEBHOOK = Delivery.rank == WEBHOOK_RANK
_IN_TURN = (Delivery.rank, Delivery.due_at, Delivery.id)
_IS_NAMED = Delivery.id.in_(bindparam("ids", expanding=True))

# Built once: putting a statement together costs more than running it.
# PostgreSQL: rows that another worker is claiming are skipped. SQLite ignores FOR UPDATE; there BEGIN IMMEDIATE lets
# one worker claim at a time, and the condition on the UPDATE decides in both.
_DUE = (
    select(Delivery.id).where(_IS_DUE).order_by(*_IN_TURN).limit(bindparam("limit")).with_for_update(skip_locked=True)
)
DUE_LETTERS = _DUE.where(_IS_LETTER)
_in_flight = aliased(Delivery)
# An endpoint that hangs holds one call, and not as many as there are threads (threats R11).
DUE_WEBHOOKS = _DUE.where(
    _IS_WEBHOOK,
    ~exists().where(
        _in_flight.state == "sending",
        _in_flight.rank == WEBHOOK_RANK,
        _in_flight.recipient == Delivery.recipient,
        _in_flight.lease_until > bindparam("now"),
    ),
)
LEASE = (
    update(Delivery.__table__)
    .where(_IS_NAMED, _IS_DUE)
    .values(
        state="sending",
        lease_token=bindparam("token"),
        lease_until=bindparam("until"),
        attempts=Delivery.attempts + 1,
    )
)
LEASED = select(Delivery.__table__).where(_IS_NAMED, Delivery.lease_token == bindparam("token")).order_by(*_IN_TURN)
_HAS_LEASE = (
    Delivery.id == bindparam("held_id"),
    Delivery.lease_token == bindparam("held_token"),
    Delivery.state == "sending",
)
SENT = (
    update(Delivery.__table__)
    .where(*_HAS_LEASE)
    .values(state="sent", sent_at=bindparam("at"), last_error=None, lease_token=None, lease_until=None)
)


def enqueue_ticket(
    connection: Connection, container: Container, number: int, inbox: str, reply_to: str | None, now: datetime
) -> None:
    """Enqueue the desk's letter and, where that is safe, an acknowledgement. Part of the caller's transaction."""
    letters = [_new_delivery(number, DESK, inbox, now)]
    inboxes = {inbox} | {container.inbox_of(site) for site in container.sites.values()}
    if reply_to and may_acknowledge(connection, container.settings, inboxes, reply_to, now):
        mailbox = canonical_mailbox(reply_to)
        letters.append(
            _new_delivery(number, ACKNOWLEDGEMENT, reply_to, now)
            | {"rank": ACKNOWLEDGEMENT_RANK, "cap_address": mailbox, "cap_domain": mailbox.rpartition("@")[2]}
        )
    connection.execute(NEW_LETTERS, letters)


def enqueue_follow_up(connection: Connection, number: int, position: int, inbox: str, now: datetime) -> None:
    """Enqueue the desk's letter of a follow-up. Part of the caller's transaction."""
    connection.execute(NEW_LETTERS, [_new_delivery(number, FOLLOW_UP, inbox, now) | {"follow_up": position}])


def _new_delivery(number: int, kind: str, recipient: str, now: datetime) -> dict[str, Any]:
    return {
        "ticket_number": number,
        "kind": kind,
        "follow_up": 0,
        "recipient": recipient,
        "rank": 0,
        "cap_address": None,
        "cap_domain": None,
        "due_at": now,
        "created_at": now,
    }


def claim_due(now: datetime, lease: timedelta, limit: int) -> list[Claim]:
    """Lease the letters that are due, the desk's first. Two workers never hold the same letter.

    A letter whose worker died is due again when its lease ends. Attempts are counted here, before they begin.
    """
    return _claim(DUE_LETTERS, now, lease, limit)


def claim_due_webhook(now: datetime, lease: timedelta) -> list[Claim]:
    """Lease the webhook that is due first, of an endpoint that is not being called at this moment; or none."""
    return _claim(DUE_WEBHOOKS, now, lease, 1)


def _claim(due: Select[Any], now: datetime, lease: timedelta, limit: int) -> list[Claim]:
    token = secrets.token_hex(16)
    with writing() as connection:
        ids = connection.execute(due, {"now": now, "limit": limit}).scalars().all()
        if not ids:
            return []
        connection.execute(LEASE, {"ids": ids, "now": now, "token": token, "until": now + lease})
        rows = connection.execute(LEASED, {"ids": ids, "token": token}).all()
    return [
        Claim(
            id=row.id,
            token=token,
            until=row.lease_until,
            ticket_number=row.ticket_number,
            kind=row.kind,
            follow_up=row.follow_up,
            recipient=row.recipient,
            occasion=row.occasion,
            details=row.details,
            attempts=row.attempts,
            with_files=row.with_files,
            created_at=row.created_at,
        )
        for row in rows
    ]


def mark_sent(claim: Claim, now: datetime) -> bool:
    """Record that it was delivered. False when the lease had ended and another worker holds it."""
    with writing() as connection:
        return _rows_changed(connection.execute(SENT, {"held_id": claim.id, "held_token": claim.token, "at": now})) == 1


def release(claims: Sequence[Claim]) -> None:
    """End the lease of deliveries that were claimed and not tried; they are due as before."""
    for claim in claims:
        _finish(claim, state="owed", attempts=claim.attempts - 1)


def mark_failed(claim: Claim, container: Container, reason: str, now: datetime) -> bool:
    """Schedule the retry, or declare the delivery dead when it is too old. Returns whether it is dead."""
    settings = container.settings
    give_up = (
        settings.outbox_give_up_acknowledgement_after
        if claim.kind == ACKNOWLEDGEMENT
        else settings.outbox_give_up_after
    )
    due = now + retry_delay(claim.attempts, settings)
    is_dead = due - claim.created_at > timedelta(seconds=give_up)
    if is_dead:
        mark_dead(claim, container, reason, now)
    else:
        _finish(claim, state="owed", due_at=due, last_error=reason[:500])
    return is_dead


def mark_dead(claim: Claim, container: Container, reason: str, now: datetime) -> None:
    """Make a delivery a dead letter: it was refused for good, or too often. A person may requeue it.

    A dead letter enqueues ``delivery.failed`` for its ticket's site, in the same transaction.
    """
    with writing() as connection:
        has_ended = _end_lease(connection, claim, state="dead", last_error=reason[:500])
        if has_ended and claim.kind not in EVENTS:
            enqueue_failure_event(connection, container, claim, reason[:500], now)


def defer(site: str, until: datetime) -> None:
    """Defer the other webhooks of a site: its endpoint is away, and each would find that out by waiting for it."""
    is_waiting = (_IS_WEBHOOK, Delivery.recipient == site, Delivery.state == "owed", Delivery.due_at < until)
    with writing() as connection:
        connection.execute(update(Delivery).where(*is_waiting).values(due_at=until))


def drop_files(claim: Claim, now: datetime) -> None:
    """Requeue the letter at once, with links in place of its files."""
    _finish(
        claim, state="owed", due_at=now, with_files=False, last_error="too large for the mail server: links go instead"
    )


def retry_delay(attempts: int, settings: Settings) -> timedelta:
    """Exponential backoff from the first delay to the cap; by a quarter of jitter a backlog does not march in step."""
    seconds = min(settings.outbox_retry_cap, settings.outbox_retry_first * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * random.uniform(1, 1.25))


def _finish(claim: Claim, **values: Any) -> bool:
    with writing() as connection:
        return _end_lease(connection, claim, **values)


def _end_lease(connection: Connection, claim: Claim, **values: Any) -> bool:
    """End a lease. False when its lease had ended and another worker holds the delivery."""
    ended = update(Delivery.__table__).where(*_HAS_LEASE).values(lease_token=None, lease_until=None, **values)
    return _rows_changed(connection.execute(ended, {"held_id": claim.id, "held_token": claim.token})) == 1


def _rows_changed(result: CursorResult[Any]) -> int:
    return result.rowcount
