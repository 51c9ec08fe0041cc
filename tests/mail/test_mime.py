"""The finished bytes, and the guard that reads them again (threats E01, E23–E25)."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters_under_test import DESK, SNAPSHOT, attached, json_of, plain_of, shown_by
from smtp_servers import Sink, faults_of

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.message import Letter, Mailbox, Part
from wizard.mail.mime import LONGEST_LINE, HeaderGuardError, serialise
from wizard.outbox.errors import PermanentFailure
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings
from wizard.tickets.snapshot import Reporter
from wizard.values.email import header_address


def letter(
    *headers: tuple[str, str | Mailbox], text: str = "text\n", html: str = "", parts: tuple[Part, ...] = ()
) -> Letter:
    """A letter of these headers."""
    return Letter(headers, text, html, parts, DESK.sender, DESK.inbox)


def read(content: bytes) -> EmailMessage:
    """The letter as Python reads it."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(
    "headers",
    [
        (("Message-ID", "<a@b.example>\r\nBcc: evil@mail.example"),),
        (("Message-ID", "<a@b.example>\r\n\r\nbody"),),
        (("X-A\r\nBcc", "evil@mail.example"),),
        (("X-A: b\r\nX-B", "c"),),
        (("Subject", "one"), ("Subject", "two")),
        (("subject", "one"), ("Content-Type", "text/html")),
        (("", "nameless"),),
    ],
)
def test_a_header_that_was_not_meant_stops_the_letter(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(HeaderGuardError):
        serialise(letter(*headers))


def identified(octets: int) -> Letter:
    """A letter whose Message-ID, which nothing folds, is a line of so many octets."""
    rest = len("Message-ID: <@b.example>")
    return letter(("Message-ID", f"<{'a' * (octets - rest)}@b.example>"))


def test_a_line_of_more_octets_than_a_server_must_take_stops_the_letter() -> None:
    assert faults_of(serialise(identified(LONGEST_LINE))) == []
    with pytest.raises(HeaderGuardError, match="line is longer than 998 octets"):
        serialise(identified(LONGEST_LINE + 1))


@pytest.mark.parametrize("name", ["X-A: b", " Bcc", "\tBcc"])
def test_a_header_of_another_name_than_was_meant_stops_the_letter_even_without_a_line_end(name: str) -> None:
    with pytest.raises(HeaderGuardError, match=r"headers .* in place of"):
        serialise(letter(("Subject", "s"), (name, "evil@mail.example")))


@pytest.mark.parametrize("line_end", ["\r", "\n", "\n\r"])
def test_half_a_line_end_stops_the_letter_though_it_reads_like_a_fold(line_end: str) -> None:
    with pytest.raises(HeaderGuardError, match="bare CR or LF"):
        serialise(letter(("References", f"<a@b.example>{line_end} <c@d.example>")))


@pytest.mark.parametrize("address", ["a@b.example>\r\nBcc: <x@y.example", "a b@c.example", "a@b.example> <c@d.example"])
def test_a_mailbox_that_is_not_one_address_stops_the_letter(address: str) -> None:
    with pytest.raises((ValueError, HeaderGuardError)):
        serialise(letter(("Reply-To", Mailbox(address))))


@pytest.mark.parametrize("cid", ["a>\r\nBcc: x@y.example", "a>\r\n\r\nbody"])
def test_a_parts_headers_are_guarded_too(cid: str) -> None:
    with pytest.raises(HeaderGuardError):
        serialise(letter(("Subject", "s"), html="<p>", parts=(Part("", "image/png", b"x", cid),)))


@pytest.mark.parametrize("media_type", ["text/html\r\nBcc: x@y.example", "", "x", "message/rfc822", "multipart/mixed"])
def test_a_media_type_that_is_none_becomes_plain_octets(media_type: str) -> None:
    message = read(serialise(letter(("Subject", "s"), parts=(Part("a", media_type, b"x"),))))
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/octet-stream"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
def test_any_body_arrives_as_it_was_with_its_lines_ended_by_crlf(text: str) -> None:
    content = serialise(letter(("Subject", "s"), text=text, html=f"<p>{text}</p>"))
    assert faults_of(content) == []
    assert content.isascii()
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    part = read(content).get_body(("plain",))
    assert part is not None
    assert part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == expected.rstrip("\n")


@settings(max_examples=60, deadline=None)
@given(text=st.text(" .\t=\nabcFrom:", min_size=60, max_size=400))
def test_plain_ascii_with_dots_spaces_and_equals_signs_arrives_as_it_was(text: str) -> None:
    part = read(serialise(letter(("Subject", "s"), text=text, html="<p>"))).get_body(("plain",))
    assert part is not None
    assert part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=3000))
