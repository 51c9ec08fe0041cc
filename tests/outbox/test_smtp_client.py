"""The SMTP client against real servers, good and bad: what each answer means, and that nothing hangs (R11–R15)."""

from __future__ import annotations

import time

import flask_mail
import pytest
from flask import Flask
from ports import free_port
from smtp_servers import HostileServer, Sink

from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.outbox.errors import PermanentFailure, TemporaryFailure, TooLarge
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings

LETTER = b"Subject: [##100001##] One\r\nFrom: zayavka@desk.example\r\n\r\nText\r\n"
SENDER, RECIPIENT = "zayavka@desk.example", "support@desk.example"


def settings_for(server: HostileServer | Sink, **instead: object) -> SmtpSettings:
    """Settings with short times, so that a hanging server costs a test little."""
    return SmtpSettings(**{"host": server.host, "port": server.port, "timeout": 0.3, "deadline": 0.9, **instead})  # type: ignore[arg-type]


def deliver(server: HostileServer | Sink, letter: bytes = LETTER, **instead: object) -> None:
    """One letter by a client of its own."""
    with SmtpClient(settings_for(server, **instead)) as client:
        client.deliver(letter, SENDER, RECIPIENT)


def test_a_letter_arrives_byte_for_byte() -> None:
    with Sink() as sink:
        deliver(sink)
    [received] = sink.received
    assert (received.sender, received.recipients, received.content) == (SENDER, [RECIPIENT], LETTER)


def test_one_connection_carries_many_letters() -> None:
    with Sink() as sink:
        with SmtpClient(settings_for(sink, timeout=5, deadline=10)) as client:
            for _ in range(50):
                client.deliver(LETTER, SENDER, RECIPIENT)
        assert (len(sink.received), sink.connections) == (50, 1)


def test_the_null_sender_stays() -> None:
    with Sink() as sink, SmtpClient(settings_for(sink)) as client:
        client.deliver(LETTER, "", RECIPIENT)
    assert sink.received[0].sender == ""


@pytest.mark.parametrize("mode", ["silent", "silent_after_ehlo", "silent_after_data"])
def test_a_silent_server_is_left_after_the_timeout(mode: str) -> None:
    with HostileServer(mode) as server:
        begun = time.monotonic()
        with pytest.raises(TemporaryFailure):
            deliver(server)
        assert time.monotonic() - begun < 3
    assert server.received == []


@pytest.mark.parametrize("mode", ["drip", "endless_reply"])
def test_a_server_that_never_comes_to_an_end_is_left_at_the_deadline(mode: str) -> None:
    with HostileServer(mode) as server:
        begun = time.monotonic()
        with pytest.raises(TemporaryFailure):
            deliver(server)
        assert time.monotonic() - begun < 4


def test_a_server_that_stops_reading_is_left_at_the_deadline() -> None:
    with HostileServer("silent_in_data") as server:
        begun = time.monotonic()
        with pytest.raises(TemporaryFailure):
            deliver(server, LETTER + b"line of text\r\n" * 70_000)
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("mode", ["drop_at_quit", "drop_after_250"])
def test_after_a_250_the_letter_is_delivered_whatever_follows(mode: str) -> None:
    with HostileServer(mode) as server:
        deliver(server)
    assert len(server.received) == 1


def test_a_server_that_drops_after_each_250_gets_every_letter_once() -> None:
    with HostileServer("drop_after_250") as server, SmtpClient(settings_for(server)) as client:
        for _ in range(3):
            client.deliver(LETTER, SENDER, RECIPIENT)
        assert len(server.received) == server.connections == 3


@pytest.mark.parametrize("mode", ["drop_when_reused", "closing_when_reused"])
def test_a_reused_connection_that_went_stale_is_replaced_without_a_failure(mode: str) -> None:
    with HostileServer(mode) as server, SmtpClient(settings_for(server)) as client:
        client.deliver(LETTER, SENDER, RECIPIENT)
        client.deliver(LETTER, SENDER, RECIPIENT)
        assert len(server.received) == server.connections == 2


@pytest.mark.parametrize("mode", ["drop_at_greeting", "drop_in_data", "drop_after_data", "garbage", "greeting_554"])
def test_a_connection_lost_before_the_250_is_tried_again_later(mode: str) -> None:
    with HostileServer(mode) as server, pytest.raises(TemporaryFailure):
        deliver(server)
    assert server.received == []


def test_a_letter_whose_end_was_sent_is_never_sent_twice_in_one_try() -> None:
    with HostileServer("drop_after_data") as server:
        with pytest.raises(TemporaryFailure):
            deliver(server)
        assert server.connections == 1


@pytest.mark.parametrize("mode", ["mail_421", "mail_451", "rcpt_450", "data_451", "end_451"])
def test_4xx_means_later(mode: str) -> None:
    with HostileServer(mode) as server, pytest.raises(TemporaryFailure, match=r"4\d\d"):
        deliver(server)


@pytest.mark.parametrize("mode", ["rcpt_550", "data_554", "end_550", "rcpt_552_full"])
def test_5xx_about_the_letter_means_never(mode: str) -> None:
    with HostileServer(mode) as server, pytest.raises(PermanentFailure, match=r"5\d\d") as caught:
        deliver(server)
    assert not isinstance(caught.value, TooLarge)


def test_a_greylisted_letter_passes_at_the_next_try_on_the_same_connection() -> None:
    with HostileServer("rcpt_451_once") as server, SmtpClient(settings_for(server)) as client:
        with pytest.raises(TemporaryFailure, match="greylisted"):
            client.deliver(LETTER, SENDER, RECIPIENT)
        client.deliver(LETTER, SENDER, RECIPIENT)
        assert (len(server.received), server.connections) == (1, 1)
        assert "RSET" in server.commands


