"""Answers as a person reads them."""

from __future__ import annotations

from wizard.catalog.models import Catalog
from wizard.forms.display import answer_text, specified_in


def test_options_are_read_by_their_labels(catalog: Catalog) -> None:
    reach, parts = catalog.questions["reach"], catalog.questions["parts"]
    assert answer_text(catalog, reach, "us", "ru") == "Вариант us"
    assert answer_text(catalog, parts, ("search", "cart"), "en") == "Вариант search (en), Вариант cart (en)"


def test_what_was_specified_stands_beside_its_option(catalog: Catalog) -> None:
    parts = catalog.questions["parts"]
    specified = specified_in(parts, {"parts": ("cart", "else"), "parts_else": "шапка"})
    assert specified == {"else": "шапка"}
    assert answer_text(catalog, parts, ("cart", "else"), "ru", specified) == "Вариант cart, Вариант else: шапка"
    assert answer_text(catalog, parts, ("else",), "ru", "шапка") == "Вариант else: шапка"


def test_a_moment_is_read_in_words_with_its_zone(catalog: Catalog) -> None:
    started = catalog.questions["started"]
    assert answer_text(catalog, started, "2026-11-23T09:40+03:00", "ru") == "23 ноября 2026, 9:40 (МСК)"
    assert answer_text(catalog, started, "2026-11-23T06:40+00:00", "en") == "23 November 2026, 09:40 (MSK)"
    assert answer_text(catalog, started, "unknown", "ru") == "не знаю"
    assert answer_text(catalog, started, "unknown", "en") == "I don’t know"
    ural = catalog.model_copy(update={"time_zone": "Asia/Yekaterinburg"})
    assert answer_text(ural, started, "2026-11-23T09:40+03:00", "ru") == "23 ноября 2026, 11:40 (UTC+05:00)"


def test_any_other_answer_is_read_as_it_is(catalog: Catalog) -> None:
    assert answer_text(catalog, catalog.questions["topic"], "{0} %s <b>", "ru") == "{0} %s <b>"
