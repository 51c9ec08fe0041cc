"""A service under load is backed up, destroyed and restored, again and again: nothing is lost or given twice."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from http_client import UNLIMITED, HttpClient, repeated
from ports import free_port
from server_process import ROOT, Running
from smtp_servers import Sink
from sqlalchemy import NullPool, create_engine, select

from wizard.db.models import Ticket, TicketAttachment

pytestmark = pytest.mark.torture

ROUNDS, CLIENTS, MORE = 5, 4, 20
"""Rounds, clients, and how many tickets come before and after each step."""
TICKETS_WITH_FILES = select(Ticket.number, TicketAttachment.storage_key, TicketAttachment.sha256).join(
    TicketAttachment, TicketAttachment.ticket_number == Ticket.number, isouter=True
)


@dataclass
class Given:
    """What clients were told over all rounds."""

    client: HttpClient
    numbers: list[int] = field(default_factory=list)
    file_of: dict[int, str] = field(default_factory=dict)
    """The digest of the file that each ticket was sent with."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self) -> None:
        """Send one report with a file."""
        words = f"words {uuid.uuid4().hex}"
        content = f"the log of {words}\n".encode() * 100
        file = self.client.upload(content)
        assert file.status == 201, file.text
        answer = self.client.create_ticket(words, attachments=(file.json["id"],))
        assert answer.status == 201, answer.text
        number = answer.json["number"]
        with self._lock:
            self.numbers.append(number)
            self.file_of[number] = hashlib.sha256(content).hexdigest()

    def wait_for_more(self) -> None:
        """Wait until some more tickets were accepted."""
        begin, until = len(self.numbers), time.monotonic() + 60
        while len(self.numbers) < begin + MORE:
            assert time.monotonic() < until, "no tickets are accepted"
            time.sleep(0.02)


class Site:
    """The installation of one round: a folder, a database and the address that all rounds share."""

    def __init__(self, folder: Path, database: str, port: int, sink: Sink) -> None:
        self.folder = folder
        self.database = database or f"sqlite:///{folder}/zayavka.db"
        self._variables = {
            "WIZARD_INSTANCE_PATH": str(folder),
            "WIZARD_SQLALCHEMY_DATABASE_URI": self.database,
            "WIZARD_BASE_URL": f"http://127.0.0.1:{port}",
            "WIZARD_MAIL_SERVER": "127.0.0.1",
            "WIZARD_MAIL_PORT": str(sink.port),
            **UNLIMITED,
        }
        self._port = port

    def start(self) -> Running:
        """The service on it."""
        return Running(self.folder, PORT=str(self._port), **self._variables).ready()

    def run(self, *arguments: object) -> str:
        """What a command prints that must succeed."""
        command = [sys.executable, "-m", "flask", "--app", "app", *map(str, arguments)]
        environment = {**os.environ, **self._variables, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def damaged_tickets(self, given: Given) -> tuple[set[int], set[int]]:
        """All its tickets; those among them whose file is not there, byte for byte."""
        engine = create_engine(self.database, poolclass=NullPool)
        with engine.connect().execution_options(only_reads=True) as connection:
            rows = connection.execute(TICKETS_WITH_FILES).all()
        damaged = set()
        for number, key, sha256 in rows:
            path = self.folder / "files" / str(key)[:2] / str(key)
            is_whole = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
            if not is_whole or given.file_of[number] != sha256:
                damaged.add(number)
        return {row.number for row in rows}, damaged


def destroy(service: Running) -> None:
    """``kill -9`` of everything."""
    for pid in [service.process.pid, *service.children()]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    service.process.wait(20)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_restored_under_load_again_and_again_nothing_is_lost_or_given_twice(
    tmp_path: Path, sink: Sink, database: str, request: pytest.FixtureRequest
) -> None:
    new_database: Callable[[], str] = str
    if database == "postgresql":
        request.getfixturevalue("postgresql_programs")
        new_database = request.getfixturevalue("new_postgresql")
    port = free_port()
    given = Given(HttpClient(f"http://127.0.0.1:{port}"))
    site, restored_tickets, early = Site(tmp_path / "0", new_database(), port, sink), 0, 0
    service = site.start()
    for n in range(1, ROUNDS + 1):
        with repeated(given.report, CLIENTS, pause=0.05):
            given.wait_for_more()
            before = set(given.numbers) & site.damaged_tickets(given)[0]
            site.run("backup", tmp_path / f"backup-{n}")
            given.wait_for_more()
            destroy(service)
        new = Site(tmp_path / str(n), new_database(), port, sink)
        restore(new, site, tmp_path / f"backup-{n}", n, max(given.numbers))
        shutil.rmtree(site.folder)
        site = new
        tickets, damaged = site.damaged_tickets(given)
        assert not before - tickets, "every ticket of the backup is there"
        assert not damaged
        restored_tickets += len(tickets)
        service = site.start()
        sent = len(sink.received)
        with repeated(given.report, CLIENTS, pause=0.05) as faults:
            given.wait_for_more()
            time.sleep(2)
            early += len(sink.received) - sent
            site.run("outbox", "release", "--yes")
            given.wait_for_more()
        assert faults == []
    tickets, _ = site.damaged_tickets(given)
    wait_for_letters(sink, tickets)
    service.stop()
    judge(sink, given, f"{database}, {ROUNDS} rounds, {restored_tickets} tickets restored, {early} sent too early")
    assert early == 0


def restore(new: Site, old: Site, backup: Path, n: int, highest: int) -> None:
    """Restore into an empty folder, where the mark of the last number is kept, lost, or lost and named by a person."""
    mark = old.folder / "files" / "last_number"
    options: list[object] = []
    if n % 3 == 1:
        (new.folder / "files").mkdir(parents=True)
        shutil.copy(mark, new.folder / "files" / "last_number")
    elif n % 3 == 0:
        options = ["--last-number", highest]
    new.run("restore", backup, *options)


def letters_of(sink: Sink) -> list[tuple[str, int, str]]:
    """Of each letter to the desk: its Message-ID, number, and the digest of its bytes."""
    identities = []
    for letter in list(sink.received):
        message_id = re.search(rb"^Message-ID: (<.+>)\r?$", letter.content, re.MULTILINE)
        number = re.search(rb"^X-Ticket-Number: (\d+)\r?$", letter.content, re.MULTILINE)
        assert message_id
        assert number
        identities.append((message_id[1].decode(), int(number[1]), hashlib.sha256(letter.content).hexdigest()))
    return identities


def wait_for_letters(sink: Sink, tickets: set[int]) -> None:
    """Wait until each of these has its letter."""
    until = time.monotonic() + 120
    while tickets - {number for _, number, _ in letters_of(sink)}:
        assert time.monotonic() < until, "letters are left"
        time.sleep(0.5)


def judge(sink: Sink, given: Given, what: str) -> None:
    """No number and no Message-ID stands for two tickets."""
    contents, ids = defaultdict(set), defaultdict(set)
    letters = letters_of(sink)
    for message_id, number, sha256 in letters:
        contents[message_id].add(sha256)
        ids[number].add(message_id)
    numbers_twice = len(given.numbers) - len(set(given.numbers)) + sum(len(tickets) > 1 for tickets in ids.values())
    ids_twice = sum(len(letters) > 1 for letters in contents.values())
    print(
        f"\nrestore, {what}: {len(given.numbers)} numbers given, {numbers_twice} twice; {len(contents)} Message-IDs, "
        f"{ids_twice} for two letters; {len(letters) - len(contents)} letters again, unsent in a backup"
    )
    assert numbers_twice == 0
    assert ids_twice == 0