def test_any_file_arrives_byte_for_byte(content: bytes) -> None:
    message = read(serialise(letter(("Subject", "s"), parts=(Part("a", "application/zip", content),))))
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [content]


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_a_large_file_passes_the_guard_and_arrives(size: int) -> None:
    content = serialise(letter(("Subject", "s"), parts=(Part("a", "application/zip", b"\xff" * size),)))
    assert faults_of(content) == []
    assert next(read(content).iter_attachments()).get_payload(decode=True) == b"\xff" * size


def test_the_tag_can_be_read_in_the_raw_subject() -> None:
    assert b"\r\nSubject: [##100001##] =?utf-8?b?" in serialise(compose_desk_letter(SNAPSHOT, DESK))


@pytest.mark.parametrize(
    "name", ["Иванов, Пётр", 'Quote " \\ it', "a" * 200, "Ж" * 200, "A <b@c.example>", "日本 語", "x; y: z"]
)
def test_a_display_name_never_becomes_an_address(name: str) -> None:
    [mailbox] = read(serialise(letter(("From", Mailbox("a@b.example", name)))))["From"].addresses
    assert mailbox.addr_spec == "a@b.example"
    assert mailbox.display_name.replace(" ", "") == name.replace(" ", "")


INTERNATIONAL = [
    "иван@пример.рф", "ольга@почта.example", "用户@例子.example", "δοκιμή@παράδειγμα.example", "josé@correo.example",
    "müller@bücher.example", "伊昭傑@郵件.example", "राम@मोहन.example", "юзер@екзампл.example", "zoë@mail.example",
]  # fmt: skip


@pytest.mark.parametrize("smtputf8", [True, False])
def test_an_international_client_is_named_in_the_body_and_the_desk_always_gets_the_ticket(smtputf8: bool) -> None:
    with (
        Sink(smtputf8=smtputf8) as sink,
        SmtpClient(SmtpSettings(sink.host, sink.port, timeout=5, deadline=9)) as client,
    ):
        for address in INTERNATIONAL:
            snapshot = replace(SNAPSHOT, reporter=Reporter(reply_to=address))
            composed = compose_desk_letter(snapshot, DESK)
            client.deliver(serialise(composed), composed.envelope_from, composed.recipient)
            message = read(sink.received.pop().content)
            assert message["Reply-To"] is None
            assert address in plain_of(message)
            assert address in shown_by(str(message.get_body(("html",)).get_content()))
            assert json_of(message)["reporter"]["reply_to"] == address


@pytest.mark.parametrize("domain", ["пример.рф", "bücher.example", "例子.example"])
def test_an_international_domain_is_written_in_a_labels(domain: str) -> None:
    snapshot = replace(SNAPSHOT, reporter=Reporter(reply_to=f"ivan@{domain}"))
    reply_to = read(serialise(compose_desk_letter(snapshot, DESK)))["Reply-To"]
    assert reply_to == header_address(f"ivan@{domain}")
    assert "@xn--" in reply_to


def test_an_acknowledgement_to_an_international_client_goes_only_where_it_can() -> None:
    composed = compose_acknowledgement(SNAPSHOT, DESK, "иван@пример.рф")
    with Sink() as sink, SmtpClient(SmtpSettings(sink.host, sink.port, timeout=5, deadline=9)) as client:
        client.deliver(serialise(composed), composed.envelope_from, composed.recipient)
        assert sink.received[0].recipients == ["иван@xn--e1afmkfd.xn--p1ai"]
    with Sink(smtputf8=False) as sink, SmtpClient(SmtpSettings(sink.host, sink.port, timeout=5, deadline=9)) as client:
        with pytest.raises(PermanentFailure):
            client.deliver(serialise(composed), composed.envelope_from, composed.recipient)
        assert sink.received == []


def test_a_letter_with_everything_in_it_is_built_as_readers_expect() -> None:
    message = read(
        serialise(
            compose_desk_letter(SNAPSHOT, DESK, [attached(), attached("лог.txt", content=b"x", type_="text/plain")])
        )
    )
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
        "application/json",
        "image/png",
        "text/plain",
    ]
