"""The clock of a running service jumps by a year for 14 seconds, under libfaketime: nothing dies, nothing is deleted.

A web process and a worker are under the clock that jumps; the worker is killed and started again while the clock is
wrong. Its hourly work is done every second. Monotonic clocks go on, as on a real machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from http_client import UNLIMITED, Answer, HttpClient
from installation import Installation
from ports import free_port
from smtp_servers import HostileServer
from sqlalchemy import func, select, update
from worker_processes import ROOT, Workers

from wizard.db.engine import writing
from wizard.db.models import Delivery, PendingUpload, Submission

pytestmark = pytest.mark.torture

LETTERS, PENDING = 12, 3
SECONDS = 14
"""How long the clock is wrong."""
STATES = select(Delivery.state, func.count()).group_by(Delivery.state)
FEWEST_TRIES = select(func.min(Delivery.attempts)).where(Delivery.state != "dead")
LEFT = select(func.count()).where(Delivery.state.in_(["owed", "sending"]))


class FakeClock:
    """A clock of processes that can be set while they run."""

    def __init__(self, folder: Path) -> None:
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if library is None:
            pytest.skip("libfaketime is missing. On Debian: sudo apt install faketime")
        self._file = folder / "clock"
        self.set("+0")
        self.variables = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            # The dates of files stay what they are: it is the clock that errs.
            "NO_FAKE_STAT": "1",
        }

    def set(self, ahead: str) -> None:
        """Put it ahead, or back."""
        unnamed = self._file.with_suffix(".new")
        unnamed.write_text(f"{ahead}\n")
        unnamed.rename(self._file)


@dataclass
class Seen:
    """What ``/readyz?mail`` showed of letters to the desk while it was asked again and again."""

    client: HttpClient
    asked: int = 0
    hidden: list[Any] = field(default_factory=list)

    def look(self, letters: int) -> None:
        """Ask: all of them must wait, the old ones late, none dead."""
        lane = self.client.get("/readyz?mail").json["lanes"]["desk"]
        self.asked += 1
        if lane["waiting"] != letters or lane["late"] < LETTERS or lane["dead"]:
            self.hidden.append(lane)


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    """A clock that is right as yet."""
    return FakeClock(tmp_path)


class Service:
    """A web process and a worker, both under a fake clock."""

    def __init__(self, desk: Installation, clock: FakeClock, mail_port: int) -> None:
        self._environment = {
            **Workers(desk, mail_port, desk.container.settings.database_uri).environment,
            "WIZARD_MAIL_DEADLINE": "10",
            "WIZARD_OUTBOX_LEASE": "15",
            "WIZARD_OUTBOX_RETRY_FIRST": "0.5",
            "WIZARD_OUTBOX_RETRY_CAP": "0.5",
            **UNLIMITED,
            **clock.variables,
        }
        port = free_port()
        self.client = HttpClient(f"http://127.0.0.1:{port}")
        self._web, self._worker = self._start("web", str(port)), self._start("outbox")

    def __enter__(self) -> Self:
        wait_until(self._answers)
        return self

    def __exit__(self, *exc: object) -> None:
        for process in (self._web, self._worker):
            process.terminate()
        assert [process.wait(30) for process in (self._web, self._worker)] == [0, 0]

    def replace_worker(self) -> None:
        """``kill -9`` of the worker; another one follows."""
        self._worker.kill()
        self._worker.wait()
        self._worker = self._start("outbox")

    def _start(self, *role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "tests/torture/restless_service.py", *role]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL)

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.client.get("/healthz").status == 200
        return False


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what happens in another process."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


def created(answer: Answer) -> int:
    """The number of a ticket that was accepted."""
    assert answer.status == 201, answer.text
    number: int = answer.json["number"]
    return number


@pytest.mark.parametrize(("jump", "database"), [("+1y", "sqlite"), ("-1y", "sqlite"), ("+1y", "postgresql")])
def test_a_jump_of_the_clock_by_a_year_costs_no_letter_no_file_and_no_key(
    make_desk: Callable[..., Installation], clock: FakeClock, jump: str, database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    with HostileServer("rcpt_450") as server:
        desk = make_desk(MAIL_PORT=server.port, **where)
        with Service(desk, clock, server.port) as service:
            client = service.client
            pending = [client.upload(f"the log of {n}\n".encode()).json["id"] for n in range(PENDING)]
            numbers = [created(client.create_ticket(f"words {n}", key=f"key-of-report-{n}")) for n in range(LETTERS)]
            grow_old(desk)
            wait_until(lambda: desk.query(FEWEST_TRIES)[0][0] >= 4)
            seen = Seen(client)
            seen.look(LETTERS)

            clock.set(jump)
            begun, letters = time.monotonic(), LETTERS
            while time.monotonic() < begun + SECONDS:
                seen.look(letters)
                if letters == LETTERS and time.monotonic() > begun + SECONDS / 2:
                    service.replace_worker()
                    numbers.append(created(client.create_ticket("words while the clock was wrong")))
                    letters += 1
                time.sleep(0.2)
            clock.set("+0")
            tries = desk.query(select(func.max(Delivery.attempts)))[0][0]
            wait_until(lambda: seen.look(letters) or (desk.query(FEWEST_TRIES)[0][0] or 1000) > tries)
            again = [created(client.create_ticket(f"words {n}", key=f"key-of-report-{n}")) for n in range(LETTERS)]
            kept = [desk.query(select(func.count()).select_from(rows))[0][0] for rows in (PendingUpload, Submission)]
            created(client.create_ticket("words with files", attachments=tuple(pending)))
            server.mode = "good"
            wait_until(lambda: desk.query(LEFT) == [(0,)])
            states = dict(map(tuple, desk.query(STATES)))
    print(
        f"\nclock {jump} for {SECONDS} s, {database}: {states.get('dead', 0)} letters of {letters} dead, "
        f"{len(seen.hidden)} of {seen.asked} looks at /readyz?mail missed one, {PENDING - kept[0]} files and "
        f"{letters - kept[1]} keys gone, {len(server.received)} letters out"
    )
    assert seen.hidden == []
    assert kept == [PENDING, letters]
    assert again == numbers[:LETTERS]
    assert states == {"sent": letters + 1}
    assert len(server.received) == letters + 1


def grow_old(desk: Installation) -> None:
    """Let all letters be an hour old, which is late."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(created_at=datetime.now(UTC) - timedelta(hours=1)))
