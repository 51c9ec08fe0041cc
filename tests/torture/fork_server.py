"""Forks processes of the service that are loaded already: one that lives for a moment costs no second to start.

Run as a program it reads a line for each process (``outbox run``, ``accept NAME FILE``) and answers with its id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parents[2]


class ForkServer:
    """Starts processes with given variables in their environment, until the end of a ``with``."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=ROOT,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def start(self, *words: str) -> int:
        """Start a process; its id."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def has_ended(pid: int, seconds: float) -> bool:
    """Wait for the end of a process; False when it still runs after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.002)
    return False


def kill(pid: int) -> None:
    """``kill -9``, and wait for it."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    assert has_ended(pid, 20)


def accept_many(app: Flask, name: str, file: str, count: int = 10**9) -> None:
    """Accept reports one after another; the number of each that was accepted is a line of a file."""
    from wizard.intake.accept import Unavailable, accept
    from wizard.tickets.evidence import Evidence
    from wizard.tickets.report import Report

    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with app.app_context():
        for n in range(count):
            answers = {"details": f"{name} {n}", "reg_name": "Detal 36"}
            report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)))
            with suppress(Unavailable):
                ticket = accept(app.extensions["zayavka"], report, f"{name} {n}")
                os.write(descriptor, f"{ticket.number}\n".encode())


def warm_up() -> None:
    """Accept and send once, in a folder of its own: what is loaded by then, no process loads for itself."""
    from app import create_app
    from wizard.db.engine import db
    from wizard.db.migrate import migrate_to_newest

    with tempfile.TemporaryDirectory() as folder:
        # Nobody listens at port 1: the letter of this ticket goes nowhere.
        elsewhere = {"INSTANCE_PATH": folder, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/warm.db", "MAIL_PORT": 1}
        app = create_app(elsewhere)
        migrate_to_newest(app)
        accept_many(app, "warm", os.devnull, 1)
        app.test_cli_runner().invoke(args=["outbox", "run", "--until-idle"])
        with app.app_context():
            db.engine.dispose()


def _become(app: Flask, words: list[str]) -> None:
    os.close(0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if words[0] == "accept":
        accept_many(app, *words[1:])
    else:
        app.test_cli_runner().invoke(args=words, catch_exceptions=False)


def main() -> None:
    """Load the service once, then fork."""
    from app import create_app
    from wizard.db.engine import db

    warm_up()
    app = create_app()
    with app.app_context():
        # Loads the database's driver, and connects to nothing.
        assert db.engine
    # Nobody waits for the dead: the system forgets them at once, and whoever killed them sees that they are gone.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _become(app, line.split())
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
