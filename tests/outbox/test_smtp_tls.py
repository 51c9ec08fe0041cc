"""TLS and login: never in the clear by accident, and trouble with either is ours, not the letter's (E28, R22)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from smtp_servers import HostileServer, Sink

from wizard.outbox.errors import TemporaryFailure
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings

LETTER = b"Subject: One\r\n\r\nText\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the server's certificate; this machine does not know it."""
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make this machine trust the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return lambda: monkeypatch.setenv("SSL_CERT_FILE", str(path))


def send(server: Sink | HostileServer, **settings: object) -> None:
    """One letter."""
    smtp = SmtpSettings(**{"host": server.host, "port": server.port, "timeout": 2, "deadline": 5, **settings})  # type: ignore[arg-type]
    with SmtpClient(smtp) as client:
        client.deliver(LETTER, "zayavka@desk.example", "support@desk.example")


def test_a_trusted_server_gets_the_letter_over_tls(server_tls: ssl.SSLContext, trust: Callable[[], None]) -> None:
    trust()
    with Sink(tls=server_tls, login=("desk", "secret")) as sink:
        send(sink, use_tls=True, username="desk", password="secret")
    assert sink.received[0].content == LETTER


def test_a_certificate_that_nobody_vouches_for_stops_the_letter(server_tls: ssl.SSLContext) -> None:
    with HostileServer(tls=server_tls) as server:
        with pytest.raises(TemporaryFailure, match="certificate") as caught:
            send(server, use_tls=True, username="desk", password="secret")
        assert caught.value.alarm
    assert server.received == []
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_a_certificate_of_another_name_stops_the_letter(server_tls: ssl.SSLContext, trust: Callable[[], None]) -> None:
    trust()
    with HostileServer(tls=server_tls) as server:
        server.host = "localhost"
        with pytest.raises(TemporaryFailure, match=r"certificate|ostname"):
            send(server, use_tls=True)
    assert server.received == []


@pytest.mark.parametrize("mode", ["good", "starttls_454"])
def test_a_server_without_starttls_gets_nothing_in_the_clear(mode: str) -> None:
    with HostileServer(mode) as server, pytest.raises(TemporaryFailure):
        send(server, use_tls=True, username="desk", password="secret")
    assert server.received == []
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_what_is_said_before_tls_begins_is_not_believed() -> None:
    with HostileServer("starttls_injection") as server, pytest.raises(TemporaryFailure, match="before TLS began"):
        send(server, use_tls=True)


def test_tls_from_the_first_byte_checks_the_certificate_too(server_tls: ssl.SSLContext) -> None:
    with HostileServer("tls_at_once", tls=server_tls) as server, pytest.raises(TemporaryFailure, match="certificate"):
        send(server, use_ssl=True)
    assert server.received == []


def test_tls_from_the_first_byte_delivers(server_tls: ssl.SSLContext, trust: Callable[[], None]) -> None:
    trust()
    with HostileServer("tls_at_once", tls=server_tls) as server:
        send(server, use_ssl=True)
    assert server.received[0].content == LETTER


def test_a_silent_server_cannot_hold_the_handshake() -> None:
    with HostileServer("silent") as server, pytest.raises(TemporaryFailure):
        send(server, use_ssl=True, timeout=0.3, deadline=1)


@pytest.mark.parametrize(
    ("mode", "alarm"), [("auth_535", True), ("auth_454", False), ("mail_530", True), ("good", True)]
)
def test_a_refused_login_is_never_the_letters_fault(mode: str, alarm: bool) -> None:
    with HostileServer(mode) as server, pytest.raises(TemporaryFailure) as caught:
        send(server, username="desk", password="secret")
    assert caught.value.alarm is alarm
    assert "secret" not in str(caught.value)


def test_a_password_that_smtp_cannot_say_is_a_matter_of_settings() -> None:
    with HostileServer("auth_535") as server, pytest.raises(TemporaryFailure) as caught:
        send(server, username="desk", password="пароль")
    assert caught.value.alarm


def test_the_password_is_not_in_the_settings_repr() -> None:
    assert "secret" not in repr(SmtpSettings("mail.example", username="desk", password="secret"))
