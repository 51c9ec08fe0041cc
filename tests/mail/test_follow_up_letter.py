"""A follow-up joins the desk's thread and says how sure it is of its sender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from letters_under_test import DESK, SNAPSHOT, WHEN, attached, file_names, flat, html_of, indented, plain_of, shown_by

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.tickets.snapshot import Reporter

Deliver = Callable[[Letter], EmailMessage]

TEXT = "Заработало у одного поставщика.\n\nОстальные молчат <b>."


def follow_up(  # type: ignore[no-untyped-def]
    number: int = 2, *, text=TEXT, verified: bool = True, snapshot=SNAPSHOT, desk=DESK, files=(), links=()
) -> Letter:
    """A follow-up an hour after the ticket."""
    return compose_follow_up(
        snapshot,
        desk,
        text,
        files,
        links,
        follow_up_number=number,
        created_at=WHEN + timedelta(hours=1),
        verified=verified,
    )


def test_it_joins_the_thread_of_its_ticket(deliver: Deliver) -> None:
    ticket, message = deliver(compose_desk_letter(SNAPSHOT, DESK)), deliver(follow_up())
    assert message["Subject"] == f"Re: {ticket['Subject']}"
    assert message["In-Reply-To"] == message["References"] == ticket["Message-ID"]
    assert message["Message-ID"] == "<ticket-100001.K7Q2M9XH4D-follow-up-2@desk.example>"
    assert message["Date"] == "Mon, 23 Nov 2026 17:40:00 +0000"
    for name in ("X-Ticket-Number", "X-Ticket-Situation", "X-Ticket-Fast-Track", "Reply-To", "From", "To"):
        assert message[name] == ticket[name]


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("ru", "Дополнение к заявке 100001, клиент не представился: «Пишет „ошибка“»"),
        ("en", "Follow-up to ticket 100001 from a client who gave no name: “Пишет ‘ошибка’”"),
    ],
)
def test_of_a_client_who_gave_no_name_it_says_so_in_a_sentence(deliver: Deliver, language: str, first: str) -> None:
    text = "Пишет «ошибка»" if language == "ru" else "Пишет “ошибка”"
    unnamed = replace(SNAPSHOT, reporter=Reporter())
    message = deliver(follow_up(text=text, snapshot=unnamed, desk=replace(DESK, language=language)))
    assert flat(plain_of(message)).startswith(first)


def test_it_joins_by_receipt_where_the_desk_numbers(deliver: Deliver) -> None:
    message = deliver(follow_up(snapshot=replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")))
    assert message["In-Reply-To"] == "<report-7k3m9q.K7Q2M9XH4D@desk.example>"
    assert message["Message-ID"] == "<report-7k3m9q.K7Q2M9XH4D-follow-up-2@desk.example>"


@pytest.mark.parametrize(
    ("verified", "said"),
    [(True, "подтверждён, писал со страницы заявки"), (False, "Владеет ли он этим адресом, неизвестно")],
)
def test_it_says_how_the_sender_was_known(deliver: Deliver, verified: bool, said: str) -> None:
    message = deliver(follow_up(verified=verified))
    assert said in flat(plain_of(message))
    assert said in shown_by(html_of(message))


def test_the_words_stand_untouched_behind_an_indent(deliver: Deliver) -> None:
    message = deliver(follow_up())
    assert indented(TEXT) in plain_of(message)
    assert flat(TEXT) in shown_by(html_of(message))


@pytest.mark.parametrize(
    ("language", "verified", "said"),
    [
        ("ru", True, f"ИП Соколов А. В., дополнение к заявке 100001: «{flat(TEXT)}»"),
        ("ru", False, f"Отправитель НЕ ПРОВЕРЕН. Дополнение к заявке 100001: «{flat(TEXT)}»"),
        ("en", True, f"ИП Соколов А. В. adds to ticket 100001: “{flat(TEXT)}”"),
        ("en", False, f"Sender NOT VERIFIED. Follow-up to ticket 100001: “{flat(TEXT)}”"),
    ],
)
def test_it_says_first_who_adds_what_to_which(deliver: Deliver, language: str, verified: bool, said: str) -> None:
    message = deliver(follow_up(verified=verified, desk=replace(DESK, language=language)))
    assert flat(plain_of(message)).startswith(said)
    assert shown_by(html_of(message)).startswith(said)


def test_a_long_one_is_cut_in_the_first_line_and_whole_below_it(deliver: Deliver) -> None:
    text = "Слово за слово " * 60
    for body in (plain_of(deliver(follow_up(text=text))), shown_by(html_of(deliver(follow_up(text=text))))):
        first = flat(body)
        assert len(first[: first.index("»")]) < 160
        assert flat(text) in first


def test_it_carries_its_own_files_and_links(deliver: Deliver) -> None:
    linked = attached("видео.zip", content=b"", type_="application/zip").attachment
    message = deliver(follow_up(files=[attached()], links=[(linked, "https://help.desk.example/f/1/")]))
    assert file_names(message) == ["ticket.json", "снимок экрана.png"]
    assert "https://help.desk.example/f/1/" in plain_of(message)
    assert "cid:" in html_of(message)


def test_each_has_an_id_of_its_own_and_the_same_bytes_at_every_retry() -> None:
    assert serialise(follow_up(1)) == serialise(follow_up(1)) != serialise(follow_up(2))
