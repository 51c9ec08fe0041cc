"""The row of a worker in table ``workers``: that it lives and sends, committed every ten seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from wizard.db.engine import reading, writing
from wizard.db.models import Delivery, Worker
from wizard.outbox.clock import FUTURE

INTERVAL = 10.0
"""Seconds between two heartbeats."""

FORGOTTEN_AFTER = timedelta(days=1)
"""The row of a worker that died on another machine is deleted so long after its last heartbeat."""


def beat(name: str, started_at: datetime, now: datetime) -> None:
    """Write a heartbeat."""
    with writing() as connection:
        beats = update(Worker).where(Worker.name == name).values(beat_at=now)
        if not connection.execute(beats).rowcount:
            connection.execute(insert(Worker), {"name": name, "started_at": started_at, "beat_at": now})


def end(name: str) -> None:
    """Delete the row of a worker that ends well."""
    with writing() as connection:
        connection.execute(delete(Worker).where(Worker.name == name))


def clamp_future_dates(now: datetime) -> None:
    """Bring back what a clock that was ahead has dated: it would be young for as long as the clock was wrong.

    Only by a clock that is trusted.
    """
    future = now + FUTURE
    with writing() as connection:
        connection.execute(update(Delivery).where(Delivery.created_at > future).values(created_at=now))
        old = (Worker.beat_at > future) | (Worker.beat_at < now - FORGOTTEN_AFTER)
        connection.execute(delete(Worker).where(old))


def newest_date(now: datetime) -> datetime | None:
    """The date of the newest row, by which a clock can be judged; a recent heartbeat is better than any other.

    None when the database has no rows.
    """
    with reading() as connection:
        last_beat = connection.execute(select(func.max(Worker.beat_at)).where(Worker.beat_at <= now)).scalar()
        if last_beat is not None and now - last_beat < FORGOTTEN_AFTER:
            return last_beat
        return connection.execute(select(func.max(Delivery.created_at))).scalar()
