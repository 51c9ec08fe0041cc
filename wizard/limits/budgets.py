"""Budgets: how much one address, and all together, may send in an hour; counted in rows, so over all processes.

Soft before hard. What is over a budget is accepted and its letter held; what is over a multiple of it is refused, since
the disk must not fill either. Why in all means a smaller share and not an end: docs/decisions/0018-budgets.md.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select, text

from wizard.config.settings import Settings
from wizard.db.engine import reading
from wizard.db.models import BudgetUsage, UtcTime
from wizard.tickets.caller import UNKNOWN, Caller

log = logging.getLogger(__name__)

TICKETS, FOLLOW_UPS, ASSESS, GUESSES = "tickets", "follow_ups", "assess", "guesses"
"""What is counted (``budget_usage.scope``); what was held of it is counted in all under ``<scope>_held``."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SHARE, LEAST_SHARE = 0.1, 2
"""What an address may send in an hour when all together are over their budget: a tenth of its own, two at least."""

NEARLY = 0.75
"""A budget is nearly spent when so much of it is."""

SHARDS = tuple(f"all-{shard}" for shard in range(8))
"""The rows in which all together are counted: with one row, accepting reports would wait in a queue for it."""

USAGE_LIFETIME = timedelta(days=2)

ADDRESS_HOUR, ADDRESS_DAY, IN_ALL = "address_hour", "address_day", "in_all"
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
class Usage:
    """What has been used."""

    hour: int
    """By the address in this hour."""
    day: int
    """By the address in the last 24 hours."""
    in_all: int
    """By all in this hour, less what was held."""
    held: int
    """What was held of all in this hour."""


@dataclass(frozen=True)
class Spent:
    """One ticket or follow-up that has been counted for its address."""

    scope: str
    at: datetime
    count: int = 0
    """How many its address has sent in this hour, this one among them; 0 where nobody counts."""
    held_for: str | None = None
    """Why its letter is to be held."""
    is_counted: bool = False


# One text for both databases: the two dialects of SQLAlchemy have an ``insert`` of their own each.
_COUNT = text(
    "INSERT INTO budget_usage (scope, caller, hour, used) VALUES (:scope, :caller, :hour, :more) "
    "ON CONFLICT (scope, caller, hour) DO UPDATE SET used = budget_usage.used + excluded.used RETURNING used"
).bindparams(bindparam("hour", type_=UtcTime))


_OF_CALLER = BudgetUsage.caller == bindparam("caller")
_THIS_HOUR = BudgetUsage.hour == bindparam("hour")
_OF_ALL = BudgetUsage.caller.in_(SHARDS)


def _sum(name: str, scope: str, *which: ColumnElement[bool]) -> Label[int]:
    used = select(func.coalesce(func.sum(BudgetUsage.used), 0)).where(BudgetUsage.scope == bindparam(scope), *which)
    return used.scalar_subquery().label(name)


