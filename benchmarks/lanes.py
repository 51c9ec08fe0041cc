"""How long letters to the desk take while others are slow: acknowledgements that hang, and the end of an outage."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SLOW_SECONDS = 20.0
KEY = "a key of the benchmarks"


class SlowForClients:
    """An SMTP server that takes 20 seconds over each recipient at ``slow.example``, and notes when letters came."""

    def __init__(self) -> None:
        self.came: dict[int, float] = {}
        """When the desk's letter of a ticket came, by its number; seconds since the epoch."""
        self.held = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        lines = client.makefile("rb")
        client.sendall(b"220 slow\r\n")
        while line := lines.readline():
            verb = line[:4].upper()
            if verb == b"RCPT" and b"slow.example" in line:
                self.held += 1
                time.sleep(SLOW_SECONDS)
            if verb == b"DATA":
                client.sendall(b"354 go\r\n")
                self._note(b"".join(iter(lines.readline, b".\r\n")))
            client.sendall(b"250-slow\r\n250 8BITMIME\r\n" if verb == b"EHLO" else b"250 ok\r\n")

    def _note(self, letter: bytes) -> None:
        if number := re.search(rb"^X-Ticket-Number: (\d+)", letter, re.MULTILINE):
            self.came.setdefault(int(number[1]), time.time())


def _installation(folder: Path) -> tuple[Any, Callable[[str, str], int]]:
    from app import create_app
    from wizard.db.migrate import migrate_to_newest
    from wizard.intake.accept import accept
    from wizard.tickets.evidence import Evidence
    from wizard.tickets.report import Report

    app = create_app({"INSTANCE_PATH": str(folder), "SECRET_KEY": KEY})
    migrate_to_newest(app)

    def report(name: str, address: str) -> int:
        answers = {"details": f"{name}: белая страница с утра", "reg_name": "Detal 36"}
        answers |= {"reg_email": address} if address else {}
        with app.app_context():
            evidence = Evidence(time=datetime.now(UTC))
            return accept(app.extensions["zayavka"], Report("q_unclear", "ru", "", answers, evidence), name).number

    return app, report


def _worker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(folder), "WIZARD_SECRET_KEY": KEY}
    environment |= {"WIZARD_MAIL_SERVER": "127.0.0.1", "WIZARD_MAIL_PORT": str(port), "WIZARD_OUTBOX_IDLE": "0.2"}
    command = [sys.executable, "-m", "flask", "--app", "app", "outbox", "run"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def measure_slow_acknowledgements(folder: Path, say: Callable[[str, object], None]) -> None:
    """Desk letters while forty acknowledgements hang for 20 seconds each."""
    server = SlowForClients()
    _, report = _installation(folder / "lanes")
    for n in range(40):
        report(f"slow {n}", f"client{n}@slow.example")
    worker = _worker(folder / "lanes", server.port)
    try:
        while not server.held or len(server.came) < 40:
            time.sleep(0.05)
        waits = []
        for n in range(100):
            time.sleep(0.15)
            begun = time.time()
            waits.append((report(f"desk {n}", ""), begun))
        time.sleep(3)
        assert server.held < 40, "the acknowledgements are through: nothing was measured"
        seconds = [server.came[number] - begun if number in server.came else float("inf") for number, begun in waits]
        p99 = statistics.quantiles(seconds, n=100)[98]
        say("desk letters beside 40 slow acknowledgements, p99 (aim 2 s)", f"{p99:8.2f} s")
    finally:
        worker.kill()
        worker.wait()


def measure_outage(folder: Path, say: Callable[[str, object], None]) -> None:
    """Two thousand letters that waited for three days for their server, from its return to the last one."""
    _, report = _installation(folder / "outage")
    for n in range(2000):
        report(f"waiting {n}", "")
    server = SlowForClients()
    then = (datetime.now(UTC) - timedelta(hours=72)).replace(tzinfo=None)
    soon = (datetime.now(UTC) + timedelta(minutes=50)).replace(tzinfo=None)
    with sqlite3.connect(folder / "outage" / "zayavka.db") as database:
        waiting = (str(then), str(soon), f"127.0.0.1:{server.port}")
        database.execute("UPDATE outbox SET created_at = ?, due_at = ?, waits_for = ?, attempts = 70", waiting)
    begun = time.time()
    worker = _worker(folder / "outage", server.port)
    try:
        while len(server.came) < 2000 and time.time() - begun < 600:
            time.sleep(0.2)
        say(f"{len(server.came)} of 2000 letters after an outage of 72 h (aim 300 s)", f"{time.time() - begun:8.0f} s")
    finally:
        worker.kill()
        worker.wait()
