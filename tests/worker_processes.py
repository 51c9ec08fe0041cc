"""Worker processes of their own, to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import Delivery

ROOT = Path(__file__).parents[1]
UNSENT = select(func.count()).select_from(Delivery).where(Delivery.state != "sent")


class Workers:
    """Starts real worker processes on one installation, with a short backoff: what they retry is soon retried."""

    def __init__(self, desk: Installation, mail_port: int, database: str = "", **settings: str) -> None:
        self.desk = desk
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "WIZARD_INSTANCE_PATH": str(desk.container.settings.instance_path),
            "WIZARD_SECRET_KEY": "a key of the tests",
            "WIZARD_SUPPORT_INBOX": desk.container.settings.support_inbox,
            "WIZARD_MAIL_SERVER": "127.0.0.1",
            "WIZARD_MAIL_PORT": str(mail_port),
            "WIZARD_MAIL_DEADLINE": "1",
            "WIZARD_OUTBOX_LEASE": "2",
            "WIZARD_OUTBOX_RETRY_FIRST": "0.1",
            "WIZARD_OUTBOX_IDLE": "0.1",
            # As in conftest.py: whoever counts letters counts those of the tickets.
            "WIZARD_BURST_TICKETS": "0",
            **{f"WIZARD_{name}": value for name, value in settings.items()},
        }
        if database:
            self.environment["WIZARD_SQLALCHEMY_DATABASE_URI"] = database

    def start(self, script: str = "") -> subprocess.Popen[bytes]:
        """A worker process, or a script that prepares one and runs it."""
        run = [script] if script else ["-m", "flask", "--app", "app", "outbox", "run"]
        command = [sys.executable, *run]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)

    def finish(self, seconds: float = 60) -> None:
        """Let one worker send all that is left, as the next start of the service would."""
        worker = self.start()
        until = time.monotonic() + seconds
        while self.desk.query(UNSENT) != [(0,)]:
            assert time.monotonic() < until, "something is left"
            time.sleep(0.1)
        worker.terminate()
        assert worker.wait(30) == 0
