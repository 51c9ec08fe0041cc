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

TOO_YOUNG = timedelta(minutes=10)
"""Younger rows are no witnesses to the clock: a jump that began before this process did may have dated them."""


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
    """The date of the newest row, by which a clock can be judged at the start of a worker; None when there is none.

    Rows of the last minutes may have been written by the same wrong clock, and say nothing.
    """
    with reading() as connection:
        newest = connection.execute(select(func.max(Delivery.created_at))).scalar()
        if newest is None or newest > now + FUTURE:
            return newest
        before = now - TOO_YOUNG
        dates = [
            connection.execute(select(func.max(column)).where(column < before)).scalar()
            for column in (Delivery.created_at, Worker.beat_at)
        ]
    return max((date for date in dates if date is not None), default=None)
