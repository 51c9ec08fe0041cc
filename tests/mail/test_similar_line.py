"""The line and the header of similar reports: short, whole sentences, and numbers alone."""

from __future__ import annotations

import email.policy
from dataclasses import replace
from email import message_from_bytes

import pytest
from letters_under_test import SNAPSHOT, html_of, plain_of, shown_by

from wizard.config.desk import Desk
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.mime import serialise
from wizard.mail.similar_line import similar_header, similar_line
from wizard.tickets.similar import Similar

DESK = Desk("Support", "support@desk.example", "ru", "zayavka@desk.example", "desk.example")


@pytest.mark.parametrize(
    ("similar", "russian", "english"),
    [
        (
            Similar(12, 40, 3, 5, 1),
            "Похожие обращения: 12 за час, 40 за сутки, из них с тем же ответом на «Домен» — 3 и 5. "
            "От этого клиента за 7 дней: 1.",
            "Similar reports: 12 in the last hour, 40 in 24 hours, of these with the same “Домен”: 3 and 5. "
            "From this client in 7 days: 1.",
        ),
        (
            Similar(0, 40, 0, 5),
            "Похожие обращения: 40 за сутки, из них с тем же ответом на «Домен» — 5.",
            "Similar reports: 40 in 24 hours, of these with the same “Домен”: 5.",
        ),
        (
            Similar(4, 4, 2, 2),
            "Похожие обращения: 4 за час, из них с тем же ответом на «Домен» — 2.",
            "Similar reports: 4 in the last hour, of these with the same “Домен”: 2.",
        ),
        (
            Similar(999, 1000, 0, 0, 0),
            "Похожие обращения: 999 за час, 1000+ за сутки.",
            "Similar reports: 999 in the last hour, 1000+ in 24 hours.",
        ),
        (Similar(0, 0, 0, 0, 2), "От этого клиента за 7 дней: 2.", "From this client in 7 days: 2."),
        (Similar(0, 0, 0, 0, 0), "", ""),
        (None, "", ""),
    ],
)
def test_it_says_what_came_and_nothing_of_what_did_not(similar: Similar | None, russian: str, english: str) -> None:
    assert similar_line(similar, "ru", "Домен") == russian
    assert similar_line(similar, "en", "Домен") == english


def test_without_the_questions_label_it_is_a_whole_sentence_too() -> None:
    assert similar_line(Similar(3, 4, 1, 2), "ru") == (
        "Похожие обращения: 3 за час, 4 за сутки, из них о том же самом — 1 и 2."
    )


def test_the_header_has_numbers_alone_and_leaves_out_what_nobody_knows() -> None:
    assert similar_header(Similar(1000, 1000, 3, 5, 1)) == (
        ("X-Ticket-Similar", "hour=1000 day=1000 same-hour=3 same-day=5 client-week=1"),
    )
    assert similar_header(Similar(0, 0)) == (("X-Ticket-Similar", "hour=0 day=0"),)
    assert similar_header(None) == ()


def test_the_letter_has_it_in_text_and_html_under_the_label_that_the_client_saw() -> None:
    snapshot = replace(SNAPSHOT, grouped_by="article")
    letter = compose_desk_letter(snapshot, DESK, similar=Similar(12, 40, 3, 5))
    message = message_from_bytes(serialise(letter), policy=email.policy.default)
    line = "Похожие обращения: 12 за час, 40 за сутки, из них с тем же ответом на «Артикул» — 3 и 5."
    assert line in " ".join(plain_of(message).split())  # type: ignore[arg-type]
    assert line in shown_by(html_of(message))  # type: ignore[arg-type]
    assert message["X-Ticket-Similar"] == "hour=12 day=40 same-hour=3 same-day=5"
    quiet = compose_desk_letter(snapshot, DESK, similar=Similar(0, 0))
    assert "Похожие" not in quiet.text and "Похожие" not in quiet.html


def test_what_was_stored_is_what_is_read() -> None:
    similar = Similar(1, 2, None, None, 3)
    assert Similar.load(similar.dump()) == similar
