"""SSRF: a call leads nowhere but to the public Internet, and to the very address that was looked at (W18)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from endpoints import Endpoint
from webhook_installation import Shops, is_accepted

from wizard.outbox import http_client
from wizard.outbox.errors import EndpointAway, TemporaryFailure
from wizard.outbox.http_client import HttpClient, HttpLimits
from wizard.values.ip import is_public

Resolver = Callable[..., list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Let names lead where the test says: each time they are asked, to the next answer."""

    def answer_with(*answers: list[str]) -> list[str]:
        lookups: list[str] = []
        left = list(answers)
        real = socket.getaddrinfo

        def answer(host: Any, port: Any, *arguments: Any, **named: Any) -> list[Any]:
            if not str(host).endswith(".example"):
                return real(host, port, *arguments, **named)
            lookups.append(host)
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [info for address in addresses for info in real(address, port, *arguments, **named)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return lookups

    return answer_with


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which somebody tried to connect; connections to public ones fail here."""
    addresses: list[str] = []
    connect = socket.socket.connect

    def note(self: socket.socket, sockaddr: Any) -> None:
        addresses.append(sockaddr[0])
        if is_public(sockaddr[0]):
            raise ConnectionRefusedError(111, "no network in tests")
        connect(self, sockaddr)

    monkeypatch.setattr(socket.socket, "connect", note)
    return addresses


STRICT = HttpLimits(timeout=1, deadline=2)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_is_not_called(names: Resolver, reached: list[str], address: str) -> None:
    names([address])
    with pytest.raises(TemporaryFailure, match="private address") as refused:
        HttpClient(STRICT).post("https://hook.example/", {}, b"{}")
    assert refused.value.alarm, "a person has to look at the settings"
    assert reached == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0", "017700000001", "[::ffff:7f00:1]", "localhost"])
def test_other_spellings_of_this_machine_are_not_called(reached: list[str], host: str) -> None:
    with pytest.raises(TemporaryFailure, match=r"private address|name:"):
        HttpClient(STRICT).post(f"http://{host}/", {}, b"{}")
    assert reached == []


def test_of_several_addresses_only_public_ones_are_called(names: Resolver, reached: list[str]) -> None:
    names(["10.0.0.1", "9.9.9.9", "::1", "2606:4700::1111"])
    with pytest.raises(EndpointAway):
        HttpClient(STRICT).post("http://hook.example/", {}, b"{}")
    assert reached == ["9.9.9.9", "2606:4700::1111"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_changes_between_look_and_call_leads_nobody_inside(
    names: Resolver, reached: list[str], scheme: str
) -> None:
    lookups = names(["9.9.9.9"], ["127.0.0.1"])
    with pytest.raises(EndpointAway):
        HttpClient(STRICT).post(f"{scheme}://hook.example/", {}, b"{}")
    assert lookups == ["hook.example"], "resolved once"
    assert reached == ["9.9.9.9"]


def test_the_next_address_is_called_when_the_first_does_not_answer(names: Resolver) -> None:
    names(["127.0.0.2", "127.0.0.1"])
    with Endpoint() as endpoint:
        url = f"http://hook.example:{endpoint.port}/path?key=1"
        HttpClient(HttpLimits(1, 2, private_addresses=True)).post(url, {}, b"{}")
        [call] = endpoint.calls
    assert call.headers["Host"] == f"hook.example:{endpoint.port}"
    assert call.path == "/path?key=1"


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(http_client.socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    with pytest.raises(EndpointAway, match="resolver does not answer"):
        HttpClient(HttpLimits(0.2, 0.5)).post("https://hook.example/", {}, b"{}")
    over.set()


def test_a_name_without_an_address_is_asked_later() -> None:
    with pytest.raises(EndpointAway, match="name: "):
        HttpClient(STRICT).post("https://nobody.invalid/", {}, b"{}")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Who signs the endpoint's certificate, trusted by this machine."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def tls_endpoint(authority: trustme.CA) -> Iterator[tuple[Endpoint, list[str | None]]]:
    """An endpoint with the certificate of ``hook.example``, and the names that callers asked for (SNI)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(context)
    server_names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: server_names.append(name)
    with Endpoint(tls=context) as endpoint:
        yield endpoint, server_names


OWN_NETWORK = HttpLimits(2, 5, private_addresses=True)


def test_tls_is_checked_against_the_name_though_the_call_goes_to_an_address(
    names: Resolver, tls_endpoint: tuple[Endpoint, list[str | None]]
) -> None:
    names(["127.0.0.1"])
    endpoint, server_names = tls_endpoint
    HttpClient(OWN_NETWORK).post(f"https://hook.example:{endpoint.port}/", {}, b"{}")
    assert server_names == ["hook.example"]
    assert len(endpoint.calls) == 1
    with pytest.raises(EndpointAway, match="certificate") as refused:
        HttpClient(OWN_NETWORK).post(f"https://other.example:{endpoint.port}/", {}, b"{}")
    assert refused.value.alarm
    with pytest.raises(EndpointAway, match="certificate"):
        HttpClient(OWN_NETWORK).post(f"https://127.0.0.1:{endpoint.port}/", {}, b"{}")
    assert len(endpoint.calls) == 1


def test_a_certificate_that_nobody_vouches_for_stops_the_call(
    names: Resolver, tls_endpoint: tuple[Endpoint, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names(["127.0.0.1"])
    endpoint, _ = tls_endpoint
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(EndpointAway, match="certificate"):
        HttpClient(OWN_NETWORK).post(f"https://hook.example:{endpoint.port}/", {}, b"{}")
    assert endpoint.calls == []


def test_a_whole_webhook_goes_over_tls(
    make_shop: Callable[..., Shops], names: Resolver, tls_endpoint: tuple[Endpoint, list[str | None]]
) -> None:
    names(["127.0.0.1"])
    endpoint, _ = tls_endpoint
    shop = make_shop(f"https://hook.example:{endpoint.port}/hook")
    shop.report()
    shop.run_worker()
    assert is_accepted(endpoint.calls[0])
    assert [row.state for row in shop.webhooks] == ["sent"]


def test_a_webhook_that_leads_inside_waits_and_is_not_lost(
    make_shop: Callable[..., Shops], names: Resolver, reached: list[str]
) -> None:
    names(["192.168.0.10"])
    shop = make_shop("https://hook.example/", WEBHOOK_PRIVATE_ADDRESSES=False)
    shop.report()
    shop.run_worker()
    [row] = shop.webhooks
    assert (row.state, row.attempts) == ("owed", 1)
    assert "WIZARD_WEBHOOK_PRIVATE_ADDRESSES" in row.last_error
    assert "192.168.0.10" not in reached


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint() as proxy, Endpoint() as endpoint:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        HttpClient(OWN_NETWORK).post(endpoint.url, {}, b"{}")
        assert (len(proxy.calls), len(endpoint.calls)) == (0, 1)
