"""More than 25 mail servers with a fault each: every letter arrives, or the log says why not; none comes twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from installation import Installation
from personalities import MAY_DOUBLE, PERSONALITIES, SELF_HEALING, MoodyServer
from sqlalchemy import func, select
from worker_processes import ROOT, Workers

from wizard.db.models import Delivery

pytestmark = pytest.mark.torture

LETTERS = 5
BAD_SECONDS = 4
"""From the first connection until the server is healed."""
STATES = select(Delivery.state, func.count()).group_by(Delivery.state)


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_every_letter_arrives_once_at_a_server_of_any_personality(
    make_desk: Callable[..., Installation], tmp_path: Path, personality: str
) -> None:
    desk, log = make_desk(), tmp_path / "log"
    desk.enqueue(LETTERS, personality)
    with MoodyServer(personality) as server, log.open("w") as errors:
        workers = Workers(desk, server.port, MAIL_TIMEOUT="0.6", OUTBOX_RETRY_CAP="0.5")
        command = [sys.executable, "-m", "flask", "--app", "app", "outbox", "run"]
        worker = subprocess.Popen(command, cwd=ROOT, env=workers.environment, stderr=errors)
        try:
            assert _wait(lambda: server.connections > 0, 60)
            seconds = 60 if personality in SELF_HEALING else BAD_SECONDS
            _wait(lambda: are_all_sent(desk), seconds)
            states = dict(map(tuple, desk.query(STATES)))
            print(f"\n{personality}: {states}, {sum(map(len, server.takings.values()))} taken before it was healed")
            if personality in SELF_HEALING:
                assert states == {"sent": LETTERS}
            elif not are_all_sent(desk):
                assert "delivery" in log.read_text(), "whoever reads the log is told"
            server.heal()
            desk.app.test_cli_runner().invoke(args=["outbox", "retry"])
            assert _wait(lambda: are_all_sent(desk), 60), dict(map(tuple, desk.query(STATES)))
        finally:
            worker.terminate()
            worker.wait(30)
    assert len(server.takings) == LETTERS
    for copies in server.takings.values():
        assert len(set(copies)) == 1, "a letter that comes again has the same bytes"
        assert len(copies) == 1 or personality in MAY_DOUBLE


def are_all_sent(desk: Installation) -> bool:
    """Whether nothing is left to be sent."""
    return dict(map(tuple, desk.query(STATES))) == {"sent": LETTERS}


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
