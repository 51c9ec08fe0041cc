"""The subject is put together once, at acceptance: what it may hold, what it never holds, and that it stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from api_client import Caller
from installation import Installation
from sqlalchemy import select, update

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.db.engine import writing
from wizard.db.models import Ticket
from wizard.intake.subject_line import without_greeting
from wizard.tickets.erased import erase_traces

PASSWORD = "Zima2024Sneg"
BOOK = load_catalog(named_catalog("tradesoft")).phrasebook


def subject_of(desk: Installation) -> str:
    """The subject of the newest letter to the desk, less its tag."""
    desk.run_worker()
    return str(desk.inbox[-1]["Subject"]).partition("##] ")[2].removeprefix("[ВНЕ ОЧЕРЕДИ] ")


@pytest.mark.parametrize(
    ("answers", "as_typed"),
    [
        ({"details": f"пароль: {PASSWORD}"}, ["details"]),
        ({"details": f"Сменили пароль на {PASSWORD}"}, ["details"]),
        ({"reg_name": f"Деталь, пароль: {PASSWORD}"}, ["reg_name"]),
    ],
)
def test_a_secret_that_was_sent_as_typed_stands_in_the_letter_and_not_in_its_subject(
    desk: Installation, answers: dict[str, str], as_typed: list[str]
) -> None:
    Caller(desk).create_ticket("acc_other", answers=answers, as_typed=as_typed)
    subject = subject_of(desk)
    assert PASSWORD in desk.all_sent and PASSWORD not in subject
    assert "***" in subject


def test_a_deciding_answer_that_was_sent_as_typed_is_masked_too(desk: Installation) -> None:
    Caller(desk).create_ticket("ws_api", answers={"api_method": f"token={PASSWORD}"}, as_typed=["api_method"])
    assert "***" in subject_of(desk) and PASSWORD not in subject_of(desk)


def test_subject_words_false_leaves_the_clients_words_out_and_answers_and_client_in(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(SUBJECT_WORDS="false")
    desk.send("site_down", details="Белая страница")
    assert subject_of(desk) == "Сайт не работает: detal36.example — ИП Соколов А. В."
    desk.send("acc_other", details="Белая страница")
    assert subject_of(desk) == "Лицензии и договор, другое — ИП Соколов А. В."


@pytest.mark.parametrize(
    ("situation", "answers"),
    [
        ("mail_not_delivered", {"mail_to": "irina@pochta.example"}),
        ("mail_sms", {"sms_phone": "+7 900 000-00-07"}),
        ("auth_single", {"as_user": "irina@pochta.example"}),
        ("sync_partial", {"sync_example": "Заказ Ирины с сайта"}),
    ],
)
def test_subject_words_false_leaves_out_what_was_told_freely_and_other_peoples_addresses(
    make_desk: Callable[..., Installation], situation: str, answers: dict[str, str]
) -> None:
    subjects = {}
    for setting in ("true", "false"):
        desk = make_desk(SUBJECT_WORDS=setting)
        desk.send(situation, **answers)
        subjects[setting] = subject_of(desk)
    said = re.compile("(?i)ирин|irin|900")
    assert said.search(subjects["true"]) and not said.search(subjects["false"]), subjects


def test_without_words_of_ones_own_the_error_text_tells_reports_apart(desk: Installation) -> None:
    desk.send("app_license", error_text="Превышено 5 рабочих мест: ключ занят")
    assert subject_of(desk) == "Ключ и рабочие места программы: Превышено 5 рабочих мест… — ИП Соколов А. В."


def test_an_english_desk_reads_english_whatever_its_client_speaks(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(DESK_LANGUAGE="en")
    desk.send("x_edo", x_system="diadoc", details="подпись не прошла")
    assert subject_of(desk).endswith("E-documents and marking: Diadoc; подпись не прошла — ИП Соколов А. В.")


def test_the_acknowledgement_holds_nothing_that_was_typed(desk: Installation) -> None:
    desk.send("site_down", site_url="https://shop-of-irina.example", reg_name="Деталь Плюс", details="Белая страница")
    desk.run_worker()
    [letter] = desk.acknowledgements
    assert not any(typed in str(letter["Subject"]) for typed in ("irina", "Плюс", "Белая"))


def test_the_subject_stays_as_it_was_when_the_ticket_was_accepted(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk()
    receipt = desk.send("site_down")
    first = subject_of(desk)
    with desk.app.app_context(), writing() as connection:
        members = json.loads(connection.execute(select(Ticket.record)).scalar_one())
        members["situation_label"] = members["subject"] = "Другое имя ситуации"
        members["answers"] = members["reporter"] = []
        members["reporter"] = {}
        connection.execute(update(Ticket.__table__).values(record=json.dumps(members)))
    follow_up = desk.client.get(next(link for link in receipt.links() if "follow-up" in link))
    follow_up.submit("send", {"text": "Заработало"})
    desk.run_worker()
    assert desk.inbox[-1]["Subject"] == f"Re: {desk.inbox[0]['Subject']}" and first in desk.inbox[-1]["Subject"]


def test_with_numbering_by_the_desk_report_and_follow_up_carry_the_receipt_code(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(NUMBERING="desk")
    receipt = desk.send("site_down", reach="everyone")
    [code] = [row.receipt for row in desk.query(select(Ticket.receipt))]
    follow_up = desk.client.get(next(link for link in receipt.links() if "follow-up" in link))
    follow_up.submit("send", {"text": "Заработало"})
    desk.run_worker()
    first, second = (str(letter["Subject"]) for letter in desk.inbox)
    assert first.startswith(f"{code} [ВНЕ ОЧЕРЕДИ] Сайт не работает: detal36.example")
    assert second == f"Re: {first}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Добрый день! Нет цен от Emex", "Нет цен от Emex"),
        ("Здравствуйте, коллеги.\nСрочно! Пропал заказ", "Пропал заказ"),
        ("Hello, please help: the cart is empty", "the cart is empty"),
        ("Добрый день, ничего не работает!", "Добрый день, ничего не работает!"),
        ("Пропал заказ. Срочно!", "Пропал заказ. Срочно!"),
        ("", ""),
    ],
)
def test_a_greeting_takes_no_room(text: str, left: str) -> None:
    assert without_greeting(text, BOOK) == left


def record_with(line: str, ip: str) -> dict[str, Any]:
    """A stored snapshot of which only the line, and what is erased, matter."""
    return {"evidence": {"ip": ip, "user_agent": "x"}, "answers": [], "brief": line, "subject_line": line}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Сайт: с 203.0.113.77 не открыт — Андрей", "Сайт: с … не открыт — Андрей"),
        ("Сайт: с адреса 203.0.113.7… — Андрей", "Сайт: с адреса … — Андрей"),
        ("Сайт: с адреса 203.0… — Андрей", "Сайт: с адреса … — Андрей"),
        ("Сайт: версия 2.3 — Андрей", "Сайт: версия 2.3 — Андрей"),
    ],
)
def test_an_erased_address_goes_from_the_subject_too_even_where_the_line_was_cut_in_it(line: str, left: str) -> None:
    members = json.loads(erase_traces(json.dumps(record_with(line, "203.0.113.77"))))
    assert (members["subject_line"], members["brief"]) == (left, left)


def test_a_ticket_of_a_former_version_loses_its_address_as_well() -> None:
    record = record_with("с 203.0.113.77", "203.0.113.77")
    del record["subject_line"]
    assert "203.0.113" not in erase_traces(json.dumps(record))
