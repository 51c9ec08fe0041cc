"""Between a label and its value stands text, so that a desk that turns HTML into text does not glue them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from letters_under_test import DESK, SNAPSHOT, WHEN, attached, flat

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.digest import HeldLetter, compose_digest
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.layout import Row
from wizard.mail.message import Letter

HELD = HeldLetter(
    "100002", False, WHEN, "Сайт › Не открывается", ("address_hour",), "Белая страница", "Соколов", "100002.0123456789"
)
BY_RECEIPT = replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")

LETTERS: dict[str, tuple[Letter, tuple[str, ...]]] = {
    "ticket": (
        compose_desk_letter(SNAPSHOT, DESK, [attached()]),
        ("Артикул: OC90", "IP-адрес: 203.0.113.25", "снимок экрана.png: image/png, "),
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
}


def as_text(html: str) -> dict[str, str]:
    """HTML as three programs make text of it: by its nodes, by its nodes with spaces, by leaving out the tags."""
    soup = BeautifulSoup(html, "html5lib")
    return {
        "nodes": flat(soup.get_text()),
        "nodes and spaces": flat(soup.get_text(" ")),
        "no tags": flat(re.sub(r"<[^>]+>", "", html)),
    }


@pytest.mark.parametrize("kind", LETTERS)
def test_a_label_and_its_value_are_never_glued(kind: str) -> None:
    letter, pairs = LETTERS[kind]
    for way, text in {"text": flat(letter.text), **as_text(letter.html)}.items():
        assert [pair for pair in pairs if pair not in text] == [], way


@pytest.mark.parametrize("kind", LETTERS)
def test_every_label_cell_ends_in_a_sign_and_a_space(kind: str) -> None:
    """Whatever rows a letter comes to have."""
    cells = [
        cells[0].get_text() for row in BeautifulSoup(LETTERS[kind][0].html, "html5lib").find_all("tr")
        if len(cells := row.find_all("td", recursive=False)) == 2
    ]  # fmt: skip
    assert cells
    assert [cell for cell in cells if not re.search(r"[:?!] $", cell)] == []


@pytest.mark.parametrize(("label", "term"), [("Артикул", "Артикул:"), ("Когда?", "Когда?"), ("Адрес:", "Адрес:")])
def test_a_label_that_ends_its_sentence_itself_gets_no_second_sign(label: str, term: str) -> None:
    assert Row(label, "x").term == term
