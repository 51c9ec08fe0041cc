"""What clients of the tests write, and what a desk gets of it: a report, its acknowledgement, two follow-ups."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import Header
from email.mime.text import MIMEText
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from service import INBOX, Service, parsed

AGENT = "agent@desk.example"
ANSWER = "Здравствуйте! Перезапустили службу, проверьте, пожалуйста."
CLIENT_REPLY = "Спасибо, теперь открывается."
LATE_REPLY = "Отвечаю на подтверждение: проблема ещё есть."


@dataclass(frozen=True)
class Case:
    """What one client sends. Words and error text are what a desk must show whole."""

    name: str
    situation: str
    client: str
    words: str
    error: str = ""
    language: str = "ru"
    numbering: str = "wizard"
    answers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    by_page: str = "Нашли ещё: со вчерашнего вечера то же самое и на складе."
    """The follow-up at the ticket's own page."""
    by_number: str = "И третье: обновили браузер, ничего не изменилось."
    """The follow-up by number and address."""


@dataclass(frozen=True)
class Correspondence:
    """The letters of one case as bytes, each in a file."""

    case: Case
    report: Path
    acknowledgement: Path
    by_page: Path
    by_number: Path
    answer: Path
    """What an agent with a plain mailbox writes to the client, the desk in copy."""
    client_reply: Path
    """What the client writes back."""
    reply_to_acknowledgement: Path

    @property
    def to_desk(self) -> tuple[Path, Path, Path]:
        """What the desk gets, in its order."""
        return self.report, self.by_page, self.by_number

    @property
    def words_of(self) -> dict[Path, tuple[str, ...]]:
        """What a reader must find whole in each letter to the desk."""
        report = (self.case.words, self.case.error) if self.case.error else (self.case.words,)
        return {self.report: report, self.by_page: (self.case.by_page,), self.by_number: (self.case.by_number,)}


def picture(red: int, green: int, blue: int, width: int = 900, height: int = 300) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes((red, green, blue)) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PAGE = {"page_url": "https://detal36.example/search.html?article=OC47", "started": "unknown"}
DOWN = {"reach": "everyone", "site_url": "https://detal36.example", "started": "unknown"}

QUOTING = """Поставщик ответил нам так:

> Добрый день!
> Ваш заказ 4471 отправлен вчера.

On Mon, 3 Nov 2025 at 10:15, Sklad <sklad@postavka.example> wrote:

а на сайте заказ так и не появился.

03.11.2025 10:15, Склад пишет:
>> выгрузка прошла

From: sklad@postavka.example
Sent: Monday, November 3, 2025 10:15 AM
To: zakaz@detal36.example
Subject: Re: 4471

-----Original Message-----

| столбец | ещё один |

Это последняя строка, и она важнее всех."""
"""Words that look like history of a correspondence."""

SIGNING = """Ошибка у всех менеджеров.

-- 
Иван, склад
-деталь OC47
- деталь W914/2

__________
Sent from my iPhone

С уважением,
Best regards
Последняя строка: без неё непонятно, о чём речь."""
"""Words that look like a signature."""

LONG = "Проценка по артикулу OC47 показывает пустую таблицу, хотя вчера поставщики отвечали. " * 12
ERROR = "Не удалось подключиться к службе лицензирования\n  at License.check (line 47)\n\nКод 0x80070005 <E_FAIL>"

CASES = (
    Case(
        "fast_track_ru",
        "site_down",
        "zakaz@detal36.example",
        "С 9:40 сайт открывается белой страницей.",
        "HTTP 502 Bad Gateway\nnginx/1.24.0",
        answers=DOWN,
    ),
    Case(
        "fast_track_en",
        "site_down",
        "shop@gears.example",
        "Since 9:40 every page of the shop is blank.\n\nOn phones too.",
        "502 Bad Gateway",
        "en",
        answers=DOWN,
        by_page="The phones of our clients as well.",
        by_number="And the tablets: all of them.",
    ),
    Case(
        "in_turn_ru",
        "site_page_error",
        "office@kolesa.example",
        "1) Ищу OC47\n2) Жму «В корзину»\n3) Корзина пустая",
        ERROR,
        answers=PAGE,
    ),
    Case(
        "twin_ru",
        "site_page_error",
        "info@podshipnik.example",
        "Печатаю счёт, а выходит пустой лист",
        "нет сообщения",
        answers=PAGE,
    ),
    Case(
        "files_ru",
        "site_page_error",
        "buh@gaika.example",
        "Прикладываю журнал и выгрузку",
        "см. журнал",
        answers=PAGE,
        files={
            "Журнал ошибок за октябрь (склад №2).txt": b"09:40 FAIL\r\n09:41 FAIL\r\n",
            "prices.csv": b"article;price\r\nOC47;120\r\n",
        },
    ),
    Case(
        "pictures_en",
        "site_page_error",
        "it@bolts.example",
        "The basket is red on one page and green on another",
        "no message",
        "en",
        answers=PAGE,
        by_page="A third page is blue.",
        by_number="A fourth one is grey.",
        files={"basket red.png": picture(200, 30, 30), "корзина.png": picture(30, 160, 60)},
    ),
    Case(
        "long_ru",
        "site_other",
        "mail@remont.example",
        LONG,
        answers={"site_url": "https://detal36.example", "started": "unknown"},
        by_page=LONG,
    ),
    Case(
        "quoting_ru",
        "site_page_error",
        "ooo@vint.example",
        QUOTING,
        "> Error: 500\n> at line 3",
        answers=PAGE,
        by_page="Дополняю.\n\n" + QUOTING,
        by_number="Ещё раз.\n\n" + QUOTING,
    ),
    Case(
        "signing_ru",
        "site_page_error",
        "ip@shaiba.example",
        SIGNING,
        "-- Error --\n\n-1 rows affected",
        answers=PAGE,
        by_page="Дополняю.\n\n" + SIGNING,
        by_number="Ещё раз.\n\n" + SIGNING,
    ),
    Case(
        "numbered_by_desk_ru",
        "site_down",
        "sklad@val.example",
        "Сайт не открывается ни у кого, даже с телефона",
        "ERR_CONNECTION_REFUSED",
        numbering="desk",
        answers=DOWN,
    ),
    Case(
        "numbered_by_desk_en",
        "site_page_error",
        "parts@axle.example",
        "I press “Add to cart”, and the cart is empty",
        "TypeError: cart is null",
        "en",
        "desk",
        PAGE,
        by_page="The same on a phone.",
        by_number="The same in Firefox.",
    ),
)


