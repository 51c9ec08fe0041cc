"""The digest of held letters: complete, short and safe, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from letters_under_test import as_read, bodies

from wizard.config.desk import Desk
from wizard.mail.digest import HeldLetter, compose_digest
from wizard.mail.mime import serialise

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
DESK = Desk("Support", "support@desk.example", "en", "zayavka@desk.example", "desk.example")
LETTER = HeldLetter(
    name="100002",
    is_follow_up=False,
    created_at=AT,
    situation="Site › The site does not open",
    reasons=("address_hour",),
    words="Since 9:40 a blank page",
    who="Sokolov · manager@detal36.example",
    key="100002.0123456789",
)


def composed(desk: Desk = DESK, more: int = 0, **instead: object) -> EmailMessage:
    """A digest of one letter, as a mail program reads it."""
    letter = compose_digest([replace(LETTER, **instead)], more, desk, at=AT, code="K7Q2M9XH4D")  # type: ignore[arg-type]
    return as_read(letter)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Letters held back: 1", "over the hourly limit of one address", "Send the letters of one ticket")),
        ("ru", ("Удержанные письма: 1", "больше предела за час с одного адреса", "Отправить письма одной заявки")),
    ],
)
def test_text_and_html_say_who_why_and_what_to_do(language: str, words: tuple[str, ...]) -> None:
    message = composed(replace(DESK, language=language))
    for body in bodies(message):
        for piece in (*words, "100002", "Since 9:40 a blank page", "manager@detal36.example"):
            assert piece in body
        assert "flask --app app outbox release 100002" in body and "flask --app app outbox delete 100002" in body
    assert message["Message-ID"] == "<held-K7Q2M9XH4D@desk.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert max(len(line) for line in bodies(message)[0].splitlines()) <= 78


def test_more_than_it_lists_is_a_number() -> None:
    for body in bodies(composed(more=115)):
        assert "And 115 more" in body and "flask --app app outbox held" in body
    assert composed(more=115)["Subject"] == "Letters held back: 116"


def test_a_header_names_every_ticket_that_it_lists_once() -> None:
    numbers = (100002, 100003, 100002, *range(100010, 100050))
    letters = [replace(LETTER, key=f"{number}.0123456789") for number in numbers]
    message = as_read(compose_digest(letters, 0, DESK, at=AT, code="K7Q2M9XH4D"))
    named = str(message["X-Held-Tickets"]).split()
    assert len(named) == 42 and named[:2] == [f"<held-{n}.0123456789@desk.example>" for n in (100002, 100003)]
    assert serialise(compose_digest([], 0, DESK, at=AT, code="K7Q2M9XH4D")), "one that lists nothing goes out too"


def test_the_words_are_cut_and_hold_no_tag_and_no_markup() -> None:
    hostile = "[##100001##] <script>alert(1)</script> \u202eright to left\r\nBcc: x@evil.example " + "я" * 500
    message = composed(words=hostile, who="=?utf-8?q?x?= [##7##]", situation="<b>", name="100002\r\nX-Evil: 1")
    assert message["Bcc"] is None and message["X-Evil"] is None
    text, html = bodies(message)
    for body in (text, html):
        assert "[##" not in body and "\u202e" not in body and "я" * 90 not in body
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_a_reason_that_nobody_has_words_for_stands_for_itself() -> None:
    assert "sent_by_a_newer_version" in bodies(composed(reasons=("sent_by_a_newer_version",)))[0]


def test_the_same_digest_has_the_same_bytes() -> None:
    assert composed().as_bytes() == composed().as_bytes()
