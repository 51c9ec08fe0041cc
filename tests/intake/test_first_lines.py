"""What a letter says in short, of its queue and of what was not given is put together when the ticket is accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from installation import Installation
from letters_under_test import flat, plain_of

Desks = Callable[..., Installation]


def letter_of(desk: Installation, situation: str, language: str = "ru", **answers: str) -> str:
    """The text of the desk's letter about a report with these answers."""
    desk.send(situation, language, **answers)
    desk.run_worker()
    return plain_of(desk.inbox[-1])


def not_given(text: str) -> list[str]:
    """What the letter names as missed."""
    _, _, behind = text.partition("\nНЕ УКАЗАНО\n")
    return [line.removeprefix("  • ") for line in behind.split("\n\n")[0].split("\n") if line]


def test_in_short_are_the_situation_what_decides_and_how_the_words_begin(desk: Installation) -> None:
    text = letter_of(
        desk, "pricing_supplier", details="Добрый день! Пропали цены.\nУ всех артикулов", supplier_names="Emex"
    )
    assert flat(text).startswith(
        "Нет результатов от одного или нескольких поставщиков; Emex; OC 47 KNECHT / MAHLE; "
        "«Пропали цены. У всех артикулов» Клиент: "
    )


def test_long_words_are_cut_after_a_word_and_long_answers_after_forty_signs(desk: Installation) -> None:
    text = flat(letter_of(desk, "pricing_supplier", details="слово " * 60, supplier_names="Поставщик " * 8))
    in_short = text[: text.index(" Клиент: ")]
    supplier, words = in_short.split("; ")[1], in_short.split("«")[1]
    assert len(supplier) <= 40 and supplier.endswith("…")
    assert len(words) <= 102 and words.endswith("слово…»")


@pytest.mark.parametrize(
    ("language", "words", "shown"),
    [
        ("ru", "«Белая страница» — и всё", "; «„Белая страница“ — и всё»"),
        ("ru", "Пишет «ошибка»", "; «Пишет „ошибка“»"),
        ("en", "“White page” and that is all", "; “‘White page’ and that is all”"),
    ],
)
def test_quotes_in_the_words_are_those_within_quotes(make_desk: Desks, language: str, words: str, shown: str) -> None:
    assert shown in flat(letter_of(make_desk(DESK_LANGUAGE=language), "site_down", details=words))


def test_a_secret_that_was_sent_as_typed_does_not_stand_in_short(desk: Installation) -> None:
    text = letter_of(desk, "site_other", details="Пароль: Zagadka-77 не подходит", as_typed="details")
    first = text[: text.index("\nКлиент: ")]
    assert "Zagadka" not in first


@pytest.mark.parametrize(
    ("answers", "missed"),
    [
        ({}, ["Последние 4 знака ключа", "Версия программы"]),
        ({"app_version": "5.17.2"}, ["Последние 4 знака ключа"]),
        ({"app_version": "5.17.2", "license_key_tail": "7F2A"}, []),
    ],
)
def test_not_given_names_only_what_the_situation_calls_useful(
    desk: Installation, answers: dict[str, str], missed: list[str]
) -> None:
    blank = {"app_version": "", "license_key_tail": "", "details": ""}
    assert not_given(letter_of(desk, "app_license", **{**blank, **answers})) == missed


def test_what_is_asked_under_a_condition_that_does_not_hold_is_not_missed(make_desk: Desks) -> None:
    desk = make_desk(CATALOG="hosting")
    text = letter_of(desk, "site_unreachable", visible_to="everyone", visitor_ip="", error_text="502")
    assert not_given(text) == []


def test_a_refused_fast_track_says_so_to_the_agent_in_short_and_gives_no_advice(desk: Installation) -> None:
    text = flat(letter_of(desk, "site_down", reach="some_clients"))
    assert "Очередь: В порядке поступления и приоритета: вне очереди не идёт по ответам клиента." in text
    assert "измените ответ" not in text
