"""Words are untouched in HTML: tabs, indents and columns stand as they were typed, and long lines are still broken."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from letters_under_test import DESK, SNAPSHOT
from playwright.sync_api import Browser

from wizard.mail.desk_letter import compose_desk_letter

TABLE = "Артикул\tБренд\tСрок\nOC90\tKNECHT\t2\n0986452041\tBOSCH\t14"
TRACEBACK = 'Traceback:\n  File "a.py", line 1\n    load()\n\n ^ here   <b> &nbsp;\n\tat /search\n \n'
TYPED = f"{TABLE}\n{TRACEBACK}one  two   three    four\n конец"
LONG = "  ".join(["поставщик", "не", "отвечает"] * 60)

BROKEN_WORDS = """() => {
    const text = document.querySelector(".words").firstChild, broken = [];
    for (const match of text.data.matchAll(/[^\\s]+/g)) {
        const word = document.createRange();
        word.setStart(text, match.index);
        word.setEnd(text, match.index + match[0].length);
        if (new Set([...word.getClientRects()].map(box => box.top)).size > 1) broken.push(match[0]);
    }
    return broken;
}"""


def html_with(words: str) -> str:
    """A desk's letter with a client's words and an error text."""
    parts = {"words", "error"}
    answers = [replace(answer, text=words, value=words) for answer in SNAPSHOT.answers if answer.part in parts]
    return compose_desk_letter(replace(SNAPSHOT, answers=tuple(answers)), DESK).html


def plain(text: str) -> str:
    """With plain spaces, none of them at the end of a line."""
    return "\n".join(line.rstrip() for line in text.replace("\u00a0", " ").split("\n")).rstrip()


@pytest.mark.parametrize("place", [".words", ".code"])
def test_what_a_reader_shows_and_copies_has_every_space(browser: Browser, place: str) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_content(html_with(TYPED))
    assert plain(page.locator(place).inner_text()) == plain(TYPED.expandtabs(8))
    page.close()


def test_so_has_text_that_programs_make_of_the_html_and_that_knows_one_space_only() -> None:
    cell = BeautifulSoup(html_with(TYPED), "html5lib").select_one(".words")
    assert cell is not None
    for line_end in cell.find_all("br"):
        line_end.replace_with("\u2029")
    text = re.sub("[ \t\n]+", " ", cell.get_text())
    assert plain(re.sub(" *\u2029 *", "\n", text)) == plain(TYPED.expandtabs(8))


def test_columns_of_a_pasted_table_stand_below_each_other_in_letters_of_one_width(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_content(html_with("артикул\tбренд\tсрок\nOC90\tKNECHT\t2"))
    lines = plain(page.locator(".code").inner_text()).split("\n")
    assert lines[0].index("бренд") == lines[1].index("KNECHT") and lines[0].index("срок") == lines[1].index("2")
    page.close()


def test_a_long_line_of_such_runs_is_broken_between_words_on_a_phone(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content(html_with(LONG))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(BROKEN_WORDS) == []
    page.close()
