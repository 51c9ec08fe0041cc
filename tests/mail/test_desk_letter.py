"""The letter to the desk, read from what a real server received (docs/mail.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import jsonschema
import pytest
from letters_under_test import (
    DESK,
    SNAPSHOT,
    WORDS,
    as_typed,
    attached,
    file_names,
    flat,
    html_of,
    indented,
    json_of,
    plain_of,
    shown_by,
)

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.tickets.snapshot import Reporter, TicketSnapshot
from wizard.tickets.ticket_json import ticket_json

Deliver = Callable[[Letter], EmailMessage]

SCHEMA = json.loads((Path(__file__).parents[2] / "wizard" / "tickets" / "ticket.schema.json").read_text("utf-8"))

BY_RECEIPT = replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")
IN_TURN = replace(
    SNAPSHOT, fast_track=False, fast_track_rule=None, priority="normal", reason="В порядке поступления и приоритета."
)


def headers_of(message: EmailMessage) -> dict[str, str]:
    """Every header but MIME's, each of which stands once."""
    assert len(message.keys()) == len(set(message.keys()))
    return {name: str(value) for name, value in message.items() if name not in ("MIME-Version", "Content-Type")}


def test_the_headers_are_those_of_the_design(deliver: Deliver) -> None:
    assert headers_of(deliver(compose_desk_letter(SNAPSHOT, DESK))) == {
        "Date": "Mon, 23 Nov 2026 16:40:00 +0000",
        "From": "Андрей via Служба поддержки <zayavka@desk.example>",
        "Reply-To": "manager@detal36.example",
        "To": "support@desk.example",
        "Subject": "[##100001##] [ВНЕ ОЧЕРЕДИ] Проценка пуста у всех поставщиков: OC90 KNECHT — ИП Соколов А. В.",
        "Message-ID": "<ticket-100001.K7Q2M9XH4D@desk.example>",
        "X-Ticket-Number": "100001",
        "X-Ticket-Category": "pricing",
        "X-Ticket-Situation": "pricing_all",
        "X-Ticket-Fast-Track": "yes",
        "X-Ticket-Priority": "high",
        "X-Ticket-Site": "detal36",
        "X-Ticket-Language": "ru",
        "Importance": "high",
        "X-Priority": "1",
    }


def test_a_ticket_in_turn_has_no_urgency_about_it(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(IN_TURN, DESK))
    assert message["Importance"] is None
    assert message["X-Priority"] is None
    assert message["X-Ticket-Fast-Track"] == "no"
    assert "ОЧЕРЕДИ" not in message["Subject"]
    assert "\nОчередь: В порядке поступления и приоритета. Приоритет обычный.\n" in plain_of(message)


def test_a_desk_that_numbers_tickets_itself_sees_a_receipt_and_no_number(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(BY_RECEIPT, DESK))
    assert message["Message-ID"] == "<report-7k3m9q.K7Q2M9XH4D@desk.example>"
    assert message["X-Ticket-Receipt"] == "ОБР-7K3M-9Q"
    assert message["X-Ticket-Number"] is None
    assert message["Subject"].startswith("ОБР-7K3M-9Q [ВНЕ ОЧЕРЕДИ] Проценка пуста")
    assert json_of(message)["number"] is None
    assert "##" not in str(message["Subject"]) + plain_of(message) + html_of(message)


def test_the_body_is_in_the_order_of_the_design(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached("обмен.log", content=b"log", type_="text/plain")]))
    headings = ["Слова клиента", "Текст ошибки", "Ответы", "Определено автоматически", "Не указано", "Вложения"]
    plain, html = plain_of(message), shown_by(html_of(message))
    for body, spelled in ((plain, str.upper), (html, str)):
        places = [body.rindex(spelled(heading)) for heading in headings]
        assert places == sorted(places)


def test_the_clients_words_stand_untouched_behind_an_indent(deliver: Deliver) -> None:
    assert indented(WORDS) in as_typed(plain_of(deliver(compose_desk_letter(SNAPSHOT, DESK))))


def test_text_html_and_json_say_the_same_field_by_field(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached()]))
    html, fields = shown_by(html_of(message)), json_of(message)
    plain = flat(as_typed(plain_of(message)))
    facts = [
        *(answer["text"] for answer in fields["answers"]),
        *(answer["label"] for answer in fields["answers"] if answer["id"] not in ("error_text", "reg_name")),
        *(fact for name, fact in fields["evidence"].items() if name != "time"),
        *(fields["reporter"][name] for name in ("registered_name", "reply_to", "name", "phone")),
        *SNAPSHOT.not_given,
        str(fields["number"]),
        fields["site"],
        "23.11.2026 19:40 (МСК)",
        "снимок экрана.png",
    ]
    assert [fact for fact in facts if flat(fact) not in plain] == []
    assert [fact for fact in facts if flat(fact) not in html] == []


def test_no_line_is_longer_than_78_but_for_web_addresses(deliver: Deliver) -> None:
    snapshot = replace(
        SNAPSHOT, answers=tuple(replace(answer, text="Слово за слово " * 90) for answer in SNAPSHOT.answers[:6])
    )
    for letter in (compose_desk_letter(SNAPSHOT, DESK), compose_desk_letter(snapshot, DESK)):
        lines = plain_of(deliver(letter)).split("\n")
        assert [line for line in lines if len(line) > 78 and "://" not in line] == []


