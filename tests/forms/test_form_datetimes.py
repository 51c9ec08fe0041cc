"""Dates and times, as people write them at noon of 23 November 2026 in Moscow."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-23T09:40", "2026-11-23T09:40"),
        ("2026-11-23 09:40", "2026-11-23T09:40"),
        ("2026-11-23T06:40:00Z", "2026-11-23T09:40"),
        ("2026-11-23T11:40+05:00", "2026-11-23T09:40"),
        ("23.11.2026 9:40", "2026-11-23T09:40"),
        ("23.11.26 в 9.40", "2026-11-23T09:40"),
        ("23.11 9:40", "2026-11-23T09:40"),
        ("21.11, 14:32", "2026-11-21T14:32"),
        ("24.11 9:40", None),
        ("01.12 10:00", "2025-12-01T10:00"),
        ("9:40 21.11", "2026-11-21T09:40"),
        ("Сегодня около 9:40", "2026-11-23T09:40"),
        ("сегодня в 9:40", "2026-11-23T09:40"),
        ("вчера 21:00", "2026-11-22T21:00"),
        ("вчера в 9 вечера", "2026-11-22T21:00"),
        ("позавчера, 8 утра", "2026-11-21T08:00"),
        ("today at 9:40", "2026-11-23T09:40"),
        ("yesterday 9 pm", "2026-11-22T21:00"),
        ("21 ноября 2026 г. в 9:40", "2026-11-21T09:40"),
        ("21 ноября в 9.40", "2026-11-21T09:40"),
        ("Nov 21, 2026 9:40 am", "2026-11-21T09:40"),
        ("5 мая 9:40", "2026-05-05T09:40"),
        ("9:40", "2026-11-23T09:40"),
        ("23:50", "2026-11-22T23:50"),
        ("9:40 мск", "2026-11-23T09:40"),
        ("6:40 UTC", "2026-11-23T09:40"),
        ("2 часа назад", "2026-11-23T10:00"),
        ("an hour ago", "2026-11-23T11:00"),
        ("сейчас", "2026-11-23T12:00"),
        ("2026-11-23T12:04", "2026-11-23T12:04"),
        ("23/11/2026 9:40", "2026-11-23T09:40"),
        ("11/23/2026 9:40", "2026-11-23T09:40"),
    ],
)
def test_a_moment_is_read_as_it_is_written(answer, typed: str, moment: str | None) -> None:
    if moment is None:
        assert answer("sent_at", typed) == "2025-11-24T09:40+03:00"
    else:
        assert answer("sent_at", typed) == f"{moment}+03:00"


@pytest.mark.parametrize("typed", ["2026-11-23T12:06", "завтра", "2027-01-01 10:00", "9999-12-31T23:59"])
def test_a_moment_that_is_still_ahead_is_not_taken(answer, typed: str) -> None:
    assert isinstance(answer("started", typed), list)
    if typed != "завтра":
        assert answer("started", typed) == ["Это время ещё не наступило. Укажите прошедшее"]


def test_a_moment_of_long_ago_is_told_the_earliest_day(answer) -> None:
    assert answer("started", "01.01.2020 10:00") == ["Укажите дату не раньше 22.11.2025"]


def test_a_day_without_a_time_is_asked_for_it(answer) -> None:
    assert answer("started", "вчера") == ["Добавьте время, хотя бы примерно: 23.11.2026 9:40"]


@pytest.mark.parametrize("typed", ["давно", "31.02 10:00", "25:99", "11/12/2026 9:40", "9", "x" * 500])
def test_what_is_no_moment_is_shown_one(answer, typed: str) -> None:
    assert answer("started", typed) == ["Запишите дату и время так: 23.11.2026 9:40"]


@pytest.mark.parametrize("typed", [["", "unknown"], "не знаю", "Не помню.", "don't know", ["когда-то", "unknown"]])
def test_not_knowing_is_an_answer(answer, typed: object) -> None:
    assert answer("started", typed) == "unknown"


def test_a_time_that_was_given_says_more_than_the_tick_beside_it(answer) -> None:
    assert answer("started", ["2026-11-23T09:40", "unknown"]) == "2026-11-23T09:40+03:00"


def test_where_a_moment_must_be_known_not_knowing_is_no_answer(fill) -> None:
    assert "sent_at" in fill(situation="strict", sent_at="не знаю").errors_by_question
    assert "sent_at" not in fill(sent_at="unknown").answers()


def test_a_tick_for_not_knowing_is_not_shown_as_a_time(fill) -> None:
    ticked = "".join(["un", "known"])  # as it comes from a browser: no constant of ours
    form = fill(started=["", ticked])
    assert (form["started"].raw, form["started"].is_unknown) == ("", True)
    form = fill(started=[ticked, "вчера в 9"])
    assert (form["started"].raw, form["started"].is_unknown) == ("вчера в 9", True)
