"""The service as a process of its own, as ``make run`` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from bs4 import BeautifulSoup
from ports import free_port

ROOT = Path(__file__).parent.parent

BROWSER = {"User-Agent": "Lynx/2.9.2", "Accept-Language": "ru"}
"""The headers of a client; what calls itself Python is taken for a program."""


MANY = "1000000"
ONE_ADDRESS = {
    f"WIZARD_BUDGET_{name}": MANY
    for name in ("TICKETS_HOUR", "TICKETS_DAY", "TICKETS_IN_ALL_HOUR", "FOLLOW_UPS_HOUR", "FOLLOW_UPS_DAY")
}
"""Budgets of a service whose clients all call from one address: counted, and never spent."""


class Running:
    """The service as a process of its own."""

    def __init__(self, folder: Path, *, script: str = "app.py", **variables: str) -> None:
        """Start it in a folder; or a script that prepares the service and runs it."""
        given = variables.get("PORT", "")
        self.port, self.smtp_port = int(given) if given.isdecimal() else free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "MAILBOX_SMTP_PORT": str(self.smtp_port),
            "WIZARD_INSTANCE_PATH": str(folder),
            "WIZARD_OUTBOX_IDLE": "0.1",
            "WIZARD_FORM_LEAST_SECONDS": "0",
            "WIZARD_BURST_TICKETS": "0",
            "PYTHONPATH": str(ROOT),
            **ONE_ADDRESS,
            **variables,
        }
        command = [sys.executable, script]
        # A file: a pipe that nobody reads is full at some time, and stops the service.
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self._printed, stderr=subprocess.STDOUT
        )

    def output(self) -> str:
        """All that it printed, once it has ended."""
        self.process.wait(40)
        self._printed.seek(0)
        return self._printed.read().decode()

    def ready(self) -> Running:
        """Wait until the first page can be had."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                self.get("/healthz")
                return self
            except OSError:
                assert self.process.poll() is None, self.output()
                time.sleep(0.05)
        raise AssertionError("the service did not start")

    def get(self, path: str) -> str:
        """A page."""
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return answer.read().decode()

    def post(self, path: str, data: list[tuple[str, str]]) -> tuple[str, str]:
        """Send a form; the page that answers, and its address."""
        body = urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.base + path, body, BROWSER)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode(), answer.url

    def send(self, words: str) -> str:
        """Send a report; the receipt's words."""
        path = "/ru/question/q_unclear/"
        answers = [("details", words), ("reg_email", "zakaz@detal36.example"), ("action", "check")]
        check = BeautifulSoup(self.post(path, answers)[0], "html.parser")
        hidden = [(field["name"], field["value"]) for field in check.select("form input[type=hidden]")]
        return BeautifulSoup(self.post(path, [*hidden, ("action", "send")])[0], "html.parser").get_text(" ")

    def children(self) -> list[int]:
        """The processes that it started."""
        listing = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(line.split()[0]) for line in listing.stdout.splitlines() if "resource_tracker" not in line]

    def of_role(self, role: str) -> list[int]:
        """Its processes of a role: ``web 1``, ``outbox``, ``mailbox``, ``learning``."""
        listing = subprocess.run(
            ["ps", "-o", "pid=,stat=,comm=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        )
        rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
        return [int(pid) for pid, state, name in rows if name == f"zayavka {role}"[:15] and not state.startswith("Z")]

    def wait_for_role(self, role: str, *, other_than: int = 0) -> int:
        """The process of a role, once there is one other than this."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if others := [pid for pid in self.of_role(role) if pid != other_than]:
                return others[0]
            time.sleep(0.05)
        raise AssertionError(f"there is no {role}")

    def stop(self) -> None:
        """Press Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(40)


def left_of(processes: list[int]) -> list[str]:
    """Those of ``processes`` that still run ten seconds on, with what they are doing.

    A process that has ended stays listed, as a zombie, until whoever adopted it has asked for its exit code:
    that is the machine's affair, and some machines take their time.
    """
    until = time.monotonic() + 10
    while True:
        listed = subprocess.run(
            ["ps", "-o", "pid=,stat=,args=", "-p", ",".join(map(str, processes))], capture_output=True, text=True
        )
        left = [line for line in listed.stdout.splitlines() if not line.split()[1].startswith("Z")]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)