@pytest.mark.parametrize("sign", ["x", "щ", "🛞"])
@pytest.mark.parametrize("length", [1, 77, 78, 79, 998, 20_000])
def test_a_paragraph_of_any_length_arrives_whole(deliver: Deliver, sign: str, length: int) -> None:
    snapshot = replace(SNAPSHOT, answers=(replace(SNAPSHOT.answers[5], text=sign * length, value=sign * length),))
    message = deliver(compose_desk_letter(snapshot, DESK))
    words = plain_of(message).split("СЛОВА КЛИЕНТА\n")[1].split("\n\n")[0]
    assert words.split("\n", 1)[1].replace("    ", "").replace("\n", "") == sign * length
    assert sign * length in html_of(message)
    assert max(map(len, plain_of(message).split("\n"))) <= 78 + 60


def test_two_hundred_thousand_letters_in_one_paragraph_arrive(deliver: Deliver) -> None:
    snapshot = replace(SNAPSHOT, answers=(replace(SNAPSHOT.answers[5], text="щ" * 200_000),))
    assert plain_of(deliver(compose_desk_letter(snapshot, DESK))).count("щ") > 199_999


def test_ticket_json_is_what_its_published_schema_says(deliver: Deliver) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for snapshot in (SNAPSHOT, BY_RECEIPT, IN_TURN, replace(SNAPSHOT, attachments=(attached().attachment,))):
        fields = json_of(deliver(compose_desk_letter(snapshot, DESK)))
        jsonschema.validate(fields, SCHEMA)
        assert fields == json.loads(json.dumps(ticket_json(snapshot)))


def test_every_key_of_the_design_is_in_ticket_json() -> None:
    assert list(ticket_json(SNAPSHOT)) == SCHEMA["required"]


def test_files_come_after_ticket_json_byte_for_byte(deliver: Deliver) -> None:
    files = [attached(), attached("обмен.log", content=b"a\r\nb\nc\x00", type_="text/plain")]
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, files))
    assert file_names(message) == ["ticket.json", "снимок экрана.png", "обмен.log"]
    received = [part.get_payload(decode=True) for part in message.iter_attachments()]
    assert received[1:] == [file.content for file in files]


def test_a_picture_is_shown_inside_the_html_from_the_letter_itself(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached(), attached("второй.png")]))
    sources = re.findall(r'src="([^"]*)"', html_of(message))
    ids = [part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]]
    assert sources == [f"cid:{cid}" for cid in ids]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_picture_that_cannot_be_read_is_attached_all_the_same(deliver: Deliver, content: bytes) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [attached(content=content)]))
    assert file_names(message) == ["ticket.json", "снимок экрана.png"]
    assert "<img" not in html_of(message)


def test_a_mail_that_a_client_attaches_is_not_read_as_part_of_ours(deliver: Deliver) -> None:
    mail = b"Bcc: evil@mail.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    message = deliver(
        compose_desk_letter(SNAPSHOT, DESK, [attached("письмо.eml", content=mail, type_="message/rfc822")])
    )
    part = list(message.iter_attachments())[-1]
    assert (part.get_content_type(), part.get_payload(decode=True)) == ("application/octet-stream", mail)


def test_a_file_that_is_too_large_is_a_link_in_both_bodies(deliver: Deliver) -> None:
    file, url = attached("видео.zip", content=b"", type_="application/zip").attachment, "https://help.desk.example/f/7/"
    message = deliver(compose_desk_letter(replace(SNAPSHOT, attachments=(file,)), DESK, [], [(file, url)]))
    assert file_names(message) == ["ticket.json"]
    assert url in plain_of(message)
    assert url in shown_by(html_of(message))
    assert json_of(message)["attachments"][0]["name"] == "видео.zip"


def test_the_same_ticket_gives_the_same_bytes_at_every_retry() -> None:
    files = [attached()]
    letters = {serialise(compose_desk_letter(SNAPSHOT, DESK, files)) for _ in range(3)}
    assert len(letters) == 1


def test_without_an_address_there_is_no_reply_to_and_the_letter_says_so(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(replace(SNAPSHOT, reporter=Reporter("ИП Соколов А. В.")), DESK))
    assert message["Reply-To"] is None
    for body in (flat(plain_of(message)), shown_by(html_of(message))):
        assert "адрес для ответа не указан" in body
        assert "«Ответить» напишет не ему" in body


def test_without_any_name_the_letter_comes_from_the_desk_alone(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(replace(SNAPSHOT, reporter=Reporter()), DESK))
    assert message["From"] == "Служба поддержки <zayavka@desk.example>"


def test_an_english_desk_reads_english(deliver: Deliver) -> None:
    message = deliver(compose_desk_letter(SNAPSHOT, replace(DESK, language="en")))
    assert "[AHEAD OF THE QUEUE]" in message["Subject"]
    assert "CAPTURED AUTOMATICALLY" in plain_of(message)
    assert "2026-11-23 19:40 (MSK)" in plain_of(message)


@pytest.mark.parametrize("site", ["", "shop"])
def test_every_rule_header_stands_even_when_it_is_empty(deliver: Deliver, site: str) -> None:
    assert deliver(compose_desk_letter(replace(SNAPSHOT, site=site), DESK))["X-Ticket-Site"] == (site or "default")


def test_a_snapshot_without_answers_still_makes_a_letter(deliver: Deliver) -> None:
    bare: TicketSnapshot = replace(SNAPSHOT, answers=(), not_given=(), brief="")
    assert "ОТВЕТЫ" not in plain_of(deliver(compose_desk_letter(bare, DESK)))
