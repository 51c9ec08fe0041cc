"""Retries of webhooks: which answer means what, when the next try comes (backoff), and that each says the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from claims import claim_due, claim_due_webhook
from endpoints import Endpoint, HostileEndpoint
from sqlalchemy import update
from webhook_installation import SECRET, Shops, event_of, is_accepted

from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox import crashes, queue, worker

LEASE = timedelta(minutes=5)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_means_that_the_endpoint_has_it(make_shop: Callable[..., Shops], status: int) -> None:
    with Endpoint(status) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        assert [(row.state, row.attempts) for row in shop.webhooks] == [("sent", 1)]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 409, 422, 429, 500, 502, 503, 504])
def test_any_other_answer_means_later_and_every_try_says_the_same(make_shop: Callable[..., Shops], status: int) -> None:
    with Endpoint([status, status]) as endpoint:
        shop = make_shop(endpoint.url)
        endpoint.headers["Location"] = "/elsewhere"
        shop.report()
        shop.run_worker()
        [row] = shop.webhooks
        assert (row.state, row.attempts) == ("owed", 1)
        assert row.last_error.startswith(str(status))
        assert row.due_at > datetime.now(UTC) + timedelta(seconds=50)
        shop.run_worker()
        assert len(endpoint.calls) == 1, "the next try waits for its time"
        for _ in range(2):
            shop.make_due()
            shop.run_worker()
        assert [(row.state, row.attempts) for row in shop.webhooks] == [("sent", 3)]
        assert len(endpoint.calls) == 3
        assert len({(call.id, call.body, call.path) for call in endpoint.calls}) == 1
        assert all(is_accepted(call) for call in endpoint.calls)


def test_an_endpoint_that_is_gone_is_not_called_again(make_shop: Callable[..., Shops]) -> None:
    with Endpoint(410) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        shop.make_due()
        shop.run_worker()
        assert [(row.state, row.attempts) for row in shop.webhooks] == [("dead", 1)]
        assert len(endpoint.calls) == 1


def test_a_webhook_too_old_to_be_tried_again_is_dead(make_shop: Callable[..., Shops]) -> None:
    with Endpoint(500) as endpoint:
        shop = make_shop(endpoint.url, OUTBOX_GIVE_UP_AFTER=86400)
        shop.report()
        with shop.app.app_context(), writing() as connection:
            connection.execute(update(Delivery).values(created_at=datetime.now(UTC) - timedelta(days=1), attempts=5))
        states = []
        for _ in range(3):
            shop.run_worker()
            states += [(row.state, row.attempts) for row in shop.webhooks]
            shop.make_due()
        assert states == [("owed", 6), ("owed", 7), ("dead", 8)], "an outage or a wrong clock alone gives up nothing"


def test_what_waits_for_a_webhook_that_is_no_more_is_dead(make_shops: Callable[..., Shops]) -> None:
    webhook = {"url": "http://127.0.0.1:9/hook", "secrets": [SECRET]}
    before = make_shops({"shop": {"webhook": webhook}})
    before.report()
    after = make_shops({"shop": {}}, INSTANCE_PATH=before.app.instance_path)
    after.run_worker()
    [row] = after.webhooks
    assert (row.state, row.last_error) == ("dead", "the site has no webhook any more")


def test_a_webhook_goes_where_its_site_points_at_the_time_of_the_try(make_shops: Callable[..., Shops]) -> None:
    with Endpoint() as moved_to:
        before = make_shops({"shop": {"webhook": {"url": "http://127.0.0.1:9/hook", "secrets": [SECRET]}}})
        before.report()
        before.run_worker()
        before.make_due()
        moved = {"url": moved_to.url, "secrets": [SECRET]}
        after = make_shops({"shop": {"webhook": moved}}, INSTANCE_PATH=before.app.instance_path)
        after.run_worker()
        assert [row.state for row in after.webhooks] == ["sent"]
        assert len(moved_to.calls) == 1


def test_an_endpoint_that_is_away_is_left_alone_and_its_webhooks_are_deferred(
    make_shop: Callable[..., Shops],
) -> None:
    with Endpoint(503) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report(count=5)
        shop.run_worker()
        assert len(endpoint.calls) == 1
        assert sorted(row.attempts for row in shop.webhooks) == [0, 0, 0, 0, 1]
        assert all(row.due_at > datetime.now(UTC) + timedelta(seconds=50) for row in shop.webhooks)
        endpoint.answer = 200
        shop.make_due()
        shop.run_worker()
        assert [row.state for row in shop.webhooks] == ["sent"] * 5


def test_an_endpoint_that_is_away_brings_no_later_try_forward_and_delays_no_other_site(
    make_shops: Callable[..., Shops],
) -> None:
    with Endpoint(503) as away, Endpoint() as good:
        urls = {"shop": away.url, "other": good.url, "zoo": good.url}
        shops = make_shops({key: {"webhook": {"url": url, "secrets": [SECRET]}} for key, url in urls.items()})
        shops.report(count=3)
        shops.report("other")
        shops.report("zoo")
        now = datetime.now(UTC)
        later, soon = now + timedelta(hours=1), now + timedelta(seconds=30)
        first, second, third, other, zoo = (row.id for row in shops.webhooks)
        be_due(shops, {first: later, other: soon, zoo: soon})
        shops.run_worker()
        due = {row.id: row.due_at for row in shops.webhooks}
        assert (due[first], due[other], due[zoo]) == (later, soon, soon)
        for waiting in (second, third):
            assert now + timedelta(seconds=60) <= due[waiting] < later
        assert (len(away.calls), len(good.calls)) == (1, 0)


def be_due(shops: Shops, times: dict[int, datetime]) -> None:
    """Let each of these deliveries be due at its time."""
    with shops.app.app_context(), writing() as connection:
        for delivery, due in times.items():
            connection.execute(update(Delivery).where(Delivery.id == delivery).values(due_at=due))


def test_an_event_that_an_endpoint_does_not_like_holds_up_no_other(make_shop: Callable[..., Shops]) -> None:
    with Endpoint([422]) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report(count=5)
        shop.run_worker()
        assert sorted(row.state for row in shop.webhooks) == ["owed"] + ["sent"] * 4


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_endpoint_has_one_call_at_a_time_and_other_endpoints_theirs(
    make_shops: Callable[..., Shops], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    webhook = {"url": "http://127.0.0.1:9/hook", "secrets": [SECRET]}
    shops = make_shops({"one": {"webhook": webhook}, "two": {"webhook": webhook}}, **where)
    shops.report("one", 3)
    shops.report("two", 3)
    now = datetime.now(UTC)
    with shops.app.app_context():
        claims = [claim_due_webhook(now) for _ in range(3)]
        assert [[claim.recipient for claim in batch] for batch in claims] == [["one"], ["two"], []]
        assert queue.mark_sent(claims[0][0], now)
        assert [claim.recipient for claim in claim_due_webhook(now)] == ["one"]
        later = now + LEASE + timedelta(seconds=1)
        crashes.free_ended_leases(shops.container, later)
        assert claim_due_webhook(later), "what a dead worker held is free when its lease ends"
        kinds = {claim.kind for claim in claim_due(later, 40)}
        assert kinds == {"desk"}, "letters and webhooks are claimed apart"


def test_endpoints_that_hang_hold_up_neither_letters_nor_other_sites(make_shops: Callable[..., Shops]) -> None:
    with HostileEndpoint("silent") as hangs, HostileEndpoint("drip_status") as drips, Endpoint() as good:
        urls = {"hangs": hangs.url, "drips": drips.url, "good": good.url}
        sites = {key: {"webhook": {"url": url, "secrets": [SECRET]}} for key, url in urls.items()}
        # Longer than the test: whoever waited for an endpoint that hangs would not be seen here.
        shops = make_shops(sites, WEBHOOK_TIMEOUT=60, WEBHOOK_DEADLINE=60, OUTBOX_IDLE=0.05)
        shops.report("hangs", 20)
        shops.report("drips", 20)
        stop = threading.Event()
        working = threading.Thread(target=worker.run, args=(shops.app, stop), daemon=True)
        working.start()
        wait_until(lambda: hangs.connections == 1 and drips.connections == 1)
        shops.report("good", 20)
        wait_until(lambda: len(good.calls) == 20 and len(shops.inbox) == 60)
        assert (hangs.connections, drips.connections) == (1, 1)
        assert {event_of(call)["data"]["site"] for call in good.calls} == {"good"}
        stop.set()
    working.join(30)
    assert not working.is_alive()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what happens in another thread."""
    until = time.monotonic() + 50
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def test_a_worker_that_dies_in_a_call_holds_its_endpoint_no_longer_than_its_lease(
    make_shops: Callable[..., Shops],
) -> None:
    webhook = {"webhook": {"url": "http://127.0.0.1:9/hook", "secrets": [SECRET]}}
    shops = make_shops({"shop": webhook, "other": webhook})
    shops.report(count=2)
    shops.report("other")
    now = datetime.now(UTC)
    with shops.app.app_context():
        first = claim_due_webhook(now)
        other = claim_due_webhook(now)
        assert [claim.recipient for claim in [*first, *other]] == ["shop", "other"]
        assert claim_due_webhook(now + LEASE - timedelta(seconds=1)) == []
        crashes.free_ended_leases(shops.container, now + LEASE)
        [next_one] = claim_due_webhook(now + LEASE)
        assert (next_one.recipient, next_one.attempts) == ("shop", 1)
        assert queue.mark_sent(next_one, now + LEASE)
        again = [claim for _ in range(2) for claim in claim_due_webhook(now + LEASE)]
        assert [(claim.id, claim.attempts) for claim in again] == [(first[0].id, 2), (other[0].id, 2)]
