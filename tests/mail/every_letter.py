"""A letter of each kind that has HTML, and pairs of a label and its value that stand in it."""

from __future__ import annotations

from dataclasses import replace

from letters_under_test import DESK, SNAPSHOT, WHEN, attached

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.burst import Burst, BurstTicket, Shared, compose_burst
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.digest import HeldLetter, compose_digest
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter

HELD = HeldLetter(
    "100002", False, WHEN, "Сайт › Не открывается", ("address_hour",), "Белая страница", "Соколов", "100002.0123456789"
)
BURST = Burst(
    "Проценка › Нет результатов",
    12,
    WHEN,
    (Shared("Площадка", "detal36.example", 11),),
    (BurstTicket("100002", WHEN, "Соколов", "Белая страница", "100002.0123456789"),),
    11,
)
FILE_LINK = f"{SNAPSHOT.base_url}/ru/files/100001-7-9f86d081884c.{'s' * 43}/"
BY_RECEIPT = replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")

LETTERS: dict[str, tuple[Letter, tuple[str, ...]]] = {
    "ticket": (
        compose_desk_letter(SNAPSHOT, DESK, [attached()]),
        ("что уже проверили сами: Ввёл артикул", "IP-адрес: 203.0.113.25", "снимок экрана.png: image/png, "),
    ),
    "ticket with a link": (
        compose_desk_letter(SNAPSHOT, DESK, links=[(attached().attachment, FILE_LINK)]),
        ("снимок экрана.png: image/png, ",),
    ),
    "follow-up": (
        compose_follow_up(
            SNAPSHOT, DESK, "Ещё вот что", [attached()], follow_up_number=1, created_at=WHEN, verified=True
        ),
        ("снимок экрана.png: image/png, ",),
    ),
    "acknowledgement": (
        compose_acknowledgement(SNAPSHOT, DESK, "manager@detal36.example"),
        ("Номер заявки: 100001", "Принята: 23.11.2026"),
    ),
    "acknowledgement by receipt": (
        compose_acknowledgement(BY_RECEIPT, DESK, "manager@detal36.example"),
        ("Код обращения: ОБР-7K3M-9Q",),
    ),
    "digest": (
        compose_digest([HELD], 0, DESK, at=WHEN, code="K7Q2M9XH4D"),
        ("От кого: Соколов", "Отправить письма одной заявки: flask --app app outbox release 100002"),
    ),
    "burst": (
        compose_burst(BURST, DESK, at=WHEN, code="K7Q2M9XH4D", minutes=10),
        ("Площадка: detal36.example — 11",),
    ),
}
