"""What becomes of a letter that the server does not take (threats R11–R15, E03), and where people see it."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from smtp_servers import HostileServer, Sink
from sqlalchemy import select, update

from wizard.db.engine import SQLITE_WAIT, writing
from wizard.db.models import Delivery, Ticket
from wizard.outbox import queue

LETTERS = select(Delivery.kind, Delivery.state, Delivery.attempts, Delivery.last_error).order_by(Delivery.id)


@pytest.fixture
def against(make_desk: Callable[..., Installation]) -> Callable[..., Installation]:
    """An installation that hands its mail to a given server."""
    return lambda server, **config: make_desk(MAIL_PORT=server.port, **config)


def make_due(desk: Installation) -> None:
    """Let the time of the next try be now."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))


@pytest.mark.parametrize("mode", ["mail_451", "rcpt_450", "data_451", "end_451", "mail_421", "garbage", "drop_in_data"])
def test_a_server_that_says_later_is_asked_later(against: Callable[..., Installation], mode: str) -> None:
    with HostileServer(mode) as server:
        desk = against(server)
        desk.send("site_down")
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["owed", "owed"]
        assert desk.query(LETTERS)[0].last_error
        desk.run_worker()
        assert desk.query(LETTERS)[0].attempts == 1, "the next try waits for its time"
        server.mode = "good"
        make_due(desk)
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["sent", "sent"]
        assert len(server.received) == 2


def test_a_greylisted_letter_comes_at_the_second_try_with_the_same_bytes(against: Callable[..., Installation]) -> None:
    with HostileServer("end_451") as server:
        desk = against(server)
        desk.send("site_down")
        desk.run_worker()
        server.mode = "good"
        make_due(desk)
        desk.run_worker()
        first = server.received[0].content
        with desk.app.app_context(), writing() as connection:
            connection.execute(update(Delivery).values(state="owed", due_at=datetime.now(UTC)))
        desk.run_worker()
        assert server.received[2].content == first


def test_a_refused_desk_turns_readiness_red_until_a_person_retries(against: Callable[..., Installation]) -> None:
    with HostileServer("rcpt_550") as server:
        desk = against(server)
        desk.send("site_down")
        assert desk.watch()[0] == []
        desk.run_worker()
        faults, lanes = desk.watch()
        assert faults == ["desk_letters_dead"]
        assert lanes["desk"]["dead"] == 1
        commands = desk.app.test_cli_runner()
        listed = commands.invoke(args=["outbox", "list", "--state", "dead"]).output
        assert "ticket 100001" in listed
        assert "no such mailbox" in listed
        server.mode = "good"
        assert commands.invoke(args=["outbox", "retry"]).output == "2 letters are owed again.\n"
        desk.run_worker()
        assert desk.watch()[0] == []
        assert commands.invoke(args=["outbox", "list", "--state", "dead"]).output == "No letters.\n"


