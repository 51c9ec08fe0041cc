"""Budgets: how much of what one caller may send has been used."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select

from wizard.config.settings import Settings
from wizard.db.engine import reading
from wizard.db.models import BudgetUsage
from wizard.tickets.caller import Caller

HOURLY = 20
NEARLY = 0.75


def is_nearly_spent(settings: Settings, caller: Caller, now: datetime) -> bool:
    """Whether the caller has used most of the hour's budget of tickets."""
    digest = hmac.new(settings.secret_key.encode(), caller.network.encode(), hashlib.sha256).hexdigest()
    hour = now.replace(minute=0, second=0, microsecond=0)
    used = select(BudgetUsage.used).where(
        BudgetUsage.scope == "tickets", BudgetUsage.caller == digest, BudgetUsage.hour == hour
    )
    with reading() as connection:
        return (connection.execute(used).scalar() or 0) >= NEARLY * HOURLY