def test_a_refused_recipient_does_not_harm_the_others() -> None:
    refused = {"two@desk.example": "550 5.1.1 no such mailbox"}
    with Sink(refuse=refused) as sink, SmtpClient(settings_for(sink)) as client:
        client.deliver(LETTER, SENDER, "one@desk.example")
        with pytest.raises(PermanentFailure, match=r"RCPT TO: 550 5\.1\.1 no such mailbox"):
            client.deliver(LETTER, SENDER, "two@desk.example")
        client.deliver(LETTER, SENDER, "three@desk.example")
    assert [letter.recipients for letter in sink.received] == [["one@desk.example"], ["three@desk.example"]]


def test_a_server_that_knows_no_rset_gets_a_new_connection() -> None:
    with HostileServer("rset_500") as server, SmtpClient(settings_for(server)) as client:
        for _ in range(2):
            with pytest.raises(PermanentFailure, match="RCPT TO"):
                client.deliver(LETTER, SENDER, RECIPIENT)
        assert server.connections == 2


def test_a_letter_larger_than_the_server_takes_is_not_sent_at_all() -> None:
    with HostileServer("good") as server:
        with pytest.raises(TooLarge, match="1000000"):
            deliver(server, LETTER + b"x" * 990 + b"\r\n" * 600_000)
        assert not any(command.startswith("MAIL") for command in server.commands)


def test_a_server_that_finds_the_letter_too_large_is_believed() -> None:
    with HostileServer("data_552") as server, pytest.raises(TooLarge):
        deliver(server)


def test_the_size_is_announced_to_a_server_that_asks() -> None:
    with HostileServer("good") as server:
        deliver(server)
    assert server.received[0].options == (f"SIZE={len(LETTER)}",)


def test_a_host_that_refuses_connections_is_tried_again_later() -> None:
    settings = SmtpSettings("127.0.0.1", free_port(), timeout=1, deadline=2)
    with SmtpClient(settings) as client, pytest.raises(TemporaryFailure):
        client.deliver(LETTER, SENDER, RECIPIENT)


def test_a_host_without_an_address_is_tried_again_later() -> None:
    with SmtpClient(SmtpSettings("mail.invalid", timeout=1, deadline=2)) as client, pytest.raises(TemporaryFailure):
        client.deliver(LETTER, SENDER, RECIPIENT)


SMUGGLING = [
    b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n.\r", b"\r.\r", b"\r.\n",
    b"\r\n.\r\n", b"\r\n..\r\n", b"\r\n\x00.\r\n", b"\r\n. \r\n",
]  # fmt: skip


@pytest.mark.parametrize("sequence", SMUGGLING)
def test_no_sequence_in_a_text_begins_a_second_letter(sequence: bytes) -> None:
    text = (
        sequence.decode()
        + "MAIL FROM:<evil@mail.example>\r\nRCPT TO:<x@mail.example>\r\nDATA\r\nFrom: evil\r\n\r\n.\r\n"
    )
    letter = serialise(Letter((("Subject", "One"),), text, f"<p>{text}</p>", (), SENDER, RECIPIENT))
    with Sink() as sink, SmtpClient(settings_for(sink)) as client:
        client.deliver(letter, SENDER, RECIPIENT)
        client.deliver(LETTER, SENDER, RECIPIENT)
    assert [received.content for received in sink.received] == [letter, LETTER]


def test_lines_that_begin_with_a_dot_arrive_as_they_were() -> None:
    letter = LETTER + b".\r\n..\r\n.text\r\n"
    with Sink() as sink:
        deliver(sink, letter)
    assert sink.received[0].content == letter


@pytest.mark.parametrize("address", ["иван@пример.рф", "ivan@пример.рф"])
def test_an_international_address_goes_by_smtputf8_where_it_is_needed(address: str) -> None:
    with Sink() as sink, SmtpClient(settings_for(sink)) as client:
        client.deliver(LETTER, SENDER, address)
    [received] = sink.received
    assert received.recipients == [address.replace("пример.рф", "xn--e1afmkfd.xn--p1ai")]
    assert ("SMTPUTF8" in received.options) is not address.isascii() or address.startswith("ivan")


def test_an_address_that_the_server_cannot_take_is_refused_for_good() -> None:
    with Sink(smtputf8=False) as sink, SmtpClient(settings_for(sink)) as client:
        with pytest.raises(PermanentFailure, match="SMTPUTF8"):
            client.deliver(LETTER, SENDER, "иван@пример.рф")
        client.deliver(LETTER, SENDER, "ivan@пример.рф")
    assert len(sink.received) == 1


@pytest.mark.parametrize(
    "address",
    ["", "a@b.example>\r\nRCPT TO:<x@y.example", "a@b.example,c@d.example", '"a b"@c.example', "<a@b.example>"],
)
def test_an_envelope_address_that_is_not_bare_never_reaches_the_server(address: str) -> None:
    with HostileServer("good") as server, SmtpClient(settings_for(server)) as client:
        with pytest.raises(PermanentFailure, match="not a bare address"):
            client.deliver(LETTER, SENDER, address)
        assert server.commands == []


def test_flask_mails_own_recording_still_works() -> None:
    app = Flask(__name__)
    mail = flask_mail.Mail(app)
    with Sink() as sink, app.app_context(), mail.record_messages() as outbox:
        deliver(sink)
    assert [(message.subject, message.recipients) for message in outbox] == [("[##100001##] One", [RECIPIENT])]
    assert bytes(outbox[0]) == LETTER
