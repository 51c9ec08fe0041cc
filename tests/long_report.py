"""The longest report that still is a likely one: names, address, answers and counts that fill the first screen."""

from __future__ import annotations

from dataclasses import replace

from letters_under_test import SNAPSHOT, WORDS

from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import Reporter

LONG_WORDS = f"Проценка по артикулу показывает пустую таблицу, хотя вчера поставщики отвечали. {WORDS} " * 30

LONG = replace(
    SNAPSHOT,
    reporter=Reporter(
        "Общество с ограниченной ответственностью «Торговый дом „Автозапчасти Северо-Запад“», филиал",
        "zakaz@avtozapchasti-severo-zapad.example",
        "konstantin.konstantinopolsky.snabzhenie@avtozapchasti-severo-zapad.example",
        "Константин Константинопольский, старший менеджер отдела снабжения",
        "+7 900 000-00-00 доб. 12345",
    ),
    situation_label="Не открывается только у нас или у отдельных клиентов",
    brief=(
        "Не открывается только у нас или у отдельных клиентов; avtozapchasti-severo-zapad.spb-opt-ltd.…; "
        "Поставщик автозапчастей и расходных мат…; «Проценка по артикулу показывает пустую таблицу, хотя вчера "
        "поставщики ещё отвечали, а сегодня…»"
    ),
    answers=tuple(
        replace(answer, text=LONG_WORDS, value=LONG_WORDS) if answer.part in ("words", "error") else answer
        for answer in SNAPSHOT.answers
    ),
    grouped_by="article",
)

MANY_SIMILAR = Similar(hour=12, day=140, same_hour=9, same_day=31, client_week=14)
