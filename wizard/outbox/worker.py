"""The worker: claims what is due, lets a transport deliver it, and records sent, retry or dead."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import place_of, reply_code
from wizard.container import Container
from wizard.outbox import queue
from wizard.outbox.claim import Claim
from wizard.outbox.email_delivery import EmailTransport
from wizard.outbox.errors import EndpointAway, PermanentFailure, TemporaryFailure, TooLarge
from wizard.outbox.webhook_delivery import WebhookTransport

log = logging.getLogger(__name__)

MAX_WEBHOOK_THREADS = 4
"""Webhooks that are on their way at a time; to one endpoint there is one."""

DATABASE_PAUSE = 0.2
"""Seconds to wait for a database that is away for a moment."""

HOUR = 3600.0

Hourly = Callable[[Container, datetime], None]
"""What else the process that sends letters is to do, every hour and at its start."""


class Transport(Protocol):
    """What delivers one sort of delivery. Used by one thread."""

    longest: timedelta
    """What one try takes at most."""

    def claim(self, now: datetime, lease: timedelta) -> Sequence[Claim]:
        """Lease what is due, in the order in which it is to be tried."""

    def prepare(self, claim: Claim) -> Callable[[], None]:
        """Do what comes before a try, and return the try: it raises ``DeliveryFailure`` when nothing was accepted."""

    def close(self) -> None:
        """Close what stays open from one try to the next."""


def send_due(container: Container, transport: Transport, stop: Callable[[], bool] = lambda: False) -> int:
    """Send one batch of what is due. Returns how many were tried; 0 means that nothing is due."""
    lease = timedelta(seconds=container.settings.outbox_lease)
    claims = transport.claim(datetime.now(UTC), lease)
    for position, claim in enumerate(claims):
        try:
            deliver = None if stop() else _prepare(transport, claim)
            # Delivered only while the lease outlives the longest try, or another worker could begin it too.
            if deliver is None or claim.until - datetime.now(UTC) <= transport.longest:
                queue.release(claims[position:])
                return position
            _attempt(container, claim, deliver)
        except _NotPrepared as fault:
            _retry_later(container, claim, place_of(fault.__cause__ or fault))
        except SQLAlchemyError:
            queue.release(claims[position + 1 :])
            raise
    return len(claims)


class _NotPrepared(Exception):
    """A delivery could not be made ready this time; the others go on (threats R17)."""


def _prepare(transport: Transport, claim: Claim) -> Callable[[], None]:
    try:
        return transport.prepare(claim)
    except SQLAlchemyError:
        raise
    except Exception as fault:
        raise _NotPrepared from fault


def _attempt(container: Container, claim: Claim, deliver: Callable[[], None]) -> None:
    """One attempt, and its outcome."""
    try:
        deliver()
    except TooLarge as too_large:
        if claim.with_files:
            queue.drop_files(claim, datetime.now(UTC))
        else:
            _declare_dead(container, claim, str(too_large))
    except PermanentFailure as refused:
        _declare_dead(container, claim, str(refused))
    except TemporaryFailure as failed:
        _retry_later(container, claim, str(failed), needs_person=failed.alarm)
        if isinstance(failed, EndpointAway):
            queue.defer(claim.recipient, datetime.now(UTC) + timedelta(seconds=container.settings.outbox_retry_first))
    else:
        _mark_sent(claim)


def _mark_sent(claim: Claim) -> None:
    """Record that the server has the letter, for as long as the lease lasts: what is not recorded goes out again."""
    while True:
        try:
            queue.mark_sent(claim, datetime.now(UTC))
            return
        except SQLAlchemyError:
            if datetime.now(UTC) >= claim.until:
                raise
            time.sleep(DATABASE_PAUSE)


def _declare_dead(container: Container, claim: Claim, reason: str) -> None:
    queue.mark_dead(claim, container, reason, datetime.now(UTC))
    log.error(
        "delivery %s of ticket %s (%s) is dead: %s", claim.id, claim.ticket_number, claim.kind, reply_code(reason)
    )


def _retry_later(container: Container, claim: Claim, reason: str, *, needs_person: bool = False) -> None:
    is_dead = queue.mark_failed(claim, container, reason, datetime.now(UTC))
    # A refused login or a bad certificate stays so until a person changes the settings.
    level = logging.ERROR if is_dead or needs_person else logging.WARNING
    details = (claim.id, claim.ticket_number, claim.kind, claim.attempts, reply_code(reason))
    log.log(level, "delivery %s of ticket %s (%s), try %s: %s", *details)


def run(app: Flask, stop: threading.Event, hourly: Hourly | None = None, *, until_idle: bool = False) -> None:
    """Work until ``stop`` is set, or until nothing is due. A lost database is waited for, not died of.

    Webhooks have threads of their own: an endpoint that hangs holds up no letter (threats R11).
    """
    if until_idle:
        _work(app, stop, EmailTransport, hourly, until_idle=True)
        _work(app, stop, WebhookTransport, until_idle=True)
        return
    threads = [
        threading.Thread(target=_work, args=(app, stop, WebhookTransport), name="webhooks")
        for _ in range(_webhook_threads(app))
    ]
    for thread in threads:
        thread.start()
    try:
        _work(app, stop, EmailTransport, hourly)
    finally:
        for thread in threads:
            thread.join()


def _webhook_threads(app: Flask) -> int:
    """How many webhooks may be on their way at a time. One at least: what waits may be for a former webhook."""
    container: Container = app.extensions["zayavka"]
    endpoints = sum(site.webhook is not None for site in container.sites.values())
    return max(1, min(endpoints, MAX_WEBHOOK_THREADS))


def _work(
    app: Flask,
    stop: threading.Event,
    new_transport: Callable[[Container], Transport],
    hourly: Hourly | None = None,
    *,
    until_idle: bool = False,
) -> None:
    container: Container = app.extensions["zayavka"]
    next_hour = time.monotonic()
    with app.app_context():
        while not stop.is_set():
            try:
                with closing(new_transport(container)) as transport:
                    while send_due(container, transport, stop.is_set) and not stop.is_set():
                        pass
                if hourly and time.monotonic() >= next_hour:
                    hourly(container, datetime.now(UTC))
                    next_hour = time.monotonic() + HOUR
            except Exception as fault:
                log.error("outbox: trying again in a moment: %s", place_of(fault))
            if until_idle:
                return
            stop.wait(container.settings.outbox_idle)
