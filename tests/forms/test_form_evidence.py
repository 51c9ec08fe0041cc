"""Facts that were captured stand in for what was left blank."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wizard.tickets.evidence import Evidence

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SEEN = Evidence(time=NOW, ip="203.0.113.25", browser="Firefox 140", os="Linux", page="https://detal36.example/cart")


def test_a_blank_browser_is_filled_silently(fill) -> None:
    form = fill(evidence=SEEN)
    assert form.answers()["browser"] == "Firefox 140, Linux"
    assert form["browser"].from_evidence
    assert form["browser"].raw == ""


def test_a_browser_that_was_typed_is_kept(fill) -> None:
    form = fill(browser="Chrome у клиента", evidence=SEEN)
    assert form.answers()["browser"] == "Chrome у клиента"
    assert not form["browser"].from_evidence


def test_a_blank_required_address_is_offered_and_left_to_the_client(fill) -> None:
    form = fill(situation="branching", reach="us", evidence=SEEN)
    assert form.errors_by_question["address"] == [
        "Мы видим адрес 203.0.113.25. Если Вы сейчас в той же сети, где проблема, оставьте его, иначе исправьте"
    ]
    assert form["address"].raw == "203.0.113.25"
    assert "address" not in form.answers()


def test_an_optional_address_is_never_guessed(fill) -> None:
    form = fill(evidence=SEEN)
    assert "address" not in form.answers()
    assert form["address"].raw == ""


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.168.0.10", None, "нет"])
def test_an_address_that_means_nothing_outside_is_not_offered(fill, ip: str | None) -> None:
    form = fill(situation="branching", reach="us", evidence=Evidence(time=NOW, ip=ip))
    assert form.errors_by_question["address"] == ["Заполните поле «Внешний адрес»"]
    assert form["address"].raw == ""


def test_the_embedding_page_is_offered_where_a_page_is_required(fill) -> None:
    form = fill(situation="strict", evidence=SEEN)
    assert form.errors_by_question["page"][0].startswith("Вы открыли форму на странице https://detal36.example/cart.")
    assert form["page"].raw == "https://detal36.example/cart"
    odd = fill(situation="strict", evidence=Evidence(time=NOW, page="javascript:alert(1)"))
    assert odd.errors_by_question["page"] == ["Заполните поле «Страница»"]
