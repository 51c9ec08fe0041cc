"""The worker: takes what is due, composes it, sends it, and writes down what became of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wizard import submissions, uploads
from wizard.logs import code_of, place_of
from wizard.outbox import queue
from wizard.outbox.letters import FinishedLetter, compose
from wizard.outbox.queue import Claim
from wizard.outbox.transport import Courier, PermanentFailure, SmtpSettings, TemporaryFailure, TooLarge
from wizard.service import Service, service

log = logging.getLogger(__name__)

BATCH = 20
"""Letters claimed at a time: one commit for all of them."""

MOMENT = 0.2
"""Seconds to wait for a database that is away for a moment."""

SWEEP_EVERY = 3600.0
"""Seconds between two looks for files that nobody sent and keys that are a day old."""


def smtp_settings(current: Service) -> SmtpSettings:
    """Where mail goes: the owner's server, or the local mailbox."""
    settings = current.settings
    if settings.uses_local_mailbox:
        host, port = "127.0.0.1", settings.mailbox_smtp_port
    else:
        host, port = str(settings.mail_server), settings.mail_port
    return SmtpSettings(
        host=host,
        port=port,
        use_tls=settings.mail_use_tls,
        use_ssl=settings.mail_use_ssl,
        username=settings.mail_username,
        password=settings.mail_password,
        timeout=settings.mail_timeout,
        deadline=settings.mail_deadline,
    )


def send_due(courier: Courier, stop: Callable[[], bool] = lambda: False) -> int:
    """Send one batch of due letters. Returns how many were tried; 0 means that nothing is due."""
    current = service()
    lease = timedelta(seconds=current.settings.outbox_lease)
    longest = timedelta(seconds=current.settings.mail_deadline)
    claims = queue.claim_due(datetime.now(UTC), lease, BATCH)
    for position, claim in enumerate(claims):
        try:
            letter = None if stop() else _composed(current, claim)
            # Handed over only while the lease outlives the longest try, or another worker could begin it too.
            if letter is None or claim.until - datetime.now(UTC) <= longest:
                queue.give_back(claims[position:])
                return position
            _hand_over(current, courier, claim, letter)
        except _NotComposed as fault:
            _plan_again(current, claim, place_of(fault.__cause__ or fault))
        except SQLAlchemyError:
            queue.give_back(claims[position + 1 :])
            raise
    return len(claims)


class _NotComposed(Exception):
    """A letter could not be made this time; the others go on (threats R17)."""


def _composed(current: Service, claim: Claim) -> FinishedLetter:
    try:
        return compose(current, claim)
    except SQLAlchemyError:
        raise
    except Exception as fault:
        raise _NotComposed from fault


def _hand_over(current: Service, courier: Courier, claim: Claim, letter: FinishedLetter) -> None:
    """One try, and what became of it."""
    try:
        courier.deliver(letter.content, letter.sender, claim.recipient)
    except TooLarge as too_large:
        if claim.with_files:
            queue.drop_files(claim, datetime.now(UTC))
        else:
            _declare_dead(claim, str(too_large))
    except PermanentFailure as refused:
        _declare_dead(claim, str(refused))
    except TemporaryFailure as failed:
        _plan_again(current, claim, str(failed), needs_person=failed.alarm)
    else:
        _mark_sent(claim)


def _mark_sent(claim: Claim) -> None:
    """Write down that the server has the letter, for as long as the lease lasts: what is not written goes out again."""
    while True:
        try:
            queue.mark_sent(claim, datetime.now(UTC))
            return
        except SQLAlchemyError:
            if datetime.now(UTC) >= claim.until:
                raise
            time.sleep(MOMENT)


def _declare_dead(claim: Claim, reason: str) -> None:
    queue.mark_dead(claim, reason)
    log.error("letter %s of ticket %s (%s) is dead: %s", claim.id, claim.ticket_number, claim.kind, code_of(reason))


def _plan_again(current: Service, claim: Claim, reason: str, *, needs_person: bool = False) -> None:
    is_dead = queue.mark_failed(claim, current.settings, reason, datetime.now(UTC))
    # A refused login or a bad certificate stays so until a person changes the settings.
    level = logging.ERROR if is_dead or needs_person else logging.WARNING
    log.log(level, "letter %s of ticket %s, try %s: %s", claim.id, claim.ticket_number, claim.attempts, code_of(reason))


def run(app: Flask, stop: threading.Event, *, until_idle: bool = False) -> None:
    """Work until told to stop, or until nothing is due. A lost database is waited for, not died of."""
    next_sweep = time.monotonic()
    with app.app_context():
        current = service()
        while not stop.is_set():
            try:
                with Courier(smtp_settings(current)) as courier:
                    while send_due(courier, stop.is_set) and not stop.is_set():
                        pass
                if time.monotonic() >= next_sweep:
                    uploads.sweep(current, datetime.now(UTC))
                    submissions.forget_old(datetime.now(UTC))
                    next_sweep = time.monotonic() + SWEEP_EVERY
            except Exception as fault:
                log.error("outbox: trying again in a moment: %s", place_of(fault))
            if until_idle:
                return
            stop.wait(current.settings.outbox_idle)
