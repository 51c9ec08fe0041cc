"""``kill -9`` of the worker at any point loses no webhook, and doubles one only where that cannot be helped."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from endpoints import Endpoint
from sqlalchemy import func, select
from webhook_installation import Shops
from worker_processes import Workers

from wizard.db.models import Delivery

MOMENTS = ("before answer", "after answer")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint that can kill."""
    with Endpoint() as running:
        yield running


def workers_of(shop: Shops, database: str = "") -> Workers:
    """Worker processes that call endpoints on this machine."""
    return Workers(
        shop,
        shop.sink.port,
        database,
        SITES=str(shop.container.settings.sites),
        WEBHOOK_PRIVATE_ADDRESSES="true",
        WEBHOOK_DEADLINE="0.8",
        WEBHOOK_TIMEOUT="0.5",
    )


def doubled(endpoint: Endpoint, count: int) -> int:
    """How many calls came again, each with the same id and body; all of so many events came at all."""
    bodies: dict[str, set[bytes]] = {}
    for call in endpoint.calls:
        bodies.setdefault(call.id, set()).add(call.body)
    assert len(bodies) == count
    assert {len(variants) for variants in bodies.values()} == {1}
    numbers = Counter(json.loads(call.body)["data"]["number"] for call in endpoint.calls)
    assert len(numbers) == count
    return len(endpoint.calls) - count


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_webhook_survives_a_worker_killed_while_calling(
    make_shop: Callable[..., Shops], endpoint: Endpoint, moment: str
) -> None:
    shop = make_shop(endpoint.url)
    workers = workers_of(shop)
    shop.report(count=5, name=moment)
    victim = workers.start()
    endpoint.arm(victim.pid, moment, countdown=2)
    assert victim.wait(30) == -9
    workers.finish()
    # Between the endpoint's 2xx and our commit nobody can know: that one call may come twice, under one webhook-id.
    assert doubled(endpoint, 5) <= (1 if moment == "after answer" else 0)


def _kill_at_random(workers: Workers, endpoint: Endpoint, kills: int) -> None:
    workers.desk.enqueue(kills * 4, "random", site="shop")
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
    _kill_at_random(workers_of(shop, fresh_postgresql), endpoint, 3)


@pytest.mark.torture
def test_no_webhook_is_lost_over_hundreds_of_kills(make_shop: Callable[..., Shops], endpoint: Endpoint) -> None:
    _kill_at_random(workers_of(make_shop(endpoint.url)), endpoint, int(os.environ.get("KILLS", "500")))


def test_a_worker_that_is_stopped_finishes_its_call_and_leaves_none_held(
    make_shop: Callable[..., Shops], endpoint: Endpoint
) -> None:
    shop = make_shop(endpoint.url)
    workers = workers_of(shop)
    shop.report(count=100, name="stop")
    worker = workers.start()
    while not endpoint.calls:
        time.sleep(0.01)
    worker.terminate()
    assert worker.wait(30) == 0
    assert shop.query(select(func.count()).where(Delivery.state == "sending")) == [(0,)]
    workers.finish()
    assert doubled(endpoint, 100) == 0
