"""Lanes: the threads of a worker, each for its sort of delivery, so that no sort waits for another.

A lane claims a few deliveries, lets its transport deliver them one after another, and gives back what it cannot send
soon: what is leased to a lane that waits cannot be sent by another one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import place_of
from wizard.outbox.claim import Claim
from wizard.outbox.clock import Clock, steady_seconds
from wizard.outbox.email_delivery import NotTried
from wizard.outbox.errors import ServerAway
from wizard.outbox.leases import Leases
from wizard.outbox.outcome import Outcomes
from wizard.tickets.erased import TicketErased

log = logging.getLogger(__name__)

LONGEST_HOLD = 2.0
"""Seconds for which a batch may be held; the rest goes back, for what is more urgent and for other lanes."""

GRACE = 30.0
"""Seconds that claiming, composing and recording may take beside a delivery before a lane counts as stuck."""


class Transport(Protocol):
    """What delivers one sort of delivery. Used by one thread."""

    longest: timedelta
    """What one try takes at most."""

    def claim(self, leases: Leases, now: datetime) -> Sequence[Claim]:
        """Lease what is due, in the order in which it is to be tried."""

    def prepare(self, claim: Claim) -> Callable[[], None]:
        """Do what comes before a try, and return the try: it raises ``DeliveryFailure`` when nothing was accepted."""

    def may_go_on(self) -> bool:
        """Whether there is sense in trying the rest of a claim now."""

    def close(self) -> None:
        """Close what stays open from one try to the next."""


class Lane:
    """One thread's work.

    Args:
        name: for the log.
        app: the application.
        leases: what this process claims with.
        clock: what it reads the time from.
        is_stopping: whether it is to end.
        new_transport: makes the lane's transport, anew whenever nothing was due.
    """

    def __init__(
        self,
        name: str,
        app: Flask,
        leases: Leases,
        clock: Clock,
        is_stopping: Callable[[], bool],
        new_transport: Callable[[], Transport],
    ) -> None:
        self.name = name
        self._app, self._leases, self._clock, self._is_stopping = app, leases, clock, is_stopping
        self._new_transport = new_transport
        self._outcomes = Outcomes(app.extensions["zayavka"], clock, is_stopping)
        self._longest = 0.0
        self._step_at = time.monotonic()

    def work(self, stop: threading.Event, idle: float) -> None:
        """Work until ``stop`` is set. A lost database is waited for, not died of."""
        while not stop.is_set():
            self.work_until_idle()
            stop.wait(idle)

    def work_until_idle(self) -> None:
        """Send what is due, until nothing is."""
        with self._app.app_context():
            try:
                with closing(self._new_transport()) as transport:
                    self._longest = transport.longest.total_seconds()
                    while self._send_batch(transport) and not self._is_stopping():
                        pass
            except Exception as fault:
                log.error("outbox, %s: trying again in a moment: %s", self.name, place_of(fault))
            self._step()

    def is_stuck(self) -> bool:
        """Whether the lane has not moved for longer than any delivery takes."""
        return time.monotonic() - self._step_at > self._longest + GRACE

    def _step(self) -> None:
        self._step_at = time.monotonic()

    def _send_batch(self, transport: Transport) -> int:
        """Send one batch of what is due. Returns how many were tried; 0 means that nothing can be done now."""
        self._step()
        claims = transport.claim(self._leases, self._clock.now())
        try:
            return self._send(transport, claims)
        finally:
            self._leases.end(claims)

    def _send(self, transport: Transport, claims: Sequence[Claim]) -> int:
        begun = time.monotonic()
        for position, claim in enumerate(claims):
            self._step()
            is_late = position > 0 and (time.monotonic() - begun > LONGEST_HOLD or not transport.may_go_on())
            if is_late or self._is_stopping():
                self._outcomes.release(claims[position:])
                return position
            deliver = self._prepare(transport, claims[position:])
            if deliver is None:
                continue
            # Delivered only while the lease outlives the longest try, or another worker could begin it too.
            if claim.ends - steady_seconds() <= transport.longest.total_seconds():
                self._outcomes.release(claims[position:])
                return position
            if not self._deliver(claims[position:], deliver):
                return position
        return len(claims)

    def _prepare(self, transport: Transport, claims: Sequence[Claim]) -> Callable[[], None] | None:
        """Make the first one ready. None for one that cannot be, this time: it holds up no other (threats R17)."""
        try:
            return transport.prepare(claims[0])
        except SQLAlchemyError:
            self._outcomes.release(claims)
            raise
        except TicketErased:
            self._outcomes.cancel(claims[0])
            return None
        except Exception as fault:
            self._retry_later(claims, place_of(fault))
            return None

    def _retry_later(self, claims: Sequence[Claim], reason: str) -> None:
        try:
            self._outcomes.retry_later(claims[0], reason)
        except Exception:
            self._outcomes.release(claims[1:])
            raise

    def _deliver(self, claims: Sequence[Claim], deliver: Callable[[], None]) -> bool:
        """Try the first one. False when the others cannot be sent now: they were given back."""
        try:
            self._outcomes.attempt(claims[0], deliver)
        except NotTried:
            self._outcomes.release(claims)
        except ServerAway:
            self._outcomes.release(claims[1:])
        except SQLAlchemyError:
            self._outcomes.release(claims[1:])
            raise
        except Exception as fault:
            # A passing trouble of this machine or an error of ours: no letter waits for its lease because of it.
            self._retry_later(claims, place_of(fault))
            self._outcomes.release(claims[1:])
            raise
        else:
            return True
        return False
