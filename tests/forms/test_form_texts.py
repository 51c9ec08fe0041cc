"""Texts of any shape: forgiven, cleaned, kept, or answered with a kind word."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import wizard.texts
from wizard.catalog.models import Catalog

NAUGHTY = [
    "\ud800", "a\ud800b", "\x00", "\x0b", "\x85", "\u2028", "\u2029", "\u202egpj.exe", "\u200b", "\ufeff", "\u3164",
    "=?utf-8?q?a=0D=0ABcc:_x?=", "a\r\nBcc: x@evil.example", "{{7*7}}", "{0.__class__}", "%s%n", "{label}", "${HOME}",
    "<script>alert(1)</script>", "'; DROP TABLE tickets; --", "../../etc/passwd", "[##654321##]", "undefined", "NaN",
    "1e999", "-1", "０１２３", "٠١٢٣", "½", "Ω≈ç√∫", "👨\u200d👩\u200d👧", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗", "田中さん", "ﷺ", "\U000e0001",
    "javascript:alert(1)", "http://[::1", "http://\u2100.example", "http://a.example:port", "a@" + "b." * 130,
    "xn--", "xn--a.example", "1.2.3.4.5", "::ffff:", "9999-99-99T99:99", "0001-01-01T00:00", "31.02.2026 10:00",
    "99999999999999999999 часов назад", "()" * 100, "\\" * 100, "a" * 100_000, "1 " * 50_000, "\u0301" * 5_000,
    "\t", " ", "@", "..",
]  # fmt: skip


def everywhere(catalog: Catalog, text: str) -> dict[str, str]:
    """The text in every input of the form."""
    ids = [*catalog.questions, "reach_other", "parts_else"]
    return {**dict.fromkeys(ids, text), "reach": "other", "parts": "else"}


def is_tidy(text: str) -> bool:
    """Whether nothing unseen is left but the ends of lines."""
    return not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u200b\ufeff\ud800-\udfff]", text)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_text_breaks_no_question(fill, catalog: Catalog, text: str) -> None:
    form = fill(everywhere(catalog, text), named=False)
    for value in form.answers().values():
        assert all(is_tidy(part) for part in ([value] if isinstance(value, str) else value))
    for errors in form.errors_by_question.values():
        assert all(error and is_tidy(error) for error in errors)
    "".join(raw for _, raw in form.raw_items()).encode()


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_text_breaks_a_question(fill, catalog: Catalog, text: str) -> None:
    form = fill(everywhere(catalog, text), named=False)
    assert all(
        is_tidy(part) for value in form.answers().values() for part in ([value] if isinstance(value, str) else value)
    )


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60))
def test_an_answer_that_was_taken_is_taken_again_unchanged(fill, catalog: Catalog, text: str) -> None:
    first = fill(everywhere(catalog, text), named=False).answers()
    again = fill({key: list(value) if isinstance(value, tuple) else value for key, value in first.items()}, named=False)
    assert {key: again.answers().get(key) for key in first} == first


@pytest.mark.parametrize(
    "piece", ["a", "1 ", "4111 ", "a@", "a.", "password=", "\u200b", "я", "://", "##1", "aa-", "\n"]
)
def test_a_hundred_kilobytes_everywhere_are_judged_at_once(fill, catalog: Catalog, piece: str) -> None:
    typed = everywhere(catalog, (piece * 100_000)[:100_000])
    fill(typed, named=False)
    started = time.process_time()
    fill(typed, named=False)
    assert time.process_time() - started < 0.2


def test_of_what_stands_for_a_choice_or_a_time_no_more_than_200_signs_are_read(answer) -> None:
    assert answer("reach", "us".rjust(200)) == "us"
    assert isinstance(answer("reach", "us".rjust(201)), list)
    assert answer("parts", ["cart".rjust(200)]) == ("cart",)
    assert isinstance(answer("parts", ["cart".rjust(201)]), list)
    assert answer("started", "23.11.2026 9:40".rjust(200)) == "2026-11-23T09:40+03:00"
    assert answer("started", "23.11.2026 9:40".rjust(201)) != "2026-11-23T09:40+03:00"


def test_one_line_stays_one_line_and_many_stay_many(fill) -> None:
    form = fill(topic="a\r\nBcc: x\u2028y\x0bz", words="раз\r\nдва\rтри\u2028четыре\x00")
    assert form.answers()["topic"] == "a Bcc: x y z"
    assert form.answers()["words"] == "раз\nдва\nтри\nчетыре"


def test_unseen_signs_are_dropped_and_spaces_made_plain(answer) -> None:
    assert answer("topic", "\ufeff\u202eне\u00adвиди\u200bмо\u00a0 \u2009тут\u202c ") == "невидимо тут"
    assert answer("article", "\u200bOC\u00a047 ") == "OC 47"
    assert answer("topic", "\u200b\u3164\x00") is None


def test_an_emoji_of_several_parts_stays_whole(answer) -> None:
    assert answer("words", "семья 👨\u200d👩\u200d👧, а\u200dб") == "семья 👨\u200d👩\u200d👧, аб"


def test_a_letter_typed_in_two_parts_becomes_one(answer) -> None:
    assert answer("topic", "и\u0306") == "й"


def test_a_text_that_is_too_long_or_too_short_is_told_its_length(answer) -> None:
    assert answer("topic", "x" * 61) == ["Сократите до 60 знаков: сейчас 61"]
    assert answer("topic", "x" * 60) == "x" * 60
    assert answer("words", "да") == ["Напишите подробнее, не меньше 5 знаков: сейчас 2"]


def test_a_pattern_must_match_the_whole_answer(answer) -> None:
    assert answer("version", "5.17.2") == "5.17.2"
    assert answer("version", "5.17.2 бета") == ["Версия — это числа с точками"]


def test_secrets_are_masked_unless_the_catalog_says_otherwise(answer) -> None:
    assert answer("login", "admin password=Qwerty12!") == "admin password=***"
    assert answer("words", 'Вхожу: пароль: "два слова", дальше') == 'Вхожу: пароль: "***", дальше'
    assert answer("page", "detal36.example/?sid=12ab&q=OC47") == "https://detal36.example/?sid=***&q=OC47"
    assert answer("bounce", "550 rejected, password=Qwerty12!") == "550 rejected, password=***"
    assert answer("brand", "пароль Qwerty12") == "пароль ***"
    assert answer("article", "пароль Qwerty12") == "пароль ***"
    assert answer("topic", "password=Qwerty12!") == "password=Qwerty12!"


def test_what_was_masked_is_taken_again_though_it_is_shorter_than_the_question_wants(answer) -> None:
    assert answer("bounce", "пароль: Qwerty-77xz!") == "пароль: ***"
    assert answer("bounce", "пароль: ***") == "пароль: ***"


def test_a_card_number_is_not_taken(fill) -> None:
    form = fill(
        topic="4111 1111 1111 1111", words="Карта 5555555555554444", reach="other", reach_other="4111111111111111"
    )
    said = ["Похоже, в тексте есть номер банковской карты. Удалите его: для решения он не нужен"]
    assert form.errors_by_question == {"topic": said, "words": said, "reach": said}
    assert form["topic"].raw == "4111 1111 1111 1111"


def test_a_part_number_and_an_address_are_not_taken_for_a_card(answer) -> None:
    assert answer("article", "4111111111111111") == "4111111111111111"
    assert answer("page", "detal36.example/4111111111111111") == "https://detal36.example/4111111111111111"


@pytest.mark.parametrize("text", ["OC 47", "OC47/1", "0 986 452-041", "W 712/75", "ГАЗ-3302.10", "(A)12*3", "OC–47"])
def test_a_part_number_is_kept_as_typed(answer, text: str) -> None:
    assert answer("article", text) == text


def test_a_part_number_of_other_signs_is_told_what_fits(answer) -> None:
    assert "OC 47" in answer("article", "OC=47")[0]
    assert isinstance(answer("article", "--"), list)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("123456", "123456"),
        ("[##123456##]", "123456"),
        ("[Заявка N ##123456##]", "123456"),
        ("Re: [Request N##123456##] вопрос 2", "123456"),
        ("№ 123456 от 12 ноября", "123456"),
        ("#123456", "123456"),
        ("заявка 123456", "123456"),
    ],
)
def test_a_ticket_number_is_found_in_any_form(answer, typed: str, number: str) -> None:
    assert answer("number", typed) == number


@pytest.mark.parametrize("typed", ["нет", "12 и 13", "12345678901", "##"])
def test_what_holds_no_ticket_number_is_told_where_to_look(answer, typed: str) -> None:
    assert answer("number", typed) == ["Номер заявки — это цифры из темы письма, например 123456"]


def test_of_a_whole_key_only_the_end_is_kept_and_shown(fill) -> None:
    form = fill(key="AB12-CD34-EF56-7F2A")
    assert form.answers()["key"] == "7F2A"
    assert "CD34" not in str(list(form.raw_items()))
    assert fill(key="…7F2A").answers()["key"] == "7F2A"


def test_no_message_reproaches() -> None:
    texts = yaml.safe_load((Path(wizard.texts.__file__).parent / "forms.yaml").read_text("utf-8"))
    said = " ".join(words for translations in texts.values() for words in translations.values()).lower()
    assert not re.search(r"неверн|некорректн|недопустим|ошибк|забыли|упс|invalid|incorrect|wrong|error|failed", said)
