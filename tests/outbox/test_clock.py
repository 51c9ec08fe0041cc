"""A clock that jumps by a year for some seconds kills no letter, hides none and deletes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from claims import claim_due
from installation import Installation
from running_worker import running_worker, wait_until
from smtp_servers import HostileServer
from sqlalchemy import insert, select, update

from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Delivery, Worker
from wizard.outbox import crashes, heartbeat, queue, worker
from wizard.outbox.claim import Claim
from wizard.outbox.clock import Clock
from wizard.outbox.smtp_client import SmtpClient

YEAR = 365 * 86400.0
STANDING = select(Delivery.state, Delivery.attempts, Delivery.is_suspect).order_by(Delivery.id)


class TestClock(Clock):
    """A clock whose wall clock and whose steady one are moved by the test."""

    __test__ = False

    def __init__(self, now: datetime | None = None) -> None:
        self.ahead, self.passed = 0.0, 0.0
        begun, steady = (now or datetime.now(UTC)).timestamp(), time.monotonic()
        super().__init__(
            lambda: begun + time.monotonic() - steady + self.passed + self.ahead,
            lambda: time.monotonic() + self.passed,
        )


@pytest.fixture
def queued(either_desk: Installation) -> Installation:
    """An installation with three letters that are due, on each database."""
    either_desk.enqueue(3, "due")
    return either_desk


def change(desk: Installation, **values: Any) -> None:
    """Change all deliveries in the database."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(**values))


@pytest.mark.parametrize("jump", [YEAR, -YEAR, 3600.0, -3600.0])
def test_a_clock_that_jumps_is_believed_when_it_is_back_or_has_gone_steadily_for_an_hour(jump: float) -> None:
    clock = TestClock()
    clock.confirm(None)
    assert clock.is_trusted
    clock.ahead = jump
    assert not clock.is_trusted
    clock.passed = 14
    assert not clock.is_trusted
    clock.ahead = 0
    assert clock.is_trusted, "it is where it was"
    clock.ahead = jump
    clock.passed += 3590
    assert not clock.is_trusted
    clock.passed += 3500
    clock.now()
    clock.ahead = 2 * jump
    assert not clock.is_trusted, "the hour begins anew"
    clock.passed += 3590
    assert not clock.is_trusted
    clock.passed += 20
    assert clock.is_trusted


def test_a_clock_that_is_set_by_seconds_stays_believed() -> None:
    clock = TestClock()
    clock.confirm(None)
    for _ in range(100):
        clock.ahead += 30
        assert clock.is_trusted


@pytest.mark.parametrize(
    ("newest", "is_trusted"),
    [
        (None, True),
        (timedelta(minutes=-1), True),
        (timedelta(days=-6), True),
        (timedelta(days=-8), False),
        (timedelta(minutes=50), True),
        (timedelta(days=1), False),
    ],
)
def test_at_the_start_a_clock_is_believed_that_fits_to_the_database(newest: timedelta | None, is_trusted: bool) -> None:
    clock = TestClock()
    assert not clock.is_trusted, "before anybody looked"
    clock.confirm(clock.now() + newest if newest else None)
    assert clock.is_trusted == is_trusted
    clock.passed += 3601
    assert clock.is_trusted


