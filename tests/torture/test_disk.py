"""The disk of a running service fills up and is freed again, under load: whoever is refused is told, nobody forgotten.

The instance folder lies on a small tmpfs, which needs root. Clients send each report again until it is accepted, as
people and programs do; the hourly work is done every second meanwhile.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from http_client import UNLIMITED, Answer, HttpClient, repeated
from server_process import Running
from smtp_servers import Sink
from sqlalchemy import NullPool, create_engine, func, select

from wizard.db.models import Delivery, Ticket, TicketAttachment

pytestmark = pytest.mark.torture

ROUNDS, CLIENTS = 4, 8
HOLD = 3.0
"""Seconds for which the disk stays full, and free."""
DISK, RESERVE = 192 << 20, 16 << 20
FORM = "/ru/question/q_unclear/"
UNSENT = select(func.count()).where(Delivery.state != "sent")


class Disk:
    """A small disk, and what fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        self._leave: int | None = None

    def fill(self, leave: int) -> None:
        """Leave so many bytes free, until ``free``."""
        self._leave = leave

    def free(self) -> None:
        """Give back what filled it."""
        self._leave = None
        self._ballast.unlink(missing_ok=True)

    def keep_full(self) -> None:
        """Take what is free beyond what is to be left."""
        if self._leave is None:
            return
        status = os.statvfs(self.folder)
        too_many = status.f_bavail * status.f_frsize - self._leave
        with suppress(OSError), self._ballast.open("ab") as file:
            if too_many > 0:
                os.posix_fallocate(file.fileno(), file.tell(), too_many)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Clients:
    """Send reports, half of them by the form and half by the API, and note what they are told."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.accepted: list[int] = []
        self.answers: Counter[int] = Counter()
        self.lost_words = 0

    def send_by_form(self) -> None:
        """One report, sent again until it is accepted."""
        words = f"words {uuid.uuid4().hex}"
        fields = [("details", words), ("reg_name", "Detal 36"), ("action", "check")]
        check = self._until(lambda: self._client.post_form(FORM, fields), lambda page: 'value="send"' in page.text)
        hidden = [
            (field["name"], field["value"])
            for field in BeautifulSoup(check.text, "html.parser").select("form input[type=hidden]")
        ]
        self.lost_words += words not in check.text

        def send() -> Answer:
            answer = self._client.post_form(FORM, [*hidden, ("action", "send")])
            self.lost_words += answer.status == 503 and words not in answer.text
            return answer

        receipt = self._until(send, lambda page: "/tickets/" in page.address and page.status == 200)
        self._note(int(re.findall(r"\[##(\d+)##\]", receipt.text)[0]))

    def send_by_api(self) -> None:
        """One report with a file, or without it where there is no room."""
        key = uuid.uuid4().hex
        file = self._client.upload(f"{key}\n".encode() * 600)
        self._count(file)
        named = (file.json["id"],) if file.status == 201 else ()
        answer = self._until(
            lambda: self._client.create_ticket(f"words {key}", key, named), lambda answer: answer.status == 201
        )
        self._note(answer.json["number"])

    def _until(self, ask: Callable[[], Answer], is_done: Callable[[Answer], bool]) -> Answer:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            answer = ask()
            self._count(answer)
            if is_done(answer):
                return answer
            time.sleep(0.2)
        raise AssertionError(f"never accepted: {answer.status} {answer.text[:300]}")

    def _count(self, answer: Answer) -> None:
        with self._lock:
            self.answers[answer.status] += 1

    def _note(self, number: int) -> None:
        with self._lock:
            self.accepted.append(number)


def seconds_until(client: HttpClient, status: int) -> float:
    """How long it takes until ``/readyz`` answers so."""
    begun = time.monotonic()
    while client.get("/readyz").status != status:
        assert time.monotonic() < begun + 30, f"/readyz does not become {status}"
        time.sleep(0.1)
    return time.monotonic() - begun


def read(folder: Path, statement: Any) -> list[Any]:
    """Look into the database. Whoever only reads keeps nobody from writing."""
    engine = create_engine(f"sqlite:///{folder}/zayavka.db", poolclass=NullPool)
    with engine.connect().execution_options(only_reads=True) as connection:
        return list(connection.execute(statement).all())


def test_a_disk_that_fills_up_costs_no_ticket_and_no_words(disk: Disk, sink: Sink) -> None:
    folder = disk.folder / "instance"
    service = Running(
        folder,
        script="tests/torture/restless_service.py",
        WIZARD_DISK_RESERVE_BYTES=str(RESERVE),
        WIZARD_MAIL_SERVER="127.0.0.1",
        WIZARD_MAIL_PORT=str(sink.port),
        **UNLIMITED,
    ).ready()
    client = HttpClient(service.base)
    clients, red, green = Clients(client), 0.0, 0.0
    try:
        with (
            repeated(disk.keep_full, pause=0.02) as disk_faults,
            repeated(clients.send_by_form, CLIENTS // 2, 0.02) as form_faults,
            repeated(clients.send_by_api, CLIENTS // 2, 0.02) as api_faults,
        ):
            for _ in range(ROUNDS):
                disk.fill(leave=RESERVE // 2)
                red = max(red, seconds_until(client, 503))
                accepted = len(clients.accepted)
                time.sleep(HOLD)
                assert len(clients.accepted) > accepted, "tickets use the reserve"
                disk.fill(leave=0)
                time.sleep(HOLD)
                assert client.get("/readyz").status == 503
                disk.free()
                green = max(green, seconds_until(client, 200))
                time.sleep(HOLD)
        faults = [*disk_faults, *form_faults, *api_faults]
        begun = time.monotonic()
        while read(folder, UNSENT) != [(0,)]:
            assert time.monotonic() < begun + 120, "letters are left"
            time.sleep(0.1)
        stored = {row.number for row in read(folder, select(Ticket.number))}
        keys = {row.storage_key for row in read(folder, select(TicketAttachment.storage_key))}
    finally:
        disk.free()
        service.stop()
    letters = [number_of(letter.content) for letter in sink.received]
    missing = [key for key in keys if not (folder / "files" / key[:2] / key).exists()]
    print(
        f"\ndisk, full {ROUNDS} times: {len(clients.accepted)} tickets, {len(set(clients.accepted) - stored)} of them "
        f"lost, {len(set(clients.accepted) - set(letters))} without a letter, {len(letters) - len(set(letters))} "
        f"letters doubled, {len(missing)} of {len(keys)} files missing; answers {dict(clients.answers)}; /readyz red "
        f"after {red:.1f} s, green after {green:.1f} s at most"
    )
    assert faults == []
    assert clients.answers[503] > 0
    assert set(clients.answers) <= {200, 201, 503}
    assert clients.lost_words == 0
    assert sorted(clients.accepted) == sorted(stored)
    assert sorted(letters) == sorted(stored)
    assert missing == []


def number_of(content: bytes) -> int:
    """The number of a letter's ticket."""
    match = re.search(rb"^X-Ticket-Number: (\d+)\r?$", content, re.MULTILINE)
    assert match
    return int(match[1])
