"""``kill -9`` of the worker at any point loses no webhook, and doubles one only where that cannot be helped."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from endpoints import Endpoint
from shops import Shops
from sqlalchemy import func, select

from wizard.models import OwedLetter

ROOT = Path(__file__).parents[2]
UNSENT = select(func.count()).select_from(OwedLetter).where(OwedLetter.state != "sent")
MOMENTS = ("before answer", "after answer")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint that can kill."""
    with Endpoint() as running:
        yield running


class Workers:
    """Starts real worker processes on one installation."""

    def __init__(self, shop: Shops, database: str = "") -> None:
        self.shop = shop
        settings = shop.service.settings
        self.environment = {
            **os.environ,
            "WIZARD_INSTANCE_PATH": str(settings.instance_path),
            "WIZARD_SECRET_KEY": "a key of the tests",
            "WIZARD_SITES": str(settings.sites),
            "WIZARD_WEBHOOK_PRIVATE_ADDRESSES": "true",
            "WIZARD_WEBHOOK_DEADLINE": "0.8",
            "WIZARD_WEBHOOK_TIMEOUT": "0.5",
            "WIZARD_MAIL_SERVER": "127.0.0.1",
            "WIZARD_MAIL_PORT": str(shop.sink.port),
            "WIZARD_MAIL_DEADLINE": "1",
            "WIZARD_OUTBOX_LEASE": "2",
            "WIZARD_OUTBOX_RETRY_FIRST": "0.1",
            "WIZARD_OUTBOX_IDLE": "0.1",
            "WIZARD_SUPPORT_INBOX": settings.support_inbox,
        }
        if database:
            self.environment["WIZARD_SQLALCHEMY_DATABASE_URI"] = database

    def start(self) -> subprocess.Popen[bytes]:
        """A worker process."""
        command = [sys.executable, "-m", "flask", "--app", "app", "outbox", "run"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)

    def finish(self, seconds: float = 60) -> None:
        """Let one worker send all that is left, as the next start of the service would."""
        worker = self.start()
        until = time.monotonic() + seconds
        while self.shop.query(UNSENT) != [(0,)]:
            assert time.monotonic() < until, "something is left"
            time.sleep(0.1)
        worker.terminate()
        assert worker.wait(30) == 0


def doubled(endpoint: Endpoint, count: int) -> int:
    """How many calls came again, each with the same id and body; all of so many events came at all."""
    bodies: dict[str, set[bytes]] = {}
    for call in endpoint.calls:
        bodies.setdefault(call.id, set()).add(call.body)
    assert len(bodies) == count
    assert {len(each) for each in bodies.values()} == {1}
    numbers = Counter(json.loads(call.body)["data"]["number"] for call in endpoint.calls)
    assert len(numbers) == count
    return len(endpoint.calls) - count


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_webhook_survives_a_worker_killed_while_calling(
    make_shop: Callable[..., Shops], endpoint: Endpoint, moment: str
) -> None:
    workers = Workers(make_shop(endpoint.url))
    workers.shop.report(count=5, name=moment)
    victim = workers.start()
    endpoint.arm(victim.pid, moment, countdown=2)
    assert victim.wait(30) == -9
    workers.finish()
    # Between the endpoint's 2xx and our commit nobody can know: that one call may come twice, under one webhook-id.
    assert doubled(endpoint, 5) <= (1 if moment == "after answer" else 0)


def _kill_at_random(workers: Workers, endpoint: Endpoint, kills: int) -> None:
    workers.shop.report(count=kills * 4, name="random")
    for _ in range(kills):
        victim = workers.start()
        endpoint.arm(victim.pid, random.choice(MOMENTS), countdown=random.randrange(4))
        try:
            victim.wait(20)
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.wait()
    workers.finish(600)
    assert doubled(endpoint, kills * 4) <= kills


def test_no_webhook_is_lost_on_postgresql_either(
    make_shop: Callable[..., Shops], endpoint: Endpoint, fresh_postgresql: str
) -> None:
    shop = make_shop(endpoint.url, SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    _kill_at_random(Workers(shop, fresh_postgresql), endpoint, 3)


@pytest.mark.torture
def test_no_webhook_is_lost_over_hundreds_of_kills(make_shop: Callable[..., Shops], endpoint: Endpoint) -> None:
    _kill_at_random(Workers(make_shop(endpoint.url)), endpoint, int(os.environ.get("KILLS", "500")))


def test_a_worker_told_to_stop_finishes_its_call_and_leaves_none_held(
    make_shop: Callable[..., Shops], endpoint: Endpoint
) -> None:
    workers = Workers(make_shop(endpoint.url))
    workers.shop.report(count=100, name="stop")
    worker = workers.start()
    while not endpoint.calls:
        time.sleep(0.01)
    worker.terminate()
    assert worker.wait(30) == 0
    assert workers.shop.query(select(func.count()).where(OwedLetter.state == "sending")) == [(0,)]
    workers.finish()
    assert doubled(endpoint, 100) == 0
