"""From words to a form without scripts: the words go along, and stand in no address and no log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import Tag
from installation import Installation
from walker import Page
from werkzeug.datastructures import MultiDict

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.forms.steps import MOST
from wizard.texts import translate

WORDS = "Не грузитса прайс поставщика, пароль от FTP qwerty-77"


def search(desk: Installation, text: str, language: str = "ru") -> Page:
    """Look for something."""
    return desk.client.post(f"/{language}/search/", MultiDict({"text": text}))


@pytest.mark.parametrize(("language", "text"), [("ru", WORDS), ("en", "the price list does not load")])
def test_what_is_found_leads_to_its_form_with_the_words(desk: Installation, language: str, text: str) -> None:
    results = search(desk, text, language)
    buttons = results.soup.select("button.row")
    assert 1 <= len(buttons) <= 5
    form = desk.client.post(str(buttons[0]["formaction"]), MultiDict({"text": text}))
    assert form.status == 200
    assert form.form().get("class") == ["report"]
    assert not form.summary
    assert form.response.headers["Cache-Control"] == results.response.headers["Cache-Control"] == "no-store"


def test_the_words_stand_in_no_address_and_no_log(desk: Installation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    results = search(desk, WORDS)
    addresses = [
        results.address,
        *results.links(),
        *(str(button["formaction"]) for button in results.soup.select("button.row")),
    ]
    assert not [address for address in addresses if "qwerty" in address]
    assert "qwerty" not in caplog.text


def test_when_nothing_fits_it_says_so_and_shows_the_topics(desk: Installation) -> None:
    results = search(desk, "рецепт борща")
    assert results.status == 200
    assert translate("ru", "search.none_next") in results.text
    assert desk.catalog.categories[0].label["ru"] in results.text


@pytest.mark.parametrize("text", ["", " \u200b\n", "x" * 100_000, "\x00<script>alert(1)</script>"])
def test_any_text_has_an_answer(desk: Installation, text: str) -> None:
    results = search(desk, text)
    assert results.status == 200
    assert "<script>alert" not in results.html


def test_the_words_stand_in_their_place_and_what_they_tell_is_offered(desk: Installation) -> None:
    words = "Сайт detal36.example не открывается ни у кого"
    form = desk.client.post("/ru/search/site/site_down/", MultiDict({"text": words}))
    assert form.value("details") == words
    assert "detal36.example" in form.value("site_url")
    assert form.submit("check", desk.example_answers("site_down")).submit("send").status == 200


@pytest.mark.parametrize("situation", list(load_catalog(named_catalog("tradesoft")).situations))
def test_every_form_has_a_place_for_the_words_and_shows_it_alone(desk: Installation, situation: str) -> None:
    words = "Что-то пошло не так, <b>смотрите</b> сами"
    category = desk.catalog.category_of[situation].id
    form = desk.client.post(f"/ru/search/{category}/{situation}/", MultiDict({"text": words}))
    [place] = [field for field in form.soup.select("textarea, input:not([type=hidden])") if words in _typed_into(field)]
    assert desk.catalog.questions[str(place["name"])].part == "words"
    assert not place.find_parents("details")
    for step in form.soup.select("[data-step]"):
        fields = step.select("[data-question]:not([data-show-when])")
        # The words are seen, and the other questions that can be left out stay folded away.
        assert sum(not field.find_parents("details") for field in fields) <= MOST + (place in step.descendants)
    assert translate("ru", "search.sought", words="")[:9] not in form.text


def _typed_into(control: Tag) -> str:
    return str(control.get("value") or control.text)


def test_words_that_were_searched_reach_the_desk_as_the_clients_own(desk: Installation) -> None:
    words = "Прайс «Зима» не грузится, крутится и всё"
    form = desk.client.post("/ru/search/pricelist/pl_import_file/", MultiDict({"text": words}))
    answers = {**desk.example_answers("pl_import_file"), "details": form.value("details")}
    files = {"pl_file": [("price.txt", b"OC 47;KNECHT;100\n")]}
    form.submit("check", answers, files).submit("send")
    desk.run_worker()
    [letter] = desk.inbox
    body = letter.get_body(("plain",))
    assert body is not None
    own_words = body.get_content().partition(translate("ru", "mail.words").upper())[2]
    assert "Прайс «Зима» не грузится" in own_words


def test_words_without_a_place_are_shown_so_that_they_can_be_copied(
    make_desk: Callable[..., Installation], tmp_path: Path
) -> None:
    source = named_catalog("hosting").read_text("utf-8").replace("    part: words\n", "", 1)
    (tmp_path / "wordless.yaml").write_text(source, "utf-8")
    desk = make_desk(CATALOG=str(tmp_path / "wordless.yaml"))
    words = "<i>сертификат</i> просрочен"
    category = desk.catalog.category_of["certificate"].id
    form = desk.client.post(f"/ru/search/{category}/certificate/", MultiDict({"text": words}))
    assert f"Вы искали: «{words}»" in form.text
    assert "<i>сертификат" not in form.html
    assert "Вы искали" not in desk.client.get(f"/ru/{category}/certificate/").text


def test_words_too_few_for_an_answer_do_not_stand_in_the_way(desk: Installation) -> None:
    form = desk.client.post("/ru/search/exchange/x_kkt/", MultiDict({"text": "1с"}))
    assert "Вы искали: «1с»" in form.text
    assert form.submit("check", desk.example_answers("x_kkt")).status == 200


def test_an_address_without_words_leads_to_the_start(desk: Installation) -> None:
    assert desk.client.get("/ru/search/").address == "/ru/"
    assert desk.client.get("/ru/search/site/site_down/").address == "/ru/site/site_down/"
    assert desk.client.get("/ru/search/site/no_such/").status == 404


def test_the_start_page_is_still_the_same_for_everybody(desk: Installation) -> None:
    start = desk.client.get("/ru/")
    assert start.response.headers["Cache-Control"] == "public, max-age=300"
    assert start.soup.select_one("form.search")["method"] == "post"