# Made once: putting a statement together costs more than running it. Each part reads a few rows of the primary key.
_USAGE = select(
    _sum("this_hour", "scope", _OF_CALLER, _THIS_HOUR),
    _sum("this_day", "scope", _OF_CALLER, BudgetUsage.hour > bindparam("day")),
    _sum("in_all", "scope", _OF_ALL, _THIS_HOUR),
    _sum("held", "held_scope", _OF_ALL, _THIS_HOUR),
)


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
    """Whether the next tickets of a caller would be held: the moment to ask for a proof of work.

    One indexed read, no write; False while the database is away.
    """
    budget = budget_of(settings, TICKETS)
    if caller.site is not None or caller.network == UNKNOWN.network or not budget.is_counted:
        return False
    try:
        with reading() as connection:
            usage = _usage(connection, budget.scope, caller_digest(settings, caller), now)
    except (SQLAlchemyError, OSError) as fault:
        log.warning("budget not read: %s", type(fault).__name__)
        return False
    return (
        _is_over(NEARLY * budget.hour, usage.hour)
        or _is_over(NEARLY * budget.day, usage.day)
        or (_is_over(budget.in_all, usage.in_all))
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
    budget = budget_of(settings, scope)
    if caller.site is not None:
        return Spent(scope, now)
    if caller.network == UNKNOWN.network or not budget.is_counted:
        return Spent(scope, now, held_for=_in_words(caller.doubts) if may_be_held else None)
    digest = caller_digest(settings, caller)
    count = _count(connection, scope, digest, now)
    usage = _usage(connection, scope, digest, now)
    reasons = _reasons(budget, usage, caller) if may_be_held else ()
    _require_room(budget, usage, settings.budget_refused_at, now, is_held=bool(reasons))
    return Spent(scope, now, count, _in_words(reasons), is_counted=True)


def count_in_all(connection: Connection, spent: Spent) -> None:
    """Count the same for all together. The last statement of its transaction: others wait for the row."""
    if spent.is_counted:
        scope = f"{spent.scope}_held" if spent.held_for else spent.scope
        _count(connection, scope, secrets.choice(SHARDS), spent.at)


def forget_old_usage(now: datetime) -> None:
    """Delete the hours that count no longer."""
    with writing() as connection:
        connection.execute(delete(BudgetUsage).where(BudgetUsage.hour < now - USAGE_LIFETIME))


def _reasons(budget: Budget, usage: Usage, caller: Caller) -> tuple[str, ...]:
    """Why a letter is to be held; ``usage`` of the address holds it already, that of all does not."""
    over = {
        ADDRESS_HOUR: _is_over(budget.hour, usage.hour - 1),
        ADDRESS_DAY: _is_over(budget.day, usage.day - 1),
        IN_ALL: _is_over(budget.in_all, usage.in_all) and usage.hour > budget.share,
    }
    budgets = () if caller.has_worked else tuple(reason for reason, is_so in over.items() if is_so)
    return (*budgets, *caller.doubts)


def _require_room(budget: Budget, usage: Usage, times: int, now: datetime, *, is_held: bool) -> None:
    # Whoever used little is not refused for what others sent: of all together only what would be held.
    is_full = _is_over(times * budget.in_all, usage.held) and is_held
    if _is_over(times * budget.hour, usage.hour - 1) or is_full:
        raise OverBudget(budget.scope, round((hour_of(now) + HOUR - now).total_seconds()) + 1)
    if _is_over(times * budget.day, usage.day - 1):
        raise OverBudget(budget.scope, round(HOUR.total_seconds()))


def _in_words(reasons: tuple[str, ...]) -> str | None:
    return ",".join(reasons)[:LONGEST_REASON] or None


def _count(connection: Connection, scope: str, digest: str, now: datetime, more: int = 1) -> int:
    values = {"scope": scope, "caller": digest, "hour": hour_of(now), "more": more}
    return int(connection.execute(_COUNT, values).scalar_one())


def caller_digest(settings: Settings, caller: Caller) -> str:
    """Whom usage is counted for, keyed so that no address is stored."""
    return _digest(settings, f"budget {caller.network}")


def _digest(settings: Settings, name: str) -> str:
    return hmac.new(settings.secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()


def _usage(connection: Connection, scope: str, digest: str, now: datetime) -> Usage:
    hour = hour_of(now)
    values = {"scope": scope, "held_scope": f"{scope}_held", "caller": digest, "hour": hour, "day": hour - DAY}
    row = connection.execute(_USAGE, values).one()
    return Usage(int(row.this_hour), int(row.this_day), int(row.in_all), int(row.held))


def hour_of(now: datetime) -> datetime:
    """The beginning of the hour: what is used in it is one row."""
    return now.replace(minute=0, second=0, microsecond=0)


def _is_over(limit: float, used: int) -> bool:
    """Whether so much is used that the next one is over the limit."""
    return bool(limit) and used >= limit
