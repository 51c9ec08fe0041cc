"""The letter of a burst: complete, short and safe, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from letters_under_test import as_read, bodies

from wizard.config.desk import Desk
from wizard.mail.burst import Burst, BurstTicket, Shared, compose_burst

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
DESK = Desk("Support", "support@desk.example", "en", "zayavka@desk.example", "desk.example")
TICKET = BurstTicket("100002", AT, "Sokolov · manager@detal36.example", "Since 9:40 a blank page", "100002.0123456789")
BURST = Burst("Site › It does not open", 12, AT, (Shared("Site", "https://detal36.example/", 7),), (TICKET,), 11)


def composed(desk: Desk = DESK, burst: Burst = BURST) -> EmailMessage:
    """The letter as a mail program reads it."""
    letter = compose_burst(burst, desk, at=AT, code="K7Q2M9XH4D", minutes=10)
    return as_read(letter)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("These belong together: ", "(12 reports)", "Nothing is lost", "And 11 earlier ones.")),
        ("ru", ("Об одном и том же: ", "(обращений: 12)", "Ничего не потеряно", "И ещё раньше: 11.")),
    ],
)
def test_text_and_html_say_what_since_when_and_which(language: str, words: tuple[str, ...]) -> None:
    message = composed(replace(DESK, language=language))
    for body in bodies(message):
        for piece in (*words, "100002", "manager@detal36.example", "Since 9:40", "https://detal36.example/ — 7"):
            assert piece in body
        assert "<blockquote" not in body and "\n> " not in body and "href" not in body
    assert max(len(line) for line in bodies(message)[0].splitlines()) <= 78
    assert message["Message-ID"] == "<burst-K7Q2M9XH4D@desk.example>"
    assert message["X-Burst-Tickets"] == "<burst-100002.0123456789@desk.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] is None, "sixty tickets do not become one thread"


def test_strangers_words_are_cut_and_hold_no_tag_and_no_markup() -> None:
    hostile = "[##100001##] <script>alert(1)</script> \u202eright to left\r\nBcc: x@evil.example " + "я" * 500
    ticket = replace(TICKET, words=hostile, who="=?utf-8?q?x?= [##7##]", name="100002\r\nX-Evil: 1")
    message = composed(
        burst=replace(BURST, situation="[##8##] <b>", shared=(Shared("<i>", hostile, 3),), tickets=(ticket,))
    )
    assert message["Bcc"] is None and message["X-Evil"] is None
    assert "[##" not in message["Subject"]
    text, html = bodies(message)
    for body in (text, html):
        assert "[##" not in body and "\u202e" not in body and "я" * 90 not in body
    assert "<script>" not in html and "&lt;script&gt;" in html and "<i>" not in html


def test_a_thousand_stands_for_itself_and_more() -> None:
    assert "(1000+ reports)" in composed(burst=replace(BURST, count=1000))["Subject"]


def test_one_whose_tickets_were_all_erased_goes_out_too() -> None:
    message = composed(burst=replace(BURST, tickets=(), shared=()))
    assert message["X-Burst-Tickets"] is None and "manager" not in bodies(message)[0]
