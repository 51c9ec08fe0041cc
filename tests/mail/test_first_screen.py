"""The first twenty lines of a letter to the desk decide, and so does its first line, which mail programs preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from letters_under_test import DESK, SNAPSHOT, WHEN, attached, flat, html_of, plain_of, shown_by
from long_report import LONG, LONG_WORDS, MANY_SIMILAR, long_report

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.tickets.snapshot import AnswerSnapshot, Reporter, TicketSnapshot

Deliver = Callable[[Letter], EmailMessage]

LINES = 20
VERDICTS = {True: "ВНЕ ОЧЕРЕДИ по правилу", False: "Очередь: В порядке поступления"}
IN_TURN = {
    "fast_track": False,
    "fast_track_rule": None,
    "priority": "normal",
    "reason": "В порядке поступления и приоритета: вне очереди не идёт по ответам клиента.",
}


def of_turn(snapshot: TicketSnapshot, is_fast: bool) -> TicketSnapshot:
    """The ticket out of turn, as it is, or in turn."""
    return snapshot if is_fast else replace(snapshot, **IN_TURN)  # type: ignore[arg-type]


def identity(*texts: str) -> TicketSnapshot:
    """A ticket whose client said who they are in these answers."""
    answers = tuple(AnswerSnapshot(f"id{at}", f"Вопрос {at}", text, text, "identity") for at, text in enumerate(texts))
    return replace(SNAPSHOT, answers=answers)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize("is_long", [False, True], ids=["short", "long"])
def test_twenty_lines_of_text_hold_verdict_in_short_who_number_and_the_first_words(
    deliver: Deliver, is_long: bool, is_fast: bool, language: str
) -> None:
    snapshot = long_report(language) if is_long else SNAPSHOT
    desk = replace(DESK, language=language)
    letter = compose_desk_letter(of_turn(snapshot, is_fast), desk, [attached()], similar=MANY_SIMILAR)
    screen = flat("\n".join(plain_of(deliver(letter)).split("\n")[:LINES]))
    reporter = snapshot.reporter
    verdict = VERDICTS[is_fast] if language == "ru" else "AHEAD OF THE QUEUE" if is_fast else "Queue: "
    words = LONG_WORDS[:60] if is_long else "Добрый день!"
    wanted = [verdict, snapshot.brief, str(reporter.registered_name)[:35], str(reporter.reply_to), "100001", words]
    assert [text for text in wanted if text not in screen] == []
    assert str(reporter.phone) in screen


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_twenty_lines_of_a_follow_up_hold_who_whether_verified_number_and_the_first_words(
    deliver: Deliver, language: str, verified: bool
) -> None:
    letter = compose_follow_up(
        LONG, replace(DESK, language=language), LONG_WORDS, follow_up_number=3, created_at=WHEN, verified=verified
    )
    screen = "\n".join(plain_of(deliver(letter)).split("\n")[:LINES])
    assert f"    {LONG_WORDS[:50]}" in screen
    said = {"ru": ("подтверждён, писал", "не проверен, назвал"), "en": ("verified, wrote", "not verified, gave")}
    wanted = [said[language][0 if verified else 1], "100001", str(LONG.reporter.reply_to)]
    assert [text for text in wanted if text not in flat(screen)] == []


def test_a_preview_begins_with_the_verdict_out_of_turn_and_with_what_happened_in_turn(deliver: Deliver) -> None:
    for is_fast, first in ((True, "ВНЕ ОЧЕРЕДИ по правилу 2"), (False, "Нет результатов от всех поставщиков; OC90")):
        message = deliver(compose_desk_letter(of_turn(SNAPSHOT, is_fast), DESK))
        assert plain_of(message).startswith(first)
        assert shown_by(html_of(message)).startswith(first)


@pytest.mark.parametrize(
    ("is_fast", "order"),
    [
        (True, ["ВНЕ ОЧЕРЕДИ", "Нет результатов от всех поставщиков; OC90", "Клиент: ИП Соколов", "Заявка: 100001"]),
        (False, ["Нет результатов от всех поставщиков; OC90", "Клиент: ИП Соколов", "Очередь: ", "Заявка: 100001"]),
    ],
)
def test_the_first_lines_are_in_their_order_and_say_the_same_in_both_bodies(
    deliver: Deliver, is_fast: bool, order: list[str]
) -> None:
    message = deliver(compose_desk_letter(of_turn(SNAPSHOT, is_fast), DESK, similar=MANY_SIMILAR))
    for body in (flat(plain_of(message)), shown_by(html_of(message))):
        places = [body.index(text) for text in (*order, "Похожие обращения", "Опишите своими словами")]
        assert places == sorted(places)


def test_number_time_and_situation_stand_on_one_line_and_the_time_nowhere_else(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK))
    line = "Заявка: 100001 · Принята: 23.11.2026 19:40 (МСК) · Проценка › Нет результатов от всех поставщиков"
    for body in (flat(plain_of(message)), shown_by(html_of(message))):
        assert line in body
        assert body.count("19:40") == 1


def test_who_reports_is_said_once_and_what_the_first_line_leaves_out_stays_among_the_answers(deliver: Deliver) -> None:
    message = deliver(
        compose_desk_letter(
            identity("ИП Соколов А. В.", "zakaz@detal36.example", "manager@detal36.example", "Андрей", "100200"), DESK
        )
    )
    for body in (flat(plain_of(message)), shown_by(html_of(message))):
        for said in ("ИП Соколов А. В.", "manager@detal36.example", "Андрей"):
            assert body.count(said) == 1, said
        assert "Вопрос 1: zakaz@detal36.example" in body
        assert "Вопрос 4: 100200" in body


def test_a_name_that_the_first_line_shortens_stands_whole_among_the_answers(deliver: Deliver) -> None:
    name = str(LONG.reporter.registered_name)
    message = deliver(compose_desk_letter(replace(identity(name), reporter=LONG.reporter), DESK))
    assert f"Вопрос 0: {name}" in flat(plain_of(message))


def test_an_address_is_not_cut_however_long(deliver: Deliver) -> None:
    address = f"{'s' * 60}@{'d' * 60}.{'e' * 60}.example"
    message = deliver(compose_desk_letter(replace(SNAPSHOT, reporter=Reporter("Имя", None, address)), DESK))
    assert f"{address}\n" in plain_of(message)


def test_a_ticket_of_a_former_version_still_makes_a_letter_of_the_new_shape(deliver: Deliver) -> None:
    old = replace(
        SNAPSHOT, thread_code="", subject_line="", source="form", brief="Нет результатов; От всех; OC90; KNECHT"
    )
    text = plain_of(deliver(compose_desk_letter(old, DESK)))
    assert text.split("\n")[1] == "Нет результатов; От всех; OC90; KNECHT"
    assert "  • Как часто\n" in text
