"""Calls that store nothing and cost thought: counted in memory, and in rows once for some of them.

A text that is read costs no commit; so each process may let through a few calls more than the budget.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import security_event
from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.limits import absence
from wizard.limits.budgets import ASSESS, OverBudget, budget_of, is_over, is_over_in_all
from wizard.limits.usage import HOUR, Usage, count, count_for_all, digest_of_caller, hour_of, read_usage
from wizard.tickets.caller import UNKNOWN, Caller

log = logging.getLogger(__name__)

BATCH = 20
"""Calls of an address that a process counts together."""

MOST_CALLERS = 10_000
"""Addresses that a process remembers; with more of them it begins anew, and their rows know the rest."""


class CallCounter:
    """The calls of one process in this hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hour: datetime | None = None
        self._pending: dict[str, int] = {}
        self._usage: dict[str, Usage] = {}

    def spend(self, settings: Settings, caller: Caller, now: datetime) -> None:
        """Count a call for its network, whatever site a server names: only its secret lifts this budget.

        Raises:
            OverBudget: there were too many of this address, or of all and many of this one.
        """
        budget = budget_of(settings, ASSESS)
        if caller.site is not None or caller.network == UNKNOWN.network or not budget.is_counted:
            return
        digest = digest_of_caller(settings, caller.network)
        usage, pending, batch = self._count(digest, now)
        if batch and absence.may_ask():
            usage = self._write(digest, batch, now)
        used = usage.hour + pending
        # The call at hand is counted already, that of all is not.
        if is_over(budget.hour, used - 1) or (is_over_in_all(budget, usage) and used > budget.share):
            security_event("over_budget", caller=caller.log_id(settings.secret_key), scope=ASSESS)
            raise OverBudget(ASSESS, round((hour_of(now) + HOUR - now).total_seconds()) + 1)

    def _count(self, digest: str, now: datetime) -> tuple[Usage, int, int]:
        """Count a call: what was used before, the calls that are pending, and those that whoever asks is to write.

        Of those that call at the same time exactly one is handed the batch.
        """
        with self._lock:
            if self._hour != hour_of(now) or len(self._pending) >= MOST_CALLERS:
                self._hour, self._pending, self._usage = hour_of(now), {}, {}
            usage = self._usage.get(digest, Usage())
            pending = self._pending.get(digest, 0) + 1
            batch = pending if pending >= BATCH else 0
            if batch:
                # Until it is written the others know of it from here.
                usage, pending = replace(usage, hour=usage.hour + batch), 0
                self._usage[digest] = usage
            self._pending[digest] = pending
            return usage, pending, batch

    def _write(self, digest: str, batch: int, now: datetime) -> Usage:
        """Write a batch, and read what other processes have counted. A database that is away counts nothing."""
        usage, is_answered = Usage(), False
        try:
            with writing() as connection:
                count(connection, ASSESS, digest, now, batch)
                usage = read_usage(connection, ASSESS, digest, now)
                count_for_all(connection, ASSESS, now, batch)
            is_answered = True
        except (SQLAlchemyError, OSError) as fault:
            log.warning("calls not counted: %s", type(fault).__name__)
        absence.note_answer(came=is_answered)
        with self._lock:
            if self._hour == hour_of(now):
                self._usage[digest] = usage
        return usage
