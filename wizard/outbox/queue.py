"""The outbox as a queue of rows: enqueue, sent, retry with backoff and jitter, dead letters.

A delivery is waiting (``owed`` in the table), leased (``sending``: ``leases.py``), ``sent``, ``dead``, or ``held``
until a person releases it (``held.py``)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, update

from wizard.config.settings import Settings
from wizard.config.webhook import EVENTS
from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox.claim import Claim
from wizard.outbox.held import delete_unsent
from wizard.outbox.letter_kinds import ACKNOWLEDGEMENT, DESK, FOLLOW_UP
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK, may_acknowledge
from wizard.outbox.webhook_events import WEBHOOK_RANK, enqueue_failure_event
from wizard.values.email import canonical_mailbox

FAST_TRACK_RANK, DESK_RANK = -1, 0
"""Where letters to the desk stand in the outbox: those of fast-track tickets first, and all before acknowledgements."""

LEAST_TRIES, LEAST_SHARE = 3, 0.1
"""A delivery is given up for its age only after so many tries, and as many as fall into this share of that age.

An outage or a wrong clock alone gives up nothing: what was accepted by a clock a year behind is tried for hours.
"""

NEW_LETTERS = insert(Delivery)

_IS_WEBHOOK = Delivery.rank == WEBHOOK_RANK
_HAS_LEASE = (
    Delivery.id == bindparam("held_id"),
    Delivery.lease_token == bindparam("held_token"),
    Delivery.state == "sending",
)
_OUTCOME: dict[str, Any] = {"is_suspect": False, "crashes": 0, "waits_for": None}
"""Whoever has an outcome crashes no worker: only consecutive crashes count."""

SENT = (
    update(Delivery.__table__)
    .where(*_HAS_LEASE)
    .values(state="sent", sent_at=bindparam("at"), last_error=None, lease_token=None, lease_until=None, **_OUTCOME)
)


def enqueue_ticket(
    connection: Connection,
    container: Container,
    number: int,
    inbox: str,
    reply_to: str | None,
    now: datetime,
    *,
    fast_track: bool,
    held_for: str | None = None,
) -> None:
    """Enqueue the desk's letter and, where that is safe, an acknowledgement. Part of the caller's transaction.

    Args:
        connection: the transaction.
        container: the installation.
        number: the ticket's.
        inbox: the desk's.
        reply_to: the client's address; None for no acknowledgement.
        now: the time.
        fast_track: whether the letter goes before others.
        held_for: why both are held (``outbox.held``); None to send them.
    """
    letters = [_new_delivery(number, DESK, inbox, now, _desk_rank(fast_track), held_for)]
    inboxes = {inbox} | {container.inbox_of(site) for site in container.sites.values()}
    if reply_to and may_acknowledge(connection, container.settings, inboxes, reply_to, now):
        mailbox = canonical_mailbox(reply_to)
        letters.append(
            _new_delivery(number, ACKNOWLEDGEMENT, reply_to, now, ACKNOWLEDGEMENT_RANK, held_for)
            | {"cap_address": mailbox, "cap_domain": mailbox.rpartition("@")[2]}
        )
    connection.execute(NEW_LETTERS, letters)


def enqueue_follow_up(
    connection: Connection,
    number: int,
    position: int,
    inbox: str,
    now: datetime,
    *,
    fast_track: bool,
    held_for: str | None = None,
) -> None:
    """Enqueue the desk's letter of a follow-up. Part of the caller's transaction."""
    letter = _new_delivery(number, FOLLOW_UP, inbox, now, _desk_rank(fast_track), held_for)
    connection.execute(NEW_LETTERS, [letter | {"follow_up": position}])


def _desk_rank(fast_track: bool) -> int:
    return FAST_TRACK_RANK if fast_track else DESK_RANK


def _new_delivery(
    number: int, kind: str, recipient: str, now: datetime, rank: int, held_for: str | None
) -> dict[str, Any]:
    return {
        "ticket_number": number,
        "kind": kind,
        "follow_up": 0,
        "recipient": recipient,
        "rank": rank,
        "state": "held" if held_for else "owed",
        "held_for": held_for,
        "cap_address": None,
        "cap_domain": None,
        "due_at": now,
        "created_at": now,
    }


def mark_sent(claim: Claim, now: datetime) -> bool:
    """Record that it was delivered. False when the lease had ended and another worker holds it."""
    with writing() as connection:
        return connection.execute(SENT, {"held_id": claim.id, "held_token": claim.token, "at": now}).rowcount == 1


def release(claims: Sequence[Claim]) -> None:
    """End the lease of deliveries that were claimed together and not tried; they are due as before."""
    if not claims:
        return
    released = (
        update(Delivery.__table__)
        .where(
            Delivery.id.in_([claim.id for claim in claims]),
            Delivery.lease_token == claims[0].token,
            Delivery.state == "sending",
        )
        .values(state="owed", attempts=Delivery.attempts - 1, lease_token=None, lease_until=None)
    )
    with writing() as connection:
        connection.execute(released)


def mark_failed(
    claim: Claim,
    container: Container,
    reason: str,
    now: datetime,
    *,
    waits_for: str | None = None,
    is_clock_trusted: bool = True,
) -> bool:
    """Schedule the retry, or declare the delivery dead when it is too old. Returns whether it is dead.

    Args:
        claim: the delivery, as it was tried.
        container: the installation.
        reason: what went wrong, in one line.
        now: the time.
        waits_for: the mail server that was away, as ``host:port``; one success there wakes the letter (``wake``).
        is_clock_trusted: whether ages mean anything (``clock.py``).
    """
    due = now + retry_delay(claim.attempts, container.settings)
    is_too_old = due - claim.created_at > _longest_age(claim.kind, container.settings)
    is_dead = is_too_old and claim.attempts >= least_tries(claim.kind, container.settings) and is_clock_trusted
    if is_dead:
        mark_dead(claim, container, reason, now)
    else:
        _finish(claim, state="owed", due_at=due, last_error=reason[:500], waits_for=waits_for)
    return is_dead


def least_tries(kind: str, settings: Settings) -> int:
    """How often a delivery is tried before it may be given up for its age."""
    tries, left = 1, LEAST_SHARE * _longest_age(kind, settings).total_seconds()
    while (pause := _backoff(tries, settings)) < _backoff(tries + 1, settings) and pause <= left:
        tries, left = tries + 1, left - pause
    return max(LEAST_TRIES, tries + int(left // pause))


def _longest_age(kind: str, settings: Settings) -> timedelta:
    is_acknowledgement = kind == ACKNOWLEDGEMENT
    return timedelta(
        seconds=settings.outbox_give_up_acknowledgement_after if is_acknowledgement else settings.outbox_give_up_after
    )


def mark_dead(claim: Claim, container: Container, reason: str, now: datetime) -> None:
    """Make a delivery a dead letter: it was refused for good, or too often. A person may requeue it.

    A dead letter enqueues ``delivery.failed`` for its ticket's site, in the same transaction.
    """
    with writing() as connection:
        has_ended = _end_lease(connection, claim, state="dead", last_error=reason[:500])
        if has_ended and claim.kind not in EVENTS:
            enqueue_failure_event(connection, container, claim, reason[:500], now)


def cancel(claim: Claim) -> None:
    """Delete a delivery that is not to be sent any more."""
    with writing() as connection:
        delete_unsent(connection, and_(Delivery.id == claim.id, Delivery.lease_token == claim.token))


def defer(site: str, until: datetime) -> None:
    """Defer the other webhooks of a site: its endpoint is away, and each would find that out by waiting for it."""
    is_waiting = (_IS_WEBHOOK, Delivery.recipient == site, Delivery.state == "owed", Delivery.due_at < until)
    with writing() as connection:
        connection.execute(update(Delivery).where(*is_waiting).values(due_at=until))


def wake(server: str, now: datetime) -> int:
    """Make due what waits for a mail server: it takes letters again. Returns how many there were."""
    is_waiting = (Delivery.state == "owed", Delivery.waits_for == server, Delivery.due_at > now)
    with writing() as connection:
        return connection.execute(update(Delivery).where(*is_waiting).values(due_at=now)).rowcount


def drop_files(claim: Claim, now: datetime) -> None:
    """Requeue the letter at once, with links in place of its files."""
    _finish(
        claim, state="owed", due_at=now, with_files=False, last_error="too large for the mail server: links go instead"
    )


def retry_delay(attempts: int, settings: Settings) -> timedelta:
    """Exponential backoff from the first delay to the cap; by a quarter of jitter a backlog does not march in step."""
    return timedelta(seconds=_backoff(attempts, settings) * random.uniform(1, 1.25))


def _backoff(attempts: int, settings: Settings) -> float:
    return min(settings.outbox_retry_cap, settings.outbox_retry_first * 2.0 ** min(attempts - 1, 20))


def _finish(claim: Claim, **values: Any) -> bool:
    with writing() as connection:
        return _end_lease(connection, claim, **values)


def _end_lease(connection: Connection, claim: Claim, **values: Any) -> bool:
    """End a lease. False when its lease had ended and another worker holds the delivery."""
    outcome = {**_OUTCOME, **values}
    ended = update(Delivery.__table__).where(*_HAS_LEASE).values(lease_token=None, lease_until=None, **outcome)
    return connection.execute(ended, {"held_id": claim.id, "held_token": claim.token}).rowcount == 1