def test_what_a_clock_may_have_dated_just_now_is_no_witness_for_it(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        assert heartbeat.newest_date(now) is None, "an installation that has just begun"
        year_before, week_before = now - timedelta(days=365), now - timedelta(days=7)
        with writing() as connection:
            connection.execute(update(Delivery).where(Delivery.id == 1).values(created_at=year_before))
        assert heartbeat.newest_date(now) == year_before
        with writing() as connection:
            rows = [("0123456789ab", now), ("ba9876543210", week_before)]
            beats = [{"name": name, "started_at": now, "beat_at": beat_at} for name, beat_at in rows]
            connection.execute(insert(Worker), beats)
        assert heartbeat.newest_date(now) == week_before
        future = now + timedelta(days=365)
        with writing() as connection:
            connection.execute(update(Delivery).where(Delivery.id == 2).values(created_at=future))
        assert heartbeat.newest_date(now) == future


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_jump_of_the_clock_kills_no_letter_and_sweeps_nothing(
    make_desk: Callable[..., Installation], jump: float
) -> None:
    clock, swept = TestClock(), []

    def sweep(_: Container, now: datetime) -> None:
        swept.append(now)

    with HostileServer("rcpt_450") as server:
        desk = make_desk(MAIL_PORT=server.port, OUTBOX_IDLE=0.02, OUTBOX_RETRY_FIRST=0.01, OUTBOX_RETRY_CAP=0.01)
        desk.enqueue(2, "jump")
        change(desk, created_at=datetime.now(UTC) - timedelta(hours=1))
        worker.run(desk.app, threading.Event(), sweep, until_idle=True, clock=clock)
        assert len(swept) == 1
        with running_worker(desk.app, clock=clock):
            wait_until(lambda: min(row.attempts for row in desk.query(STANDING)) >= 4)
            clock.ahead = jump
            tries = max(row.attempts for row in desk.query(STANDING))
            wait_until(lambda: min(row.attempts for row in desk.query(STANDING)) >= tries + 3)
            worker.run(desk.app, threading.Event(), sweep, until_idle=True, clock=clock)
            clock.ahead = 0
            tries = max(row.attempts for row in desk.query(STANDING))
            wait_until(lambda: min(row.attempts for row in desk.query(STANDING)) >= tries + 3)
            assert {(row.state, row.is_suspect) for row in desk.query(STANDING)} <= {
                ("owed", False),
                ("sending", False),
            }
            server.mode = "good"
            wait_until(lambda: {row.state for row in desk.query(STANDING)} == {"sent"})
    assert len(swept) == 1
    assert len(server.received) == 2


def test_by_a_clock_that_is_not_believed_no_age_counts(queued: Installation) -> None:
    now = datetime.now(UTC) + timedelta(days=365)
    with queued.app.app_context():
        change(queued, attempts=99)
        first, second, third = claim_due(now, 3)
        assert not queue.mark_failed(first, queued.container, "450 later", now, is_clock_trusted=False)
        assert queue.mark_failed(second, queued.container, "450 later", now, is_clock_trusted=True)
        assert not queue.mark_failed(third, queued.container, "450 later", now - timedelta(days=800))


def test_a_try_or_lease_that_a_wrong_clock_put_into_the_future_is_due(queued: Installation) -> None:
    now = datetime.now(UTC)
    future = now + timedelta(days=365)
    change(queued, due_at=future)
    with queued.app.app_context():
        assert len(claim_due(now, 20)) == 3
        change(queued, lease_until=now + timedelta(minutes=59))
        assert crashes.free_ended_leases(queued.container, now) == 0
        change(queued, lease_until=future)
        assert crashes.free_ended_leases(queued.container, now) == 3
        change(queued, due_at=now + timedelta(minutes=60), is_suspect=False)
        assert claim_due(now, 20) == [], "that far a backoff may go"


def test_what_a_wrong_clock_has_dated_grows_old_from_today(queued: Installation) -> None:
    now = datetime.now(UTC)
    change(queued, created_at=now + timedelta(days=365))
    with queued.app.app_context():
        heartbeat.clamp_future_dates(now)
    assert {row.created_at for row in queued.query(select(Delivery.created_at))} == {now}


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux only")
def test_a_lease_ends_while_the_machine_sleeps_as_it_does_for_others(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_gettime, deliver, release = time.clock_gettime, SmtpClient.deliver, queue.release
    slept, released = [], []

    def sleep_once(*arguments: Any) -> None:
        deliver(*arguments)
        slept.append(desk.container.settings.outbox_lease if not slept else 0.0)

    def note(claims: Sequence[Claim]) -> None:
        released.extend(claim.id for claim in claims)
        release(claims)

    monkeypatch.setattr(time, "clock_gettime", lambda clock: clock_gettime(clock) + sum(slept))
    monkeypatch.setattr(SmtpClient, "deliver", sleep_once)
    monkeypatch.setattr(queue, "release", note)
    desk.enqueue(3, "sleep")
    desk.run_worker()
    assert released == [2, 3], "another worker may hold them by now"
    assert len(desk.inbox) == 3


def test_leases_of_others_do_not_end_by_a_clock_that_is_ahead(queued: Installation) -> None:
    clock = TestClock()
    clock.confirm(None)
    with queued.app.app_context():
        claim_due(datetime.now(UTC), 20)
    clock.ahead = YEAR
    worker.run(queued.app, threading.Event(), until_idle=True, clock=clock)
    assert {row.state for row in queued.query(STANDING)} == {"sending"}
    clock.ahead = 400.0
    clock.passed = 3601
    clock.now()
    clock.passed += 3601
    worker.run(queued.app, threading.Event(), until_idle=True, clock=clock)
    assert {row.state for row in queued.query(STANDING)} == {"sent"}, "once it is believed they do"
