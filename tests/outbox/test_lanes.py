"""Lanes: letters to the desk wait for nothing else, those of fast-track tickets for no other letter."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from installation import Installation
from running_worker import running_worker, wait_until
from smtp_servers import HostileServer, Sink
from sqlalchemy import func, select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Worker
from wizard.db.models import Installation as InstallationRow
from wizard.intake.accept import accept
from wizard.outbox import heartbeat, lanes, worker
from wizard.outbox.smtp_client import SmtpClient
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

INBOX = "support@desk.example"
TO_DESK_LEFT = select(func.count()).where(Delivery.kind == "desk", Delivery.state != "sent")


class SlowSink(Sink):
    """Takes its time over each recipient of ``slow_domain``."""

    slow_domain = "client.example"
    seconds = 1.0
    begun = 0

    async def handle_RCPT(self, *arguments: Any) -> str:
        """Sleep, without keeping other connections from being served."""
        if arguments[3].endswith(f"@{self.slow_domain}"):
            self.begun += 1
            await asyncio.sleep(self.seconds)
        return await super().handle_RCPT(*arguments)


@pytest.fixture
def sink() -> Iterator[SlowSink]:
    """The server that all mail goes to; it is slow with clients."""
    with SlowSink() as server:
        yield server


def report_with_acknowledgement(desk: Installation, count: int) -> None:
    """Accept reports; each has a letter to the desk and an acknowledgement."""
    with desk.app.app_context():
        for n in range(count):
            answers = {"details": f"Сообщение {n}", "reg_email": f"client{n}@client.example"}
            accept(desk.container, Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC))), f"key {n}")


@pytest.mark.parametrize("connections", [2, 3])
def test_letters_to_the_desk_do_not_wait_for_acknowledgements(
    make_desk: Callable[..., Installation], sink: SlowSink, connections: int
) -> None:
    desk = make_desk(MAIL_CONNECTIONS=connections, OUTBOX_IDLE=0.05)
    report_with_acknowledgement(desk, 40)
    with running_worker(desk.app):
        wait_until(lambda: desk.query(TO_DESK_LEFT) == [(0,)] and sink.begun >= connections - 1)
        sink.seconds = 5.0
        wait_until(lambda: sink.begun >= 2 * (connections - 1))
        before = len(desk.acknowledgements)
        for n in range(3):
            desk.enqueue(10, f"later {n}")
            wait_until(lambda: desk.query(TO_DESK_LEFT) == [(0,)])
        assert len(desk.inbox) == 70
        assert len(desk.acknowledgements) - before < 2 * connections, "they were under way all the while"
        sink.seconds = 0


def test_over_one_connection_a_letter_to_the_desk_waits_for_one_acknowledgement_at_most(
    make_desk: Callable[..., Installation], sink: SlowSink
) -> None:
    desk = make_desk(MAIL_CONNECTIONS=1, OUTBOX_IDLE=0.05)
    report_with_acknowledgement(desk, 6)
    with running_worker(desk.app):
        wait_until(lambda: sink.begun == 1)
        desk.enqueue(10, "later")
        wait_until(lambda: len(desk.inbox) == 16)
        assert sink.begun <= 2
        sink.seconds = 0
        wait_until(lambda: len(desk.acknowledgements) == 6)
    assert sink.connections < 6, "one connection takes letters one after another"


def test_a_worker_opens_no_more_connections_than_it_may(make_desk: Callable[..., Installation], sink: SlowSink) -> None:
    sink.slow_domain, sink.seconds = "desk.example", 0.2
    desk = make_desk(MAIL_CONNECTIONS=3, OUTBOX_IDLE=0.05)
    desk.enqueue(60, "many")
    with running_worker(desk.app):
        wait_until(lambda: sink.begun >= 12)
        assert sink.connections == 3
        sink.seconds = 0
        wait_until(lambda: len(desk.inbox) == 60)


def test_fast_track_goes_first_with_all_its_letters(desk: Installation) -> None:
    desk.enqueue(3, "earlier")
    receipt = desk.send("pricing_all", reg_email="", contact_email="")
    form = desk.client.get(receipt.address + "follow-up/")
    form.submit("send", {"text": "Стало хуже"})
    desk.run_worker()
    subjects = [letter["X-Ticket-Number"] for letter in desk.inbox]
    assert subjects == ["100004", "100004", "100001", "100002", "100003"]


def test_fast_track_overtakes_what_is_claimed_already(
    make_desk: Callable[..., Installation], sink: SlowSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LONGEST_HOLD", 0.5)
    sink.slow_domain = "desk.example"
    desk = make_desk(MAIL_CONNECTIONS=1, OUTBOX_IDLE=0.05)
    desk.enqueue(10, "earlier")
    with running_worker(desk.app):
        wait_until(lambda: sink.begun == 1)
        desk.send("pricing_all", reg_email="", contact_email="")
        wait_until(lambda: sink.begun == 2)
        sink.seconds = 0
        wait_until(lambda: len(desk.inbox) == 11)
    assert [letter["X-Ticket-Number"] for letter in desk.inbox][:3] == ["100001", "100011", "100002"]
    assert {row.attempts for row in desk.query(select(Delivery.attempts))} == {1}, "what was given back was not tried"


def test_hourly_work_that_hangs_holds_up_no_letter_and_no_heartbeat(desk: Installation) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        begun.set()
        may_end.wait(60)

    with running_worker(desk.app, hang):
        assert begun.wait(30)
        desk.enqueue(3, "meanwhile")
        wait_until(lambda: len(desk.inbox) == 3)
        wait_until(lambda: desk.query(select(func.count()).select_from(Worker)) == [(1,)])
        may_end.set()


def test_the_heartbeat_ends_while_the_lane_of_the_desk_is_stuck_and_comes_again(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.05)
    monkeypatch.setattr(lanes, "GRACE", 1 - 120.0)
    with HostileServer("silent") as server:
        desk = make_desk(MAIL_PORT=server.port, OUTBOX_IDLE=0.05)

        def beat_at() -> datetime | None:
            return desk.query(select(func.max(Worker.beat_at)))[0][0]

        with running_worker(desk.app):
            wait_until(lambda: beat_at() is not None)
            first = beat_at()
            wait_until(lambda: beat_at() != first)
            desk.enqueue(1, "stuck")
            wait_until(lambda: "is stuck" in caplog.text)
            last = beat_at()
            threading.Event().wait(0.5)
            assert beat_at() == last
            server.mode = "good"
            server.stopped.set()
            wait_until(lambda: beat_at() != last)
        assert beat_at() is None, "a worker that ends well is forgotten"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_dies_ends_the_worker_and_leaves_its_leases_to_the_next_one(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.05)
    desk.enqueue(2, "dies")

    def exit_thread(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(lanes.Lane, "_send", exit_thread)
        with pytest.raises(worker.LaneDied, match=r"desk|letters 1"):
            worker.run(desk.app, threading.Event())
    assert desk.query(select(func.count()).where(Delivery.state == "sending")) == [(2,)]
    desk.run_worker()
    assert len(desk.inbox) == 2


def test_an_error_of_any_kind_in_one_try_holds_up_no_letter(
    desk: Installation, sink: SlowSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver, tries = SmtpClient.deliver, []

    def lack_memory_at_first(*arguments: Any) -> None:
        tries.append(arguments)
        if len(tries) == 1:
            raise MemoryError
        deliver(*arguments)

    monkeypatch.setattr(SmtpClient, "deliver", lack_memory_at_first)
    desk.enqueue(5, "batch")
    desk.run_worker()
    standing = desk.query(select(Delivery.state, Delivery.attempts, Delivery.last_error).order_by(Delivery.id))
    assert [(row.state, row.attempts) for row in standing] == [("owed", 1)] + [("owed", 0)] * 4
    assert "MemoryError" in standing[0].last_error
    desk.run_worker()
    assert len(desk.inbox) == 4, "the first one waits for its next try"


def test_what_a_restore_holds_back_is_not_sent(either_desk: Installation) -> None:
    desk = either_desk
    desk.enqueue(2, "held")
    for is_held in (True, False):
        with desk.app.app_context(), writing() as connection:
            connection.execute(update(InstallationRow).values(outbox_held=is_held))
        worker.run(desk.app, threading.Event(), until_idle=True)
        assert (len(desk.inbox) == 0) == is_held
