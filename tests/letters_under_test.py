"""A ticket with everything in it, for the letters' tests, and what a reader sees of a letter."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from bs4 import BeautifulSoup
from PIL import Image

from wizard.config.desk import Desk
from wizard.mail.message import Letter, LoadedFile
from wizard.mail.mime import serialise
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Attachment
from wizard.tickets.snapshot import AnswerSnapshot, Reporter, TicketSnapshot

DESK = Desk(
    name="Служба поддержки",
    inbox="support@desk.example",
    language="ru",
    sender="zayavka@desk.example",
    mail_domain="desk.example",
    time_zone="Europe/Moscow",
)

WHEN = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)

WORDS = "Добрый день!\n\nС утра проценка пуста, раньше был тикет 123.\n> так было в прошлый раз\n\nС уважением, Андрей"

SNAPSHOT = TicketSnapshot(
    catalog_id="tradesoft",
    catalog_version=3,
    number=100001,
    tag="[##100001##]",
    receipt=None,
    base_url="https://help.desk.example",
    created_at=WHEN,
    site="detal36",
    language="ru",
    category="pricing",
    category_label="Проценка",
    situation="pricing_all",
    situation_label="Нет результатов от всех поставщиков",
    subject="Проценка: нет результатов от всех поставщиков",
    client_label="Проценка: Нет результатов от всех поставщиков",
    fast_track=True,
    fast_track_rule="2",
    reason="Вне очереди по правилу 2: «не работает проценка по всем поставщикам».",
    client_reason="Вне очереди по правилу 2: «не работает проценка по всем поставщикам».",
    priority="high",
    reporter=Reporter(
        "ИП Соколов А. В.", "zakaz@detal36.example", "manager@detal36.example", "Андрей", "+7 900 000-00-00"
    ),
    brief="Нет результатов от всех поставщиков; OC90; KNECHT",
    answers=(
        AnswerSnapshot("scope", "От кого нет результатов", ("all", "other"), "Ни от одного поставщика, другое: X < Y"),
        AnswerSnapshot("article", "Артикул", "OC90", "OC90"),
        AnswerSnapshot("steps", "Что делали перед этим и что уже проверили сами", "…", "Ввёл артикул\nНажал «Найти»"),
        AnswerSnapshot("page_url", "Адрес", "https://d.example/?" + "q=1&" * 60, "https://d.example/?" + "q=1&" * 60),
        AnswerSnapshot("error_text", "Текст ошибки", "504", "HTTP 504\n  at /search", "error"),
        AnswerSnapshot("details", "Опишите своими словами", WORDS, WORDS, "words"),
        AnswerSnapshot("reg_name", "Имя, на которое зарегистрирован продукт", "ИП", "ИП Соколов А. В.", "identity"),
    ),
    not_given=("Как часто", "Поставщики, которых это касается"),
    evidence=Evidence(
        WHEN,
        "203.0.113.25",
        "Chrome 142",
        "Windows 10",
        "Mozilla/5.0 (X11)",
        "https://d.example/help",
        "390×844 @3x",
        "Europe/Moscow",
    ),
    attachments=(),
    advice=("Назовите артикул",),
    thread_code="K7Q2M9XH4D",
    subject_line="Проценка пуста у всех поставщиков: OC90 KNECHT — ИП Соколов А. В.",
)


def with_text(text: str) -> TicketSnapshot:
    """The snapshot with one text in every place that a sender can type into."""
    return replace(
        SNAPSHOT,
        site=text,
        language="ru",
        brief=text,
        reporter=Reporter(text, text, text, text, text),
        answers=tuple(replace(answer, value=text, text=text) for answer in SNAPSHOT.answers),
        evidence=Evidence(WHEN, *[text] * 7),
        advice=(text,),
        subject_line=text,
    )


def attached(name: str = "снимок экрана.png", *, content: bytes | None = None, type_: str = "image/png") -> LoadedFile:
    """A client's file; an image unless ``content`` is given."""
    if content is None:
        buffer = io.BytesIO()
        Image.new("RGB", (1000, 500), "navy").save(buffer, "PNG")
        content = buffer.getvalue()
    return LoadedFile(Attachment(f"id of {name}", name, type_, len(content), "0" * 64), content)


def flat(text: str) -> str:
    """Text with single spaces."""
    return " ".join(text.split())


def as_typed(text: str) -> str:
    """Text of a letter less the signs without width that keep a client's lines from being cut (``mail.history``)."""
    return text.replace("\u200b", "")


def indented(text: str) -> str:
    """A client's words as they stand in the text of a letter, where no line is too long."""
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def plain_of(message: EmailMessage) -> str:
    """The plain text, decoded."""
    part = message.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    """The HTML, decoded."""
    part = message.get_body(("html",))
    assert part is not None
    content: str = part.get_content()
    return content


def shown_by(html: str) -> str:
    """What a person sees of HTML, with single spaces."""
    soup = BeautifulSoup(html, "html5lib")
    for element in soup(["style", "title"]):
        element.decompose()
    return flat(soup.get_text(" "))


def json_of(message: EmailMessage) -> Any:
    """``ticket.json`` of a letter."""
    [part] = [part for part in message.iter_attachments() if part.get_filename() == "ticket.json"]
    assert part.get_content_type() == "application/json"
    return json.loads(part.get_payload(decode=True))


def file_names(message: EmailMessage) -> list[str | None]:
    """The names of what is attached, in order."""
    return [part.get_filename() for part in message.iter_attachments()]


def as_read(letter: Letter) -> EmailMessage:
    """A letter as a mail program reads it."""
    message = message_from_bytes(serialise(letter), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def bodies(message: EmailMessage) -> list[str]:
    """Text and HTML."""
    return [str(part.get_content()) for kind in ("plain", "html") if (part := message.get_body((kind,)))]
