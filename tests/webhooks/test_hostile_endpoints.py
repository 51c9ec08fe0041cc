"""An endpoint may do what it likes: a call to it ends, and takes little memory (threats R11)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from endpoints import Endpoint, HostileEndpoint
from webhook_installation import Shops

from wizard.outbox.errors import EndpointAway, TemporaryFailure
from wizard.outbox.http_client import LONGEST_ANSWER, HttpClient, HttpLimits

QUICK = HttpLimits(timeout=0.5, deadline=1, private_addresses=True)


def post(url: str, body: bytes = b"{}") -> None:
    """One call."""
    HttpClient(QUICK).post(url, {"Content-Type": "application/json"}, body)


# Each would last a minute, the time for which the endpoint stands, if nothing ended it.
@pytest.mark.parametrize("mode", ["silent", "drip_status", "drip_headers", "endless_continue"])
def test_a_call_ends_though_the_endpoint_does_not(mode: str) -> None:
    with HostileEndpoint(mode) as endpoint, pytest.raises(EndpointAway, match=r"Timeout|DeadlinePassed"):
        post(endpoint.url)


def test_a_call_ends_though_the_endpoint_does_not_read() -> None:
    with HostileEndpoint("never_reads") as endpoint, pytest.raises(EndpointAway, match=r"Timeout|DeadlinePassed"):
        post(endpoint.url, b"x" * 50_000_000)


@pytest.mark.parametrize("mode", ["closes", "closes_after_request", "half_a_status", "garbage", "endless_headers"])
def test_an_endpoint_that_breaks_off_or_talks_nonsense_is_called_later(
    make_shop: Callable[..., Shops], mode: str
) -> None:
    with HostileEndpoint(mode) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        [row] = shop.webhooks
        assert (row.state, row.attempts) == ("owed", 1)
        assert row.last_error
        assert endpoint.connections == 1, "one try is one connection"


@pytest.mark.parametrize("mode", ["bad_header", "drip_body", "endless_body", "short_body", "bomb"])
def test_what_the_endpoint_took_is_delivered_whatever_it_says_then(make_shop: Callable[..., Shops], mode: str) -> None:
    with HostileEndpoint(mode) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        assert [(row.state, row.attempts) for row in shop.webhooks] == [("sent", 1)]


def test_an_answer_without_end_takes_no_more_memory_than_is_read_of_it() -> None:
    with HostileEndpoint("endless_body") as endpoint:
        post(endpoint.url)
        tracemalloc.start()
        post(endpoint.url)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 20 * LONGEST_ANSWER


def test_an_endpoint_where_nobody_listens_is_called_later() -> None:
    with HostileEndpoint("silent") as endpoint:
        url = endpoint.url
    with pytest.raises(EndpointAway, match="ConnectionRefusedError"):
        post(url)


def test_a_redirect_to_a_private_address_leads_nowhere() -> None:
    with Endpoint() as inside, Endpoint(307) as endpoint:
        endpoint.headers["Location"] = inside.url
        with pytest.raises(TemporaryFailure, match="307: a redirect, which is not followed"):
            post(endpoint.url)
        assert len(endpoint.calls) == 1
        assert inside.calls == []


def test_what_the_endpoint_says_of_a_fault_is_kept_short_and_in_one_line(make_shop: Callable[..., Shops]) -> None:
    with Endpoint(500) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        assert shop.webhooks[0].last_error == "500: no such luck"
