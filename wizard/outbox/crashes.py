"""What a dead worker held: freed, claimed one by one, and dead letters once three workers died of the same one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from wizard.config.webhook import EVENTS
from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Delivery, Worker
from wizard.outbox.leases import has_ended
from wizard.outbox.webhook_events import enqueue_failure_event
from wizard.outbox.worker_lock import locks_of_dead_workers

log = logging.getLogger(__name__)

MAX_CRASHES = 3
"""Workers that may die, one after another, with nothing but this delivery in hand."""

PAUSE = timedelta(seconds=5)
"""After such a crash the others go first."""

REASON = "its worker died three times while sending it"


def free_leases_of_dead_workers(container: Container, folder: Path, now: datetime) -> None:
    """Free what workers of this machine held that died: nobody waits for their leases to end."""
    with locks_of_dead_workers(folder) as names:
        for name in names:
            with writing() as connection:
                freed = _free(connection, container, Delivery.lease_token.startswith(name), now)
                connection.execute(delete(Worker).where(Worker.name == name))
            log.warning("worker %s died and held %d deliveries: they are tried one by one", name, freed)


def free_ended_leases(container: Container, now: datetime) -> int:
    """Free what nobody released in time: its worker died on another machine. Returns how many there were."""
    lease = timedelta(seconds=container.settings.outbox_lease)
    with writing() as connection:
        freed = _free(connection, container, has_ended(now, lease), now)
    if freed:
        log.warning("the leases of %d deliveries ended without an outcome: they are tried one by one", freed)
    return freed


def _free(connection: Connection, container: Container, which: ColumnElement[bool], now: datetime) -> int:
    held = select(Delivery.__table__).where(Delivery.state == "sending", which).with_for_update(skip_locked=True)
    rows = connection.execute(held).all()
    first_time = [row for row in rows if not row.is_suspect]
    _return(connection, first_time, now, is_suspect=True)
    # A suspect was claimed alone: this crash is its own.
    for row in (row for row in rows if row.is_suspect):
        if row.crashes + 1 < MAX_CRASHES:
            _return(connection, [row], now + PAUSE, crashes=row.crashes + 1)
        else:
            _declare_dead(connection, container, row, now)
    return len(rows)


def _return(connection: Connection, rows: Sequence[Row[Any]], due_at: datetime, **values: Any) -> None:
    if rows:
        ids = [row.id for row in rows]
        freed = {"state": "owed", "due_at": due_at, "lease_token": None, "lease_until": None}
        connection.execute(update(Delivery).where(Delivery.id.in_(ids)).values(**freed, **values))


def _declare_dead(connection: Connection, container: Container, row: Row[Any], now: datetime) -> None:
    dead = {"state": "dead", "last_error": REASON, "crashes": MAX_CRASHES, "lease_token": None, "lease_until": None}
    connection.execute(update(Delivery).where(Delivery.id == row.id).values(**dead))
    if row.kind not in EVENTS:
        enqueue_failure_event(connection, container, row, REASON, now)
    log.error("delivery %s of ticket %s (%s) is dead: %s", row.id, row.ticket_number, row.kind, REASON)
