"""The rows in which use is counted: of an address by hours, of all together in a few rows an hour."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Label, bindparam, delete, func, select, text

from wizard.config.settings import Settings
from wizard.db.engine import writing
from wizard.db.models import BudgetUsage, UtcTime
from wizard.values.keyed_digest import keyed_digest

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SHARDS = tuple(f"all-{shard}" for shard in range(8))
"""The rows in which all together are counted: with one row, accepting reports would wait in a queue for it."""

USAGE_LIFETIME = timedelta(days=2)
"""How long hours are kept, here and of uploads: longer than any of them counts."""


@dataclass(frozen=True)
class Usage:
    """What has been used."""

    hour: int = 0
    """By the address in this hour, less what was held."""
    day: int = 0
    """The same in the last 24 hours."""
    held_hour: int = 0
    """What was held of the address in this hour."""
    held_day: int = 0
    in_all: int = 0
    """By all in this hour, less what was held."""
    held_in_all: int = 0


# One text for both databases: the two dialects of SQLAlchemy have an ``insert`` of their own each.
_COUNT = text(
    "INSERT INTO budget_usage (scope, caller, hour, used) VALUES (:scope, :caller, :hour, :more) "
    "ON CONFLICT (scope, caller, hour) DO UPDATE SET used = budget_usage.used + excluded.used RETURNING used"
).bindparams(bindparam("hour", type_=UtcTime))
_OF_CALLER = BudgetUsage.caller == bindparam("caller")
_THIS_HOUR = BudgetUsage.hour == bindparam("hour")
_THIS_DAY = BudgetUsage.hour > bindparam("day")
_OF_ALL = BudgetUsage.caller.in_(SHARDS)


def _sum(name: str, scope: str, *which: ColumnElement[bool]) -> Label[int]:
    used = select(func.coalesce(func.sum(BudgetUsage.used), 0)).where(BudgetUsage.scope == bindparam(scope), *which)
    return used.scalar_subquery().label(name)


# Made once: putting a statement together costs more than running it. Each part reads a few rows of the primary key.
_USAGE = select(
    _sum("this_hour", "scope", _OF_CALLER, _THIS_HOUR),
    _sum("this_day", "scope", _OF_CALLER, _THIS_DAY),
    _sum("held_this_hour", "held_scope", _OF_CALLER, _THIS_HOUR),
    _sum("held_this_day", "held_scope", _OF_CALLER, _THIS_DAY),
    _sum("in_all", "scope", _OF_ALL, _THIS_HOUR),
    _sum("held_in_all", "held_scope", _OF_ALL, _THIS_HOUR),
)


def held_scope(scope: str) -> str:
    """Under which scope that is counted which was held: it must not use up what others behind the address may send."""
    return f"{scope}_held"


def hour_of(now: datetime) -> datetime:
    """The beginning of the hour: what is used in it is one row."""
    return now.replace(minute=0, second=0, microsecond=0)


def digest_of_caller(settings: Settings, *names: str) -> str:
    """Whom usage is counted for, keyed so that no address is stored."""
    return keyed_digest(settings.secret_key, "\n".join(("budget", *names)))


def count(connection: Connection, scope: str, caller: str, now: datetime, more: int = 1) -> int:
    """Count more of a scope for a caller; how many it has in this hour. Part of the caller's transaction.

    On PostgreSQL whoever counts the same waits until the end of the transaction.
    """
    values = {"scope": scope, "caller": caller, "hour": hour_of(now), "more": more}
    return int(connection.execute(_COUNT, values).scalar_one())


def count_for_all(connection: Connection, scope: str, now: datetime, more: int = 1) -> None:
    """Count more of a scope for all together: the last statement of a transaction."""
    count(connection, scope, secrets.choice(SHARDS), now, more)


def read_usage(connection: Connection, scope: str, caller: str, now: datetime) -> Usage:
    """What a caller and all together have used of a scope."""
    hour = hour_of(now)
    values = {"scope": scope, "held_scope": held_scope(scope), "caller": caller, "hour": hour, "day": hour - DAY}
    row = connection.execute(_USAGE, values).one()
    # PostgreSQL adds integers up to a decimal.
    return Usage(*(int(used) for used in row))


def forget_old_usage(now: datetime) -> None:
    """Delete the hours that count no longer."""
    with writing() as connection:
        connection.execute(delete(BudgetUsage).where(BudgetUsage.hour < now - USAGE_LIFETIME))
