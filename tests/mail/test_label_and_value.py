"""Between a label and its value stands text, so that a desk that turns HTML into text does not glue them."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from every_letter import LETTERS
from letters_under_test import flat

from wizard.mail.layout import Row


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


@pytest.mark.parametrize("kind", [kind for kind in LETTERS if kind != "burst"])
def test_every_label_cell_ends_in_a_sign_and_a_space(kind: str) -> None:
    """Whatever rows a letter comes to have. The letter of a burst has lines in their place."""
    cells = [
        cells[0].get_text() for row in BeautifulSoup(LETTERS[kind][0].html, "html5lib").find_all("tr")
        if len(cells := row.find_all("td", recursive=False)) == 2
    ]  # fmt: skip
    assert cells
    assert [cell for cell in cells if not re.search(r"[:?!] $", cell)] == []


@pytest.mark.parametrize(("label", "term"), [("Артикул", "Артикул:"), ("Когда?", "Когда?"), ("Адрес:", "Адрес:")])
def test_a_label_that_ends_its_sentence_itself_gets_no_second_sign(label: str, term: str) -> None:
    assert Row(label, "x").term == term
