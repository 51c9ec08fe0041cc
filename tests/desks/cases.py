"""What clients of the tests write: words, error texts and files that help desks and mail readers must show whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field


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
