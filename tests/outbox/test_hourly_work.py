"""What is done every hour beside sending: whoever starts the worker says what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from sqlalchemy import func, insert, select, update
from uploads_under_test import age_uploads, stored_keys, upload

from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Installation as InstallationRow
from wizard.db.models import PendingUpload, Submission, UploadUsage
from wizard.intake.upload_quota import EVERYBODY
from wizard.outbox import worker


def test_what_is_to_be_done_every_hour_is_done_at_the_start_and_then_not_for_an_hour(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, done, waits = threading.Event(), [], []
    wait = stop.wait

    def hourly(container: Container, now: datetime) -> None:
        assert container is desk.container
        done.append(now)

    def wait_a_moment(seconds: float) -> None:
        if threading.current_thread().name == "hourly":
            waits.append(seconds)
        if len(waits) == 3:
            stop.set()
        wait(0.01)

    monkeypatch.setattr(stop, "wait", wait_a_moment)
    worker.run(desk.app, stop, hourly)
    assert waits == [3600] * 3
    assert len(done) == 3
    assert datetime.now(UTC) - done[0] < timedelta(minutes=1)


def test_hourly_work_that_fails_holds_up_no_letter(desk: Installation) -> None:
    def broken(*_: object) -> None:
        raise OSError("no room")

    for name in ("first", "second"):
        desk.enqueue(1, name)
        worker.run(desk.app, threading.Event(), broken, until_idle=True)
    assert len(desk.inbox) == 2


def test_the_worker_of_a_command_sweeps_away_what_nobody_sent(desk: Installation) -> None:
    row = {"name": "a.txt", "type": "text/plain", "size": 1, "sha256": "0" * 64, "sender": "somebody"}
    now = datetime.now(UTC)
    with desk.app.app_context(), writing() as connection:
        connection.execute(insert(PendingUpload), [{**row, "id": "old", "created_at": now - timedelta(hours=26)}])
        connection.execute(insert(PendingUpload), [{**row, "id": "new", "created_at": now - timedelta(hours=23)}])
    desk.app.test_cli_runner().invoke(args=["outbox", "run", "--until-idle"])
    assert desk.query(select(PendingUpload.id)) == [("new",)]


def test_while_a_restore_holds_the_sweep_keys_and_counts_go_on_and_files_stay(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(UPLOAD_SPOOL_BYTES=10)
    desk.send("site_down")
    upload(desk, b"ten bytes\n")
    age_uploads(desk)
    keys = stored_keys(desk)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(outbox_held=True, sweep_held=True))
        connection.execute(update(Submission).values(created_at=datetime.now(UTC) - timedelta(days=30)))
    desk.run_worker()
    assert desk.query(select(func.count()).select_from(Submission)) == [(0,)]
    assert desk.query(select(UploadUsage.bytes).where(UploadUsage.sender == EVERYBODY)) == [(0,)]
    assert stored_keys(desk) == keys and len(desk.query(select(PendingUpload.id))) == 1
    assert upload(desk, b"10 others\n"), "there is room again"
