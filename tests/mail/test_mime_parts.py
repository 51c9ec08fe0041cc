"""The parts of a letter as bytes: each level only when it is needed, each part as its reader expects it."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from wizard.mail.message import Letter, Part
from wizard.mail.mime import HeaderGuardError, serialise

PICTURE = Part("", "image/png", b"\x89PNG", "picture@desk.example")


def letter(text: str = "text\n", html: str = "", *parts: Part) -> bytes:
    """The bytes of a letter with a subject."""
    return serialise(Letter((("Subject", "s"),), text, html, parts, "zayavka@desk.example", "support@desk.example"))


def read(content: bytes) -> EmailMessage:
    """The letter as Python reads it."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(
    ("content", "types"),
    [
        (letter(), ["text/plain"]),
        (letter("text", "<p>"), ["multipart/alternative", "text/plain", "text/html"]),
        (letter("text", "", Part("a", "image/png", b"x")), ["multipart/mixed", "text/plain", "image/png"]),
        (
            letter("text", "<p>", PICTURE),
            ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"],
        ),
        (
            letter("text", "<p>", PICTURE, Part("a", "application/zip", b"x")),
            [
                *("multipart/mixed", "multipart/alternative", "text/plain"),
                *("multipart/related", "text/html", "image/png", "application/zip"),
            ],
        ),
    ],
)
def test_a_letter_has_the_levels_that_it_needs(content: bytes, types: list[str]) -> None:
    assert [part.get_content_type() for part in read(content).walk()] == types


def test_a_letter_of_plain_words_can_be_read_in_its_bytes() -> None:
    content = letter("Hello  there,\n\tit is\nall = well. \n")
    body = content.split(b"\r\n\r\n", 1)[1]
    assert body == b"Hello  there,\r\n\tit is\r\nall =3D well.=20\r\n"
    assert b"Content-Transfer-Encoding: quoted-printable\r\n" in content


def test_other_words_are_base64_in_lines_of_76() -> None:
    words = "Добрый день! " * 30
    body = letter(words).split(b"\r\n\r\n", 1)[1]
    lines = body.split(b"\r\n")
    assert {len(line) for line in lines[:-2]} == {76}
    assert 0 < len(lines[-2]) <= 76
    assert (b"".join(lines), lines[-1]) == (b64encode(words.encode()), b"")


@pytest.mark.parametrize(
    ("part", "content_type"),
    [
        (Part("a.txt", "text/plain", "щ".encode()), 'text/plain; charset="utf-8"'),
        (Part("a.txt", "text/plain", "щ".encode("cp1251")), "text/plain"),
        (Part("a.json", "application/json", b"{}"), "application/json"),
        (Part("a.eml", "message/rfc822", b"Subject: x\n\nx"), "application/octet-stream"),
        (Part("a.bin", "Text/Plain", b"x"), "application/octet-stream"),
    ],
)
def test_a_file_says_that_it_is_utf_8_when_it_is(part: Part, content_type: str) -> None:
    [attached] = read(letter("text", "", part)).iter_attachments()
    assert str(attached["Content-Type"]) == content_type
    assert attached["Content-ID"] is None
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_payload(decode=True) == part.content


def test_a_picture_in_the_letter_is_named_by_its_id() -> None:
    [picture] = [part for part in read(letter("text", "<p>", PICTURE)).walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<picture@desk.example>"
    assert picture.get_content_disposition() == "inline"


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ((Part("", "image/png", b"x", "a>\r\n\r\nbody"),), "the letter, part 2, part 2: "),
        ((PICTURE, Part("", "image/png", b"x", "a>\r\n\r\nbody")), "the letter, part 2, part 3: "),
    ],
)
def test_the_guard_says_which_part_it_stopped(parts: tuple[Part, ...], where: str) -> None:
    with pytest.raises(HeaderGuardError, match=f"^{where}"):
        letter("text", "<p>", *parts)
