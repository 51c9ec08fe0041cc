"""Sizes are formatted in one way: on pages, in letters, in limits and in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installation import Installation
from letters_under_test import DESK, SNAPSHOT, attached

from wizard.mail.desk_letter import compose_desk_letter
from wizard.texts import LANGUAGES, translator
from wizard.values.sizes import limit_text, size_text, size_units


@pytest.mark.parametrize(
    ("size", "ru", "en"),
    [
        (0, "0 байт", "0 bytes"),
        (999, "999 байт", "999 bytes"),
        (1_000, "1 КБ", "1 kB"),
        (1_024, "1 КБ", "1 kB"),
        (1_250, "1,3 КБ", "1.3 kB"),
        (12_345, "12,3 КБ", "12.3 kB"),
        (999_949, "999,9 КБ", "999.9 kB"),
        (999_950, "1 МБ", "1 MB"),
        (10_450_000, "10,5 МБ", "10.5 MB"),
        (10_485_760, "10,5 МБ", "10.5 MB"),
        (2_000_000_000, "2000 МБ", "2000 MB"),
    ],
)
def test_a_size_is_in_decimal_units(size: int, ru: str, en: str) -> None:
    assert size_text(size, translator("ru")) == ru
    assert size_text(size, translator("en")) == en


@pytest.mark.parametrize(
    ("limit", "ru"),
    [
        (10 * 1024**2, "10,4 МБ"),
        (10_000_000, "10 МБ"),
        (1024**2, "1 МБ"),
        (999_999, "999,9 КБ"),
        (100_000, "100 КБ"),
        (999, "999 байт"),
        (0, "0 байт"),
    ],
)
def test_a_limit_is_rounded_down(limit: int, ru: str) -> None:
    assert limit_text(limit, translator("ru")) == ru


def bytes_of(text: str) -> float:
    """The bytes that a size in English words says."""
    number, unit = text.split()
    return float(number) * {"MB": 1e6, "kB": 1e3, "bytes": 1}[unit]


@given(limit=st.integers(1, 10**10))
def test_a_file_within_the_limit_that_is_shown_is_never_refused(limit: int) -> None:
    promised = bytes_of(limit_text(limit, translator("en")))
    assert promised <= limit + 0.5
    assert promised > limit * 0.9 or limit < 10


def in_the_browser(size: int, language: str) -> str:
    """The few steps of ``static/js/files.js``, over the same table."""
    translate = translator(language)
    _, bytes_in, text = next(unit for unit in size_units(translate) if size >= unit[0])
    tenths = int(size * 10 / bytes_in + 0.5)
    return text.replace("{size}", re.sub(r"\.0$", "", str(tenths / 10)).replace(".", translate("views.decimal_mark")))


@given(size=st.one_of(st.integers(0, 10**9), st.integers(0, 10**6).map(lambda n: 50 * n)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browser_says_the_same_of_a_file_before_it_arrives(language: str, size: int) -> None:
    assert in_the_browser(size, language) == size_text(size, translator(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_shows_the_size_that_the_page_showed(language: str) -> None:
    file = attached("log.txt", content=b"x" * 12_345, type_="text/plain")
    letter = compose_desk_letter(SNAPSHOT, replace(DESK, language=language), [file])
    assert f"text/plain, {size_text(12_345, translator(language))}" in letter.text


def test_form_page_refusal_and_api_show_the_limit_that_is_set(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(UPLOAD_MAX_BYTES=300_000)
    form = desk.client.get(desk.address("site_down"))
    assert "каждый до 300 КБ" in form.text
    large = {"files": [("large.txt", b"a" * 300_001)]}
    refused = form.submit("check", desk.example_answers("site_down"), large)
    assert "Файл large.txt больше 300 КБ" in refused.summary
    assert "до 300 КБ в одном файле" in desk.app.test_client().get("/api/v1/problems/too-large").text


def test_an_uploaded_file_has_its_size_with_a_decimal_comma(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    check = form.submit("check", desk.example_answers("site_down"), {"files": [("log.txt", b"a" * 1_250)]})
    assert "1,3 КБ" in check.text
    check.submit("send")
    desk.run_worker()
    assert "log.txt: text/plain, 1,3 КБ" in " ".join(desk.inbox[0].get_body(("plain",)).get_content().split())