def correspond(service: Service, case: Case, folder: Path) -> Correspondence:
    """Let a client send a report and two follow-ups, and store what comes of it."""
    words = "details" if case.situation in ("site_down", "site_other") else "steps"
    texts = {words: case.words} | ({"error_text": case.error} if case.error else {})
    answers = {**case.answers, **texts, "reg_email": case.client, "contact_name": "Иван, склад"}
    known = len(service.letters)
    receipt = service.report(f"/{case.language}/site/{case.situation}/", answers, case.files)
    report = service.letter_to(INBOX, known)
    acknowledgement = service.letter_to(case.client, known)
    letters = {"report": report, "acknowledgement": acknowledgement}
    headers = parsed(report)
    number = headers["X-Ticket-Number"] or headers["X-Ticket-Receipt"]
    by_number = {"text": case.by_number, "number": number, "address": case.client}
    for kind, page, typed, files in (
        ("by_page", urlsplit(receipt).path + "follow-up/", {"text": case.by_page}, case.files),
        ("by_number", f"/{case.language}/follow-up/", by_number, {}),
    ):
        known = len(service.letters)
        service.follow_up(page, typed, files)
        letters[kind] = service.letter_to(INBOX, known)
    letters["answer"] = reply(report, AGENT, [case.client, INBOX], ANSWER)
    letters["client_reply"] = reply(letters["answer"], case.client, [AGENT, INBOX], CLIENT_REPLY)
    letters["reply_to_acknowledgement"] = reply(acknowledgement, case.client, [INBOX], LATE_REPLY)
    paths = {kind: folder / f"{case.name}.{kind}.eml" for kind in letters}
    for kind, content in letters.items():
        paths[kind].write_bytes(content)
    return Correspondence(case, **paths)


def reply(to: bytes, author: str, recipients: list[str], text: str) -> bytes:
    """What a mail program sends when somebody answers a letter: the words on top, the letter quoted below."""
    original = parsed(to)
    quoted = "\n".join("> " + line for line in text_of(to).splitlines())
    body = f"{text}\n\nOn Tue, 4 Nov 2025 at 11:00, Support <{INBOX}> wrote:\n\n{quoted}\n"
    message = MIMEText(body, "plain", "utf-8")
    message["From"] = author
    message["To"] = ", ".join(recipients)
    message["Date"] = "Wed, 05 Nov 2025 12:00:00 +0000"
    subject = str(original["Subject"])
    # Not Python's newer way of folding, which loses spaces of a subject.
    message["Subject"] = Header(subject if subject.startswith("Re: ") else f"Re: {subject}", "utf-8").encode()
    message["Message-ID"] = f"<{sha256(to + author.encode()).hexdigest()[:20]}@{author.partition('@')[2]}>"
    message["In-Reply-To"] = original["Message-ID"]
    message["References"] = " ".join(filter(None, [original["References"], original["Message-ID"]]))
    return message.as_bytes()


def text_of(letter: bytes) -> str:
    """The plain text of a letter."""
    body = parsed(letter).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def in_one_line(text: str) -> str:
    """The text as its words are compared: where lines break, and signs without width, are a letter's affair."""
    return " ".join(text.replace("\u200b", "").split())


def missing(words: tuple[str, ...], text: str) -> list[str]:
    """Which of the words are not whole in the text."""
    shown = in_one_line(text)
    return [wanted for wanted in words if in_one_line(wanted) not in shown]


def message_id(letter: Path) -> str:
    """The Message-ID of a letter, in its angle brackets."""
    return str(parsed(letter.read_bytes())["Message-ID"]).strip()


def subject(letter: Path) -> str:
    """The subject of a letter, decoded."""
    return str(parsed(letter.read_bytes())["Subject"])


def address(header: str) -> str:
    """The bare address of a header."""
    return parseaddr(header)[1]
