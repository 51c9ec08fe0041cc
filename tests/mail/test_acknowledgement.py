"""The acknowledgement: ours to the last byte, in the client's language, and no robot's business (threats E12, E14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from header_payloads import PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st
from letters_under_test import DESK, SNAPSHOT, attached, flat, html_of, plain_of, shown_by, with_text

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.tickets.snapshot import TicketSnapshot

Deliver = Callable[[Letter], EmailMessage]

CLIENT = "manager@detal36.example"
IN_ENGLISH = replace(
    SNAPSHOT, language="en", client_label="Pricing: no results", client_reason="In order of arrival and priority."
)


def acknowledgement_of(snapshot: TicketSnapshot) -> bytes:
    """The finished bytes."""
    return serialise(compose_acknowledgement(snapshot, DESK, CLIENT))


def test_the_headers_are_those_of_the_design(deliver: Deliver) -> None:
    message = deliver(compose_acknowledgement(SNAPSHOT, DESK, CLIENT))
    assert {name: str(value) for name, value in message.items() if name not in ("MIME-Version", "Content-Type")} == {
        "Date": "Mon, 23 Nov 2026 16:40:00 +0000",
        "From": "Служба поддержки <zayavka@desk.example>",
        "Reply-To": "support@desk.example",
        "To": CLIENT,
        "Subject": "[##100001##] Заявка принята: Проценка: Нет результатов от всех поставщиков",
        "Message-ID": "<ack-100001.K7Q2M9XH4D@desk.example>",
        "References": "<ticket-100001.K7Q2M9XH4D@desk.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def test_no_robot_can_answer_it() -> None:
    assert compose_acknowledgement(SNAPSHOT, DESK, CLIENT).envelope_from == ""


def test_it_says_what_was_received_which_queue_and_why_in_both_bodies(deliver: Deliver) -> None:
    message = deliver(compose_acknowledgement(SNAPSHOT, DESK, CLIENT))
    for body in (flat(plain_of(message)), shown_by(html_of(message))):
        for said in ("100001", "23.11.2026 19:40 (МСК)", SNAPSHOT.client_label, SNAPSHOT.client_reason):
            assert said in body
        assert "Повторно отправлять не нужно" in body
        assert "ответьте на это письмо" in body
        assert "Новый вопрос — новая заявка" in body
        assert "вежливо" in body


def test_both_bodies_say_the_same(deliver: Deliver) -> None:
    message = deliver(compose_acknowledgement(SNAPSHOT, DESK, CLIENT))
    html = shown_by(html_of(message)).casefold()
    lines = [line.strip() for line in plain_of(message).casefold().split("\n")]
    words = [word for line in lines for word in line.split() if not word.rstrip(".").isdigit()]
    assert [word for word in words if word not in html] == []


def test_it_speaks_the_clients_language(deliver: Deliver) -> None:
    message = deliver(compose_acknowledgement(IN_ENGLISH, DESK, CLIENT))
    assert message["Subject"] == "[##100001##] Ticket accepted: Pricing: no results"
    assert "In order of arrival and priority." in plain_of(message)
    assert BeautifulSoup(html_of(message), "html5lib").html["lang"] == "en"


def test_it_promises_no_times(deliver: Deliver) -> None:
    for snapshot in (SNAPSHOT, IN_ENGLISH):
        body = plain_of(deliver(compose_acknowledgement(snapshot, DESK, CLIENT))).casefold()
        assert not [word for word in ("час", "минут", "сегодня", "завтра", "hour", "minute", "today") if word in body]


def test_by_receipt_it_says_that_the_number_comes_next(deliver: Deliver) -> None:
    message = deliver(
        compose_acknowledgement(replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q"), DESK, CLIENT)
    )
    assert message["Subject"].startswith("Обращение ОБР-7K3M-9Q принято: ")
    assert message["Message-ID"] == "<ack-7k3m9q.K7Q2M9XH4D@desk.example>"
    assert message["References"] == "<report-7k3m9q.K7Q2M9XH4D@desk.example>"
    assert "пришлёт его отдельным письмом" in flat(plain_of(message))
    assert "##" not in plain_of(message) + str(message["Subject"])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_not_a_byte_of_it_was_typed_by_the_sender(payload: str) -> None:
    hostile = replace(with_text(payload), site=SNAPSHOT.site, attachments=(attached(payload, content=b"x").attachment,))
    assert acknowledgement_of(hostile) == acknowledgement_of(SNAPSHOT)


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(), max_size=200))
def test_no_text_changes_a_byte_of_it(text: str) -> None:
    assert acknowledgement_of(with_text(text)) == acknowledgement_of(SNAPSHOT)


def test_it_does_not_give_the_tickets_page_to_an_address_that_nobody_verified() -> None:
    letter = compose_acknowledgement(SNAPSHOT, DESK, CLIENT)
    assert "/tickets/" not in letter.text + letter.html
    assert "<a" not in letter.html


@pytest.mark.parametrize(
    "address", ["", "a@b.example, c@d.example", "Ivan <a@b.example>", "a@b.example\r\nBcc: x@y.example"]
)
def test_it_goes_to_one_bare_address_or_nowhere(address: str) -> None:
    with pytest.raises(ValueError, match="not a bare address"):
        compose_acknowledgement(SNAPSHOT, DESK, address)


def test_it_is_the_same_at_every_retry() -> None:
    assert acknowledgement_of(SNAPSHOT) == acknowledgement_of(replace(SNAPSHOT))
