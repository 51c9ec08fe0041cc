"""What a person may do with deliveries: dead ones are sent again, waiting ones at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, update

from wizard.db.engine import writing
from wizard.db.models import Delivery


def requeue(ids: Sequence[int], now: datetime) -> int:
    """Make dead or waiting deliveries due now; all dead ones when none is named. Returns how many."""
    which = Delivery.id.in_(ids) if ids else Delivery.state == "dead"
    is_dead = Delivery.state == "dead"
    requeued = (
        update(Delivery)
        .where(which, Delivery.state.in_(["dead", "owed"]))
        .values(
            state="owed",
            due_at=now,
            waits_for=None,
            # The age of a dead one starts anew, or it would die at its first temporary failure. One that waits is as
            # old as it is, or looking after it would keep it from ever being late.
            created_at=case((is_dead, now), else_=Delivery.created_at),
            crashes=case((is_dead, 0), else_=Delivery.crashes),
            lease_token=None,
            lease_until=None,
        )
    )
    with writing() as connection:
        return connection.execute(requeued).rowcount


def flush(now: datetime) -> int:
    """Make everything that waits for its next try due now. Returns how many."""
    is_waiting = (Delivery.state == "owed", Delivery.due_at > now)
    with writing() as connection:
        return connection.execute(update(Delivery).where(*is_waiting).values(due_at=now, waits_for=None)).rowcount
