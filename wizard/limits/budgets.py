"""Budgets: how much one address, and all together, may send in an hour; counted in rows, so over all processes.

Soft before hard. What is over a budget is accepted and its letter held; what is over a multiple of it is refused, since
the disk must not fill either. Why in all means a smaller share and not an end: docs/decisions/0018-budgets.md.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import security_event
from wizard.config.settings import Settings
from wizard.db.engine import advisory_lock, reading
from wizard.limits import absence
from wizard.limits.usage import HOUR, Usage, count, count_for_all, digest_of_caller, held_scope, hour_of, read_usage
from wizard.tickets.caller import UNKNOWN, Caller

log = logging.getLogger(__name__)

TICKETS, FOLLOW_UPS, ASSESS = "tickets", "follow_ups", "assess"
"""What is counted (``budget_usage.scope``)."""

SHARE, LEAST_SHARE = 0.1, 2
"""What an address may send in an hour when all together are over their budget: a tenth of its own, two at least."""

NEARLY = 0.75
"""A budget is nearly spent when so much of it is."""

SITE_TIMES, NETWORK_TIMES = 10, 5
"""How much more a site may send whose servers name it without its secret: all of them together, and one network."""

ADDRESS_HOUR, ADDRESS_DAY, SITE, IN_ALL = "address_hour", "address_day", "named_site", "in_all"
"""Why a letter is held (``outbox.held_for``), beside the doubts of its caller."""

LONGEST_REASON = 120


class OverBudget(Exception):
    """More than may be stored: nothing was. ``retry_after`` are the seconds until there is room."""

    def __init__(self, scope: str, retry_after: int) -> None:
        super().__init__(scope)
        self.scope, self.retry_after = scope, retry_after


@dataclass(frozen=True)
class Budget:
    """The budget of a scope; 0 is no limit."""

    scope: str
    hour: int
    """Of one address."""
    day: int
    """Of one address, in the last 24 hours."""
    in_all: int
    """Of all addresses in an hour, less what is held."""

    @property
    def is_counted(self) -> bool:
        """Whether anything has to be counted."""
        return bool(self.hour or self.day or self.in_all)

    @property
    def share(self) -> int:
        """What is left to an address in an hour when all together have used theirs."""
        return max(LEAST_SHARE, round(self.hour * SHARE))


@dataclass(frozen=True)
class Spent:
    """One ticket or follow-up that has been counted for its address."""

    scope: str
    at: datetime
    count: int = 0
    """How many its address has sent in this hour, this one among them; 0 where nobody counts.

    Of those who name a site a fifth: so much more they may send."""
    held_for: str | None = None
    """Why its letter is to be held."""
    is_counted: bool = False


def budget_of(settings: Settings, scope: str) -> Budget:
    """The budget of a scope, as it is set."""
    if scope == TICKETS:
        return Budget(
            scope, settings.budget_tickets_hour, settings.budget_tickets_day, settings.budget_tickets_in_all_hour
        )
    if scope == FOLLOW_UPS:
        return Budget(
            scope,
            settings.budget_follow_ups_hour,
            settings.budget_follow_ups_day,
            settings.budget_follow_ups_in_all_hour,
        )
    return Budget(scope, settings.budget_assess_hour, 0, settings.budget_assess_in_all_hour)


def is_nearly_spent(settings: Settings, caller: Caller, now: datetime) -> bool:
    """Whether most of a caller's budget is used, or all of that of all: the moment to ask for a proof of work.

    One indexed read, no write; False while the database is away, which is not asked again at once (``absence``).
    """
    budget = budget_of(settings, TICKETS)
    if caller.site is not None or caller.named_site is not None:
        return False
    if caller.network == UNKNOWN.network or not budget.is_counted:
        return False
    if not absence.may_ask():
        return False
    try:
        with reading() as connection:
            usage = read_usage(connection, budget.scope, digest_of_caller(settings, caller.network), now)
    except (SQLAlchemyError, OSError) as fault:
        log.warning("budget not read: %s", type(fault).__name__)
        absence.note_answer(came=False)
        return False
    absence.note_answer(came=True)
    return (
        is_over(NEARLY * budget.hour, usage.hour)
        or is_over(NEARLY * budget.day, usage.day)
        or is_over_in_all(budget, usage)
    )


def spend(
    connection: Connection, settings: Settings, scope: str, caller: Caller, now: datetime, *, may_be_held: bool
) -> Spent:
    """Count a ticket or a follow-up for its address, and say whether its letter is to be held and why.

    Part of the transaction that stores it. On PostgreSQL those of one address wait here for one another, so that the
    count is exact; ``count_in_all`` comes last, since there all wait for all.

    Args:
        may_be_held: False on fast track: its letter is never held.

    Raises:
        OverBudget: nothing more is stored of this address now.
    """
    of_address = budget_of(settings, scope)
    if caller.site is not None:
        return Spent(scope, now)
    if caller.network == UNKNOWN.network or not of_address.is_counted:
        return Spent(scope, now, held_for=_in_words(caller.doubts) if may_be_held else None)
    digests = [digest_of_caller(settings, caller.network)]
    times = 1
    if caller.named_site is not None:
        times = NETWORK_TIMES
        digests.append(digest_of_caller(settings, "site", caller.named_site))
    # The network before the site, for everybody: two of them never wait for one another.
    usage, *of_site = [_locked_usage(connection, scope, digest, now) for digest in digests]
    budget = _multiple(of_address, times)
    is_site_over = any(_is_address_over(_multiple(of_address, SITE_TIMES), used) for used in of_site)
    reasons = _reasons(budget, usage, caller, is_site_over=is_site_over) if may_be_held else ()
    # What is never held is not accepted without end from whoever looks like a program.
    is_doubtful = bool(caller.doubts) and not may_be_held and not caller.has_worked
    refused_at = 1 if is_doubtful else settings.budget_refused_at
    _require_room(budget, usage, refused_at, now, is_held=bool(reasons))
    for digest in digests:
        count(connection, held_scope(scope) if reasons else scope, digest, now)
    sent = usage.hour + usage.held_hour + 1
    return Spent(scope, now, -(-sent // times), _in_words(reasons), is_counted=True)


def _multiple(budget: Budget, times: int) -> Budget:
    return replace(budget, hour=times * budget.hour, day=times * budget.day)


def _locked_usage(connection: Connection, scope: str, digest: str, now: datetime) -> Usage:
    advisory_lock(connection, f"budget {scope} {digest}")
    return read_usage(connection, scope, digest, now)


def log_refused(settings: Settings, caller: Caller, over: OverBudget) -> None:
    """Log what was refused. After the transaction: SQLite has one writer at a time, who should not wait for a log."""
    security_event("over_budget", caller=caller.log_id(settings.secret_key), scope=over.scope)


def log_held(settings: Settings, caller: Caller, spent: Spent) -> None:
    """Log that a letter is held, if it is. After the commit: before it nothing has happened."""
    if spent.held_for:
        reason = spent.held_for.partition(",")[0]
        security_event("held", caller=caller.log_id(settings.secret_key), scope=spent.scope, reason=reason)


def count_in_all(connection: Connection, spent: Spent) -> None:
    """Count the same for all together. The last statement of its transaction: others wait for the row."""
    if spent.is_counted:
        scope = held_scope(spent.scope) if spent.held_for else spent.scope
        count_for_all(connection, scope, spent.at)


def _reasons(budget: Budget, usage: Usage, caller: Caller, *, is_site_over: bool) -> tuple[str, ...]:
    """Why a letter is to be held."""
    over = {
        ADDRESS_HOUR: is_over(budget.hour, usage.hour),
        ADDRESS_DAY: is_over(budget.day, usage.day),
        SITE: is_site_over,
        IN_ALL: is_over_in_all(budget, usage) and usage.hour >= budget.share,
    }
    budgets = () if caller.has_worked else tuple(reason for reason, is_so in over.items() if is_so)
    return (*budgets, *caller.doubts)


def _is_address_over(budget: Budget, usage: Usage) -> bool:
    return is_over(budget.hour, usage.hour) or is_over(budget.day, usage.day)


def _require_room(budget: Budget, usage: Usage, times: int, now: datetime, *, is_held: bool) -> None:
    # Whoever used little is not refused for what others sent: of all together only what would be held.
    is_full = is_over(times * budget.in_all, usage.held_in_all) and is_held
    if is_over(times * budget.hour, usage.hour + usage.held_hour) or is_full:
        raise OverBudget(budget.scope, round((hour_of(now) + HOUR - now).total_seconds()) + 1)
    if is_over(times * budget.day, usage.day + usage.held_day):
        raise OverBudget(budget.scope, round(HOUR.total_seconds()))


def _in_words(reasons: tuple[str, ...]) -> str | None:
    return ",".join(reasons)[:LONGEST_REASON] or None


def is_over(limit: float, used: int) -> bool:
    """Whether so much is used that the next one is over the limit."""
    return bool(limit) and used >= limit


def is_over_in_all(budget: Budget, usage: Usage) -> bool:
    """Whether all together have used theirs: then an address has a share of its own left."""
    return is_over(budget.in_all, usage.in_all)