def grow_old(desk: Installation, age: timedelta) -> None:
    """Let letters have waited for so long, and have been tried often."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(created_at=datetime.now(UTC) - age, attempts=50))


def test_the_age_of_a_letter_that_a_person_retries_starts_anew(against: Callable[..., Installation]) -> None:
    with HostileServer("rcpt_450") as server:
        desk = against(server)
        desk.send("site_down")
        grow_old(desk, timedelta(days=6))
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["dead", "dead"], "too old to be tried again"
        retried = desk.app.test_cli_runner().invoke(args=["outbox", "retry"])
        assert retried.output == "2 letters are owed again.\n"
        desk.run_worker()
        assert [(row.state, row.attempts) for row in desk.query(LETTERS)] == [("owed", 52), ("owed", 52)]
        server.mode = "good"
        make_due(desk)
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["sent", "sent"]


def test_tries_come_twice_as_late_each_time_and_never_in_step(against: Callable[..., Installation]) -> None:
    first, cap = timedelta(seconds=1000), timedelta(seconds=3000)
    with HostileServer("rcpt_450") as server:
        desk = against(server, OUTBOX_RETRY_FIRST=1000, OUTBOX_RETRY_CAP=3000)
        desk.enqueue(20, "Сообщение")
        for delay in (first, 2 * first, cap, cap):
            make_due(desk)
            begun = datetime.now(UTC)
            desk.run_worker()
            ended = datetime.now(UTC)
            due = sorted(row.due_at for row in desk.query(select(Delivery.due_at)))
            assert begun + delay <= due[0]
            assert due[-1] <= ended + 1.25 * delay
            assert due[-1] - due[0] > ended - begun + 0.1 * delay, "letters that fail together come apart"
        assert {row.state for row in desk.query(LETTERS)} == {"owed"}


def test_a_refused_client_does_not_stop_the_desks_letter(make_desk: Callable[..., Installation]) -> None:
    with Sink(refuse={"zakaz@detal36.example": "550 5.1.1 no such mailbox"}) as sink:
        desk = make_desk(MAIL_PORT=sink.port)
        desk.send("site_down", contact_email="")
        desk.run_worker()
        assert [(row.kind, row.state) for row in desk.query(LETTERS)] == [("desk", "sent"), ("acknowledgement", "dead")]
        assert len(sink.received) == 1
        assert desk.watch()[0] == [], "an address that a client mistyped is no alarm"


@pytest.mark.parametrize("mode", ["silent", "silent_after_ehlo", "silent_after_data", "drip"])
def test_a_server_that_hangs_holds_a_letter_no_longer_than_the_deadline(
    against: Callable[..., Installation], mode: str
) -> None:
    with HostileServer(mode) as server:
        desk = against(server, MAIL_TIMEOUT=0.5, MAIL_DEADLINE=1)
        desk.send("site_down", reg_email="", contact_email="")
        begun = time.monotonic()
        desk.run_worker()
        assert time.monotonic() - begun < 10
        [row] = desk.query(LETTERS)
        assert (row.state, row.attempts) == ("owed", 1)


@pytest.mark.parametrize("mode", ["drop_at_quit", "drop_after_250"])
def test_what_the_server_took_is_sent_whatever_it_does_then(against: Callable[..., Installation], mode: str) -> None:
    with HostileServer(mode) as server:
        desk = against(server)
        for n in range(3):
            desk.send("site_down", details=f"Сообщение {n}", reg_email="", contact_email="")
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS)] == ["sent"] * 3
        assert len(server.received) == 3


def test_a_letter_larger_than_the_server_takes_goes_again_with_links(make_desk: Callable[..., Installation]) -> None:
    with Sink(size=200_000) as sink:
        desk = make_desk(MAIL_PORT=sink.port)
        form = desk.client.get(desk.address("site_down"))
        files = {"files": [("log.txt", b"a line of the log\n" * 20_000)]}
        form.submit("check", desk.example_answers("site_down"), files).submit("send")
        desk.run_worker()
        letter = next(letter for letter in sink.received if letter.recipients == ["support@desk.example"])
        assert b"ticket.json" in letter.content
        assert len(letter.content) < 100_000
        assert {row.state for row in desk.query(LETTERS)} == {"sent"}


def test_a_letter_that_cannot_be_composed_still_reaches_the_desk(desk: Installation) -> None:
    desk.send("site_down", details="Белая страница с утра")
    with desk.app.app_context(), writing() as connection:
        record = json.loads(desk.query(select(Ticket.record))[0].record)
        # What no clock tells and no calendar can show in the desk's zone.
        record["evidence"]["time"] = "9999-12-31T23:59:59Z"
        connection.execute(update(Ticket).values(record=json.dumps(record)))
    desk.run_worker()
    [letter] = desk.inbox
    assert "[##100001##]" in letter["Subject"]
    carried = "".join(
        part.get_content() for part in letter.iter_attachments() if part.get_content_type() == "text/plain"
    )
    assert "Белая страница с утра" in carried + letter.get_body(("plain",)).get_content()


def test_a_record_of_another_version_reaches_the_desk_as_it_lies_there(desk: Installation) -> None:
    desk.send("site_down", reg_email="", contact_email="")
    desk.send("site_slow", reg_email="", contact_email="")
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).where(Ticket.number == 100_001).values(record='{"words": "Белая страница"}'))
    desk.run_worker()
    poor, good = sorted(desk.inbox, key=lambda letter: letter["Subject"])
    assert poor["Subject"].startswith("[##100001##]")
    assert "Белая страница" in next(poor.iter_attachments()).get_content()
    assert good["X-Ticket-Number"] == "100002"


def test_a_file_that_cannot_be_read_now_is_waited_for(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    form = desk.client.get(desk.address("site_down"))
    files = {"files": [("log.txt", b"11:05 slow")]}
    form.submit("check", desk.example_answers("site_down"), files).submit("send")
    with monkeypatch.context() as broken:
        broken.setattr(type(desk.container.store), "read", lambda *_: (_ for _ in ()).throw(OSError(5, "EIO")))
        desk.run_worker()
    assert [row.state for row in desk.query(LETTERS)] == ["owed", "sent"]
    make_due(desk)
    desk.run_worker()
    assert "log.txt" in [part.get_filename() for part in desk.inbox[0].iter_attachments()]


def test_a_database_away_for_a_moment_after_the_250_doubles_no_letter(desk: Installation) -> None:
    desk.send("site_down", reg_email="", contact_email="")
    database = desk.container.settings.instance_path / "zayavka.db"
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:
        mark_sent, calls = queue.mark_sent, []

        def locked_at_first(*arguments: object) -> bool:
            calls.append(arguments)
            if len(calls) == 1:
                other.execute("BEGIN IMMEDIATE")
                threading.Timer(SQLITE_WAIT + 1, other.execute, ["ROLLBACK"]).start()
            return mark_sent(*arguments)  # type: ignore[arg-type]

        queue.mark_sent = locked_at_first  # type: ignore[assignment]
        try:
            desk.run_worker()
        finally:
            queue.mark_sent = mark_sent
    assert [row.state for row in desk.query(LETTERS)] == ["sent"]
    assert len(desk.inbox) == 1
    assert len(calls) == 2


def test_no_address_of_a_client_stands_in_the_log(
    make_desk: Callable[..., Installation], caplog: pytest.LogCaptureFixture
) -> None:
    with Sink(refuse={"canary@mail.example": "550 5.1.1 <canary@mail.example>: Recipient address rejected"}) as sink:
        desk = make_desk(MAIL_PORT=sink.port)
        desk.send("q_unclear", details="canary words", reg_email="canary@mail.example", contact_email="")
        desk.run_worker()
    assert "550 5.1.1" in caplog.text
    assert "canary" not in caplog.text
