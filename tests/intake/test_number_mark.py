"""A database that lost its end, or was replaced by an older copy, gives no number twice, and says so at the start."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from installation import Installation
from server_process import Running
from sqlalchemy import delete, select, text

from wizard.db.engine import db
from wizard.db.models import Delivery, Ticket
from wizard.db.models import Installation as InstallationRow
from wizard.db.numbers import highest_number
from wizard.files.number_mark import NumberMark
from wizard.intake.numbers import check_numbers

NUMBERS = select(Ticket.number).order_by(Ticket.number)
SWEEP_HELD = select(InstallationRow.sweep_held)


def mark_of(desk: Installation) -> Path:
    """The file of the mark."""
    return desk.container.settings.instance_path / "files" / "last_number"


def checked(desk: Installation) -> str | None:
    """What a start says."""
    with desk.app.app_context():
        return check_numbers(desk.container)


def lose_tickets_above(desk: Installation, number: int) -> None:
    """Make the database as it was when ``number`` was the last one."""
    with desk.app.app_context(), db.engine.begin() as connection:
        for table, column in ((Delivery, Delivery.ticket_number), (Ticket, Ticket.number)):
            connection.execute(delete(table).where(column > number))
        if connection.dialect.name == "postgresql":
            sequence = connection.execute(text("SELECT pg_get_serial_sequence('tickets', 'number')")).scalar_one()
            connection.execute(text(f"SELECT setval('{sequence}', {number})"))
        else:
            connection.execute(text(f"UPDATE sqlite_sequence SET seq = {number} WHERE name = 'tickets'"))


def test_the_mark_follows_the_numbers_and_a_start_that_finds_it_in_order_says_nothing(
    either_desk: Installation,
) -> None:
    assert checked(either_desk) is None
    either_desk.enqueue(3, "first")
    assert mark_of(either_desk).read_text().strip() == "100003"
    assert checked(either_desk) is None
    either_desk.enqueue(1, "second")
    assert either_desk.query(NUMBERS)[-1] == (100_004,)
    assert either_desk.query(SWEEP_HELD) == [(False,)]


def test_a_database_that_lost_its_end_counts_on_beyond_all_that_was_given(either_desk: Installation) -> None:
    either_desk.enqueue(5, "before")
    lose_tickets_above(either_desk, 100_002)
    said = checked(either_desk)
    assert said
    assert "100005" in said
    assert "100002" in said
    assert "\n" not in said
    either_desk.enqueue(1, "after")
    [(next_number,)] = either_desk.query(NUMBERS)[2:]
    assert f"go on from {next_number};" in said
    assert next_number > 100_005 + 100, "the mark may lag by what was not synced"
    assert either_desk.query(SWEEP_HELD) == [(True,)]
    assert checked(either_desk) is None, "it is said once"


def test_a_number_that_a_failed_transaction_took_is_no_loss(either_desk: Installation) -> None:
    either_desk.enqueue(3, "given")
    with either_desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(delete(Delivery))
        connection.execute(delete(Ticket))
        assert highest_number(connection) == 100_003
    assert checked(either_desk) is None


def test_an_installation_of_a_former_version_gets_its_mark_at_the_first_start(either_desk: Installation) -> None:
    either_desk.enqueue(2, "before")
    mark_of(either_desk).unlink()
    assert checked(either_desk) is None
    lose_tickets_above(either_desk, 100_001)
    assert "100002" in (checked(either_desk) or "")


@pytest.mark.parametrize("content", ["", "garbage\n", "-5", "\x00" * 20])
def test_a_damaged_mark_is_made_anew(desk: Installation, content: str) -> None:
    desk.enqueue(2, "before")
    mark_of(desk).write_text(content)
    assert checked(desk) is None
    assert mark_of(desk).read_text().strip() == "100002"


def test_a_mark_that_cannot_be_written_costs_no_ticket(desk: Installation, caplog: pytest.LogCaptureFixture) -> None:
    mark_of(desk).mkdir(parents=True)
    desk.enqueue(2, "all the same")
    assert desk.query(NUMBERS) == [(100_001,), (100_002,)]
    assert "ticket 100002: the mark of the last number cannot be written" in caplog.text


def _raise_many(path: Path, numbers: range) -> None:
    for number in numbers:
        NumberMark(path).raise_to(number)


def test_processes_and_threads_that_raise_it_at_once_leave_the_highest(tmp_path: Path) -> None:
    path = tmp_path / "files" / "last_number"
    with get_context("spawn").Pool(3) as pool, ThreadPoolExecutor(3) as threads:
        work = [pool.apply_async(_raise_many, (path, range(start, 1200, 6))) for start in range(3)]
        list(threads.map(lambda start: _raise_many(path, range(start, 1200, 6)), range(3, 6)))
        for process in work:
            process.get(60)
    mark = NumberMark(path)
    assert mark.read() == 1199
    mark.raise_to(17)
    assert mark.read() == 1199


def test_whoever_raises_it_waits_for_another_who_does(tmp_path: Path) -> None:
    mark = NumberMark(tmp_path / "last_number")
    mark.raise_to(1)
    with (tmp_path / "last_number").open("r+") as other, ThreadPoolExecutor(1) as thread:
        fcntl.flock(other, fcntl.LOCK_EX)
        raising = thread.submit(mark.raise_to, 5)
        with pytest.raises(TimeoutError):
            raising.result(0.3)
        other.write(f"{7:<19}\n")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_UN)
        raising.result(10)
    assert mark.read() == 7


def test_the_mark_is_synced_once_in_a_hundred_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync
    path = tmp_path / "last_number"

    def counted(file: int) -> None:
        synced.append(NumberMark(path).read())
        sync(file)

    NumberMark(path).raise_to(100_050)
    monkeypatch.setattr(os, "fsync", counted)
    for number in range(100_051, 100_351):
        NumberMark(path).raise_to(number)
    assert synced == [100_100, 100_200, 100_300]


@pytest.fixture
def serve(tmp_path: Path, empty_database: Path) -> Iterator[Callable[[], Running]]:
    """Start services on one folder, one after another; the last one is stopped afterwards."""
    folder, started = tmp_path / "instance", []
    folder.mkdir()
    shutil.copy(empty_database, folder)

    def begin() -> Running:
        started.append(Running(folder, WIZARD_OUTBOX_EMBEDDED="false").ready())
        return started[-1]

    yield begin
    for service in started:
        service.stop()


def test_a_service_whose_wal_was_lost_says_so_and_gives_no_number_again(
    serve: Callable[[], Running], tmp_path: Path
) -> None:
    service = serve()
    for n in range(1, 6):
        assert f"[##10000{n}##]" in service.send(f"Письмо {n}")
    for pid in [*service.children(), service.process.pid]:
        os.kill(pid, signal.SIGKILL)
    service.process.wait()
    wal = tmp_path / "instance" / "zayavka.db-wal"
    assert wal.stat().st_size
    for lost in (wal, wal.with_name("zayavka.db-shm")):
        lost.unlink()
    service = serve()
    assert "[##101006##]" in service.send("После потери")
    service.stop()
    [line] = [line for line in service.output().splitlines() if "lost its end" in line]
    assert "100005" in line
