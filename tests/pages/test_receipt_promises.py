"""What pages and the acknowledgement promise of letters and numbers is what happens, whoever numbers the tickets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from api_client import Caller
from installation import Installation
from letters_under_test import flat, plain_of, shown_by
from sqlalchemy import update

from wizard.db.engine import writing
from wizard.db.models import Ticket

AGENT = "a-token-of-the-tests-0123456789"
CODE = r"ОБР-\w{4}-\w\w"
WITHOUT_ADDRESS = {"reg_email": "", "contact_email": "", "reg_name": "Detal 36"}
LETTERS = {
    "ru": ("На Ваш адрес придут два письма", "пришлёт письмом", "отвечайте на письмо"),
    "en": ("Two e-mails will come", "sends it by e-mail", "answer the e-mail"),
}
NO_LETTER = {
    "ru": ("Письмо с подтверждением не придёт", "Письма с ним не будет", "«Дополнить эту заявку»"),
    "en": ("No confirmation e-mail will come", "No e-mail will bring it", "“Add to this ticket”"),
}


@pytest.fixture
def by_desk(make_desk: Callable[..., Installation]) -> Installation:
    """An installation whose help desk numbers the tickets."""
    return make_desk(NUMBERING="desk", AGENT_TOKENS=f"bot:{AGENT}", BUDGET_TICKETS_HOUR=0)


def receipt(desk: Installation, language: str, **typed: Any) -> str:
    """What the receipt shows."""
    return flat(shown_by(desk.send("site_down", language, **typed).html))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_receipt_promises_letters_where_there_is_an_address_and_none_where_there_is_none(
    by_desk: Installation, language: str
) -> None:
    with_address = receipt(by_desk, language, reg_email="zakaz@detal36.example")
    without = receipt(by_desk, language, **WITHOUT_ADDRESS)
    assert all(words in with_address for words in LETTERS[language])
    assert not any(words in with_address for words in NO_LETTER[language])
    assert all(words in without for words in NO_LETTER[language])
    assert not any(words in without for words in LETTERS[language])
    assert re.search(CODE, with_address) and re.search(CODE, without)
    by_desk.run_worker()
    assert len(by_desk.acknowledgements) == 1, "and so it happens"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_acknowledgement_brings_the_code_and_says_what_brings_the_number(
    by_desk: Installation, language: str
) -> None:
    by_desk.send("site_down", language, reg_email="zakaz@detal36.example")
    by_desk.run_worker()
    [letter] = by_desk.acknowledgements
    body = flat(plain_of(letter))
    assert re.search(CODE, str(letter["Subject"])) and re.search(CODE, body)
    assert ("пришлёт его отдельным письмом" if language == "ru" else "in an e-mail of its own") in body


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_check_page_promises_a_number_on_the_last_page_to_nobody_who_gets_a_code(
    by_desk: Installation, language: str
) -> None:
    page = flat(shown_by(by_desk.filled("site_down", language, **WITHOUT_ADDRESS).html))
    said = {"ru": "не придёт. Сохраните страницу", "en": "no e-mail will tell you"}[language]
    assert said in page
    assert ("номер с последней" if language == "ru" else "Keep the number") not in page


def test_who_adds_by_hand_is_asked_for_the_code_and_told_of_the_code(by_desk: Installation) -> None:
    form = by_desk.client.get("/ru/follow-up/")
    shown = flat(shown_by(form.html))
    assert "Код обращения" in shown and "пришло письмо с кодом" in shown and "пришло письмо с номером" not in shown
    refused = form.submit("send", {"number": "ОБР-0000-00", "address": "a@detal36.example", "text": "Ещё"})
    assert "с таким кодом" in refused.text and "с таким номером" not in refused.text


def test_a_code_in_latin_or_cyrillic_letters_alike_adds_a_message(by_desk: Installation) -> None:
    shown = receipt(by_desk, "ru", reg_email="zakaz@detal36.example")
    code = re.search(CODE, shown)
    assert code
    typed = code[0].translate(str.maketrans("ОБРABEKMHPCTX", "OBPАВЕКМНРСТХ")).lower()
    form = by_desk.client.get("/ru/follow-up/")
    page = form.submit("send", {"number": typed, "address": "zakaz@detal36.example", "text": "Ещё"})
    assert page.status == 200 and "Дополнение принято" in page.text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_once_the_desks_number_is_known_the_receipt_shows_it_and_promises_it_no_more(
    by_desk: Installation, language: str
) -> None:
    address = by_desk.send("site_down", language, reg_email="zakaz@detal36.example").address
    agent = Caller(by_desk, Authorization=f"Bearer {AGENT}")
    agent.patch("tickets/100001", {"desk_reference": "4711"})
    shown = flat(shown_by(by_desk.client.get(address).html))
    assert ("Номер в службе поддержки 4711" if language == "ru" else "Number at the support desk 4711") in shown
    assert not any(words in shown for words in LETTERS[language][:2] + NO_LETTER[language][:2])
    assert ("пока его нет" if language == "ru" else "until it comes") not in shown


@pytest.mark.parametrize("language", ["ru", "en"])
def test_where_we_number_the_receipt_says_so_and_names_no_code(desk: Installation, language: str) -> None:
    with_address = receipt(desk, language, reg_email="zakaz@detal36.example")
    without = receipt(desk, language, **WITHOUT_ADDRESS)
    assert ("номер есть на этой странице" if language == "ru" else "the number is on this page") in with_address
    assert NO_LETTER[language][0] in without and with_address.count("100001") >= 2
    for shown in (with_address, without):
        assert not any(words in shown for words in LETTERS[language][:2])
        assert not re.search(CODE, shown)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_client_whose_message_reopened_the_ticket_is_told_so_until_an_agent_marks_it(
    make_desk: Callable[..., Installation], language: str
) -> None:
    desk = make_desk(AGENT_TOKENS=f"bot:{AGENT}")
    agent = Caller(desk, Authorization=f"Bearer {AGENT}")
    address = desk.send("site_down", language).address.partition("?")[0]
    said = {"ru": "Ваше дополнение снова открыло её", "en": "has opened it again"}[language]
    agent.patch("tickets/100001", {"state": "closed"})
    assert said not in desk.client.get(address).text
    page = desk.client.get(f"{address}follow-up/").submit("send", {"text": "Снова не открывается"})
    assert said in page.text
    agent.patch("tickets/100001", {"state": "taken"})
    assert said not in desk.client.get(address).text


def test_a_stranger_who_wrote_by_number_is_told_nothing_of_the_ticket(desk: Installation) -> None:
    desk.send("site_down", reg_email="zakaz@detal36.example")
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(state="closed", desk_reference="4711"))
    form = desk.client.get("/ru/follow-up/")
    page = form.submit("send", {"number": "100001", "address": "zakaz@detal36.example", "text": "Ещё"})
    assert page.status == 200
    assert "закрыта" not in page.text and "4711" not in page.text
