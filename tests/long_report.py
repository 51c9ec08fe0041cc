"""The longest report that still is a likely one: names, address, answers and counts that fill the first screen."""

from __future__ import annotations

from dataclasses import replace

from letters_under_test import SNAPSHOT, WORDS

from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import Reporter, TicketSnapshot

LONG_WORDS = f"Проценка по артикулу показывает пустую таблицу, хотя вчера поставщики отвечали. {WORDS} " * 30

SITUATION = "Не выгружаются прайс-листы в Веб-АвтоРесурс (синхронизация включена)"
"""The longest label of the catalogs that ship, as the verdict's reason below is the longest of theirs."""

LONG = replace(
    SNAPSHOT,
    reporter=Reporter(
        "Общество с ограниченной ответственностью «Торговый дом „Автозапчасти Северо-Запад“», филиал",
        "zakaz@avtozapchasti-severo-zapad.example",
        "konstantin.konstantinopolsky.snabzhenie@avtozapchasti-severo-zapad.example",
        "Константин Константинопольский, старший менеджер отдела снабжения",
        "+7 900 000-00-00 доб. 12345",
    ),
    category_label="Прайс-листы и синхронизация Веб-АвтоРесурса",
    situation_label=SITUATION,
    reason=(
        "Вне очереди по правилу 8: «полностью не работают веб-сервисы (не открываются веб-автокаталоги, отсутствуют "
        "результаты от всех веб-поставщиков)»."
    ),
    brief=(
        f"{SITUATION}; avtozapchasti-severo-zapad.spb-opt-ltd.…; "
        "Поставщик автозапчастей и расходных мат…; «Проценка по артикулу показывает пустую таблицу, хотя вчера "
        "поставщики ещё отвечали, а сегодня…»"
    ),
    answers=tuple(
        replace(answer, text=LONG_WORDS, value=LONG_WORDS) if answer.part in ("words", "error") else answer
        for answer in SNAPSHOT.answers
    ),
    grouped_by="article",
)

ENGLISH_REASON = (
    "Ahead of the queue under rule 8: “web services do not work at all (web car catalogues do not open, there are no "
    "results from any web supplier)”."
)


def long_report(language: str) -> TicketSnapshot:
    """The report as a desk of this language gets it."""
    return replace(LONG, reason=ENGLISH_REASON) if language == "en" else LONG


MANY_SIMILAR = Similar(hour=12, day=140, same_hour=9, same_day=31, client_week=14)
