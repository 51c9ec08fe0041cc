"""One try of a delivery, and its outcome in the database: sent, retry or dead."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError

from wizard.config.logs import reply_code
from wizard.container import Container
from wizard.outbox import queue
from wizard.outbox.claim import Claim
from wizard.outbox.clock import Clock, steady_seconds
from wizard.outbox.email_delivery import server_of
from wizard.outbox.errors import EndpointAway, PermanentFailure, ServerAway, TemporaryFailure, TooLarge

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

DATABASE_AWAY = (OperationalError, InterfaceError, InternalError, TimeoutError)
"""What SQLAlchemy raises while a database cannot be reached, is locked or has no room."""

DATABASE_PAUSE = 0.2
"""Seconds to wait for a database that is away for a moment."""


class Outcomes:
    """Records what became of the claims of one worker."""

    def __init__(self, container: Container, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self._container, self._clock, self._is_stopping = container, clock, is_stopping

    def attempt(self, claim: Claim, deliver: Callable[[], None]) -> None:
        """One attempt, and its outcome.

        Raises:
            ServerAway: it was recorded; what is left of the batch is to wait.
        """
        try:
            deliver()
        except TooLarge as too_large:
            if claim.with_files:
                self._record(claim, lambda: queue.drop_files(claim, self._clock.now()))
            else:
                self._declare_dead(claim, str(too_large))
        except PermanentFailure as refused:
            self._declare_dead(claim, str(refused))
        except ServerAway as away:
            waits_for = None if away.in_letter else server_of(self._container)
            self.retry_later(claim, str(away), needs_person=away.alarm, waits_for=waits_for)
            raise
        except TemporaryFailure as failed:
            self.retry_later(claim, str(failed), needs_person=failed.alarm)
            if isinstance(failed, EndpointAway):
                pause = timedelta(seconds=self._container.settings.outbox_retry_first)
                self._record(claim, lambda: queue.defer(claim.recipient, self._clock.now() + pause))
        else:
            # What the server has and we have not recorded goes out again: this one is not given up for a stop.
            self._record(claim, lambda: queue.mark_sent(claim, self._clock.now()), even_when_stopping=True)

    def retry_later(
        self, claim: Claim, reason: str, *, needs_person: bool = False, waits_for: str | None = None
    ) -> None:
        """Plan the next try, or give the delivery up."""
        is_dead = self._record(
            claim,
            lambda: queue.mark_failed(
                claim,
                self._container,
                reason,
                self._clock.now(),
                waits_for=waits_for,
                is_clock_trusted=self._clock.is_trusted,
            ),
        )
        # A refused login or a bad certificate stays so until a person changes the settings.
        level = logging.ERROR if is_dead or needs_person else logging.WARNING
        details = (claim.id, claim.ticket_number, claim.kind, claim.attempts, reply_code(reason))
        log.log(level, "delivery %s of ticket %s (%s), try %s: %s", *details)

    def release(self, claims: Sequence[Claim]) -> None:
        """Give back what was not tried."""
        if claims:
            self._record(claims[0], lambda: queue.release(claims))

    def cancel(self, claim: Claim) -> None:
        """Delete a delivery whose ticket was erased before it was composed."""
        self._record(claim, lambda: queue.cancel(claim))

    def _declare_dead(self, claim: Claim, reason: str) -> None:
        self._record(claim, lambda: queue.mark_dead(claim, self._container, reason, self._clock.now()))
        log.error(
            "delivery %s of ticket %s (%s) is dead: %s", claim.id, claim.ticket_number, claim.kind, reply_code(reason)
        )

    def _record(self, claim: Claim, write: Callable[[], Answer], *, even_when_stopping: bool = False) -> Answer:
        """Write an outcome, again and again while the database is away, for as long as the lease lasts."""
        while True:
            try:
                return write()
            except DATABASE_AWAY:
                is_given_up = self._is_stopping() and not even_when_stopping
                if is_given_up or steady_seconds() >= claim.ends:
                    raise
                time.sleep(DATABASE_PAUSE)
