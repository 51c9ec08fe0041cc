"""From words to a form without scripts: the words go along, and stand in no address and no log."""

from __future__ import annotations

import logging

import pytest
from installation import Installation
from walker import Page
from werkzeug.datastructures import MultiDict

from wizard.texts import say

WORDS = "Не грузитса прайс поставщика, пароль от FTP qwerty-77"


def search(desk: Installation, text: str, language: str = "ru") -> Page:
    """Look for something."""
    return desk.client.post(f"/{language}/search/", MultiDict({"text": text}))


@pytest.mark.parametrize(("language", "text"), [("ru", WORDS), ("en", "the price list does not load")])
def test_what_is_found_leads_to_its_form_with_the_words(desk: Installation, language: str, text: str) -> None:
    found = search(desk, text, language)
    buttons = found.soup.select("button.row")
    assert 1 <= len(buttons) <= 5
    form = desk.client.post(str(buttons[0]["formaction"]), MultiDict({"text": text}))
    assert form.status == 200
    assert form.form().get("class") == ["report"]
    assert not form.summary
    assert form.response.headers["Cache-Control"] == found.response.headers["Cache-Control"] == "no-store"


def test_the_words_stand_in_no_address_and_no_log(desk: Installation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = search(desk, WORDS)
    addresses = [found.address, *found.links(), *(str(each["formaction"]) for each in found.soup.select("button.row"))]
    assert not [each for each in addresses if "qwerty" in each]
    assert "qwerty" not in caplog.text


def test_when_nothing_fits_it_says_so_and_shows_the_topics(desk: Installation) -> None:
    found = search(desk, "рецепт борща")
    assert found.status == 200
    assert say("ru", "search.none_next") in found.text
    assert desk.catalog.categories[0].label["ru"] in found.text


@pytest.mark.parametrize("text", ["", " \u200b\n", "x" * 100_000, "\x00<script>alert(1)</script>"])
def test_any_text_has_an_answer(desk: Installation, text: str) -> None:
    found = search(desk, text)
    assert found.status == 200
    assert "<script>alert" not in found.html


def test_the_words_stand_in_their_place_and_what_they_tell_is_offered(desk: Installation) -> None:
    words = "Сайт detal36.example не открывается ни у кого"
    form = desk.client.post("/ru/search/site/site_down/", MultiDict({"text": words}))
    assert form.value("details") == words
    assert "detal36.example" in form.value("site_url")
    assert form.submit("check", desk.example_answers("site_down")).submit("send").status == 200


def test_a_form_that_has_no_place_for_words_begins_without_them(desk: Installation) -> None:
    form = desk.client.post("/ru/search/pricelist/pl_import_file/", MultiDict({"text": "не грузится прайс"}))
    assert form.status == 200
    assert "не грузится прайс" not in form.html


def test_an_address_without_words_leads_to_the_start(desk: Installation) -> None:
    assert desk.client.get("/ru/search/").address == "/ru/"
    assert desk.client.get("/ru/search/site/site_down/").address == "/ru/site/site_down/"
    assert desk.client.get("/ru/search/site/no_such/").status == 404


def test_the_start_page_is_still_the_same_for_everybody(desk: Installation) -> None:
    start = desk.client.get("/ru/")
    assert start.response.headers["Cache-Control"] == "public, max-age=300"
    assert start.soup.select_one("form.search")["method"] == "post"
