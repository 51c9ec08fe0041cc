"""The backlog: what waits in each lane, how old it is, what is dead, and whether the mail server takes letters.

All of it is read from rows that are not sent yet (index ``ix_outbox_due``) and from a few of the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, select

from wizard.db.models import UNSENT, Delivery, Installation, Worker
from wizard.outbox.letter_kinds import BURST
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.outbox.webhook_events import WEBHOOK_RANK

STATES = {"owed": "waiting", "sending": "sending", "sent": "sent", "dead": "dead", "held": "held"}
"""The word for each state of the table."""

LATE = timedelta(minutes=10)
"""Age at which a delivery that is not sent is late."""

CLOCK_DIFFERENCE = timedelta(minutes=2)
"""Clocks of machines differ by less. A date further ahead was given by a clock that was wrong: it says nothing, and
must not hide a letter."""

SILENT = timedelta(seconds=30)
"""Without a heartbeat for so long, a worker is dead or stuck."""

NEWEST = 200
"""Deliveries among which a success is looked for."""


@dataclass
class LaneBacklog:
    """The deliveries of one lane that are not sent."""

    waiting: int = 0
    late: int = 0
    oldest_seconds: int = 0
    dead: int = 0


@dataclass(frozen=True)
class Backlog:
    """Whether mail goes out."""

    lanes: Mapping[str, LaneBacklog]
    heartbeat_seconds: int | None
    """Age of the last heartbeat of any worker; None without one that can be true."""
    is_held: bool
    """Nothing is sent until a person says so (``flask outbox release``)."""
    is_sweep_held: bool
    """No file is deleted until a person says so; the same command releases it."""
    is_refused: bool
    """A letter to the desk failed, and none has been sent since it was accepted."""

    @property
    def has_worker(self) -> bool:
        """Whether a worker lives."""
        return self.heartbeat_seconds is not None and self.heartbeat_seconds <= SILENT.total_seconds()


def lane_of(rank: int) -> str:
    """The lane of a delivery's rank."""
    if rank < ACKNOWLEDGEMENT_RANK:
        return "desk"
    return "acknowledgements" if rank < WEBHOOK_RANK else "webhooks"


def read_backlog(connection: Connection, now: datetime) -> Backlog:
    """The backlog as it is now."""
    lanes = {lane: LaneBacklog() for lane in ("desk", "acknowledgements", "webhooks")}
    newest_failed = _read_unsent(connection, now, lanes)
    for rank, count in connection.execute(
        select(Delivery.rank, func.count()).where(Delivery.state == "dead").group_by(Delivery.rank)
    ):
        lanes[lane_of(rank)].dead += count
    beat = connection.execute(select(func.max(Worker.beat_at)).where(Worker.beat_at <= now + CLOCK_DIFFERENCE)).scalar()
    held = connection.execute(select(Installation.outbox_held, Installation.sweep_held)).one_or_none()
    return Backlog(
        lanes=lanes,
        heartbeat_seconds=_seconds(now - beat) if beat else None,
        is_held=held is not None and held.outbox_held,
        is_sweep_held=held is not None and held.sweep_held,
        is_refused=newest_failed is not None and not _was_sent_since(connection, newest_failed, now),
    )


def _read_unsent(connection: Connection, now: datetime, lanes: Mapping[str, LaneBacklog]) -> datetime | None:
    """Fill in what is not sent. Returns when the newest letter to the desk that failed was accepted, if one did."""
    # The letter of a burst goes later where another went before it: until it is tried, it has no age.
    since = case((and_(Delivery.kind == BURST, Delivery.attempts == 0), None), else_=Delivery.created_at)
    is_late = (since < now - LATE) | (since > now + CLOCK_DIFFERENCE)
    unsent = (
        select(
            Delivery.rank,
            func.count(),
            func.sum(case((is_late, 1), else_=0)),
            func.min(since),
            func.max(case((Delivery.last_error.is_not(None), Delivery.created_at))),
        )
        .where(Delivery.state.in_(UNSENT))
        .group_by(Delivery.rank)
    )
    failed = []
    for rank, count, late, oldest, newest_failed in connection.execute(unsent):
        lane = lanes[lane_of(rank)]
        lane.waiting += count
        lane.late += late
        lane.oldest_seconds = max(lane.oldest_seconds, _seconds(now - (oldest or now)))
        if newest_failed is not None and rank < ACKNOWLEDGEMENT_RANK:
            failed.append(newest_failed)
    return max(failed, default=None)


def _was_sent_since(connection: Connection, moment: datetime, now: datetime) -> bool:
    """Whether a letter to the desk was sent later than that, as far as the newest deliveries tell."""
    newest = select(Delivery.rank, Delivery.sent_at).order_by(Delivery.id.desc()).limit(NEWEST).subquery()
    sent = select(func.max(newest.c.sent_at)).where(
        newest.c.rank < ACKNOWLEDGEMENT_RANK, newest.c.sent_at <= now + CLOCK_DIFFERENCE
    )
    last = connection.execute(sent).scalar()
    return last is not None and last > moment


def _seconds(age: timedelta) -> int:
    return max(0, round(age.total_seconds()))
