"""640 pixels of a letter's HTML decide, on a phone and on a desktop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from letters_under_test import DESK, SNAPSHOT, WHEN
from long_report import LONG_WORDS, MANY_SIMILAR, long_report
from playwright.sync_api import Browser

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.tickets.snapshot import TicketSnapshot

SCREEN = 640
"""Pixels."""

IN_TURN = {
    "fast_track": False,
    "priority": "normal",
    "reason": "В порядке поступления и приоритета: вне очереди не идёт по ответам клиента.",
}

FIRST_WORDS = """() => {
    const words = document.createRange();
    words.selectNodeContents(document.querySelector(".words"));
    return words.getClientRects()[0].bottom;
}"""


def letters(snapshot: TicketSnapshot, language: str) -> dict[str, str]:
    """The HTML of each kind of letter to the desk, with everything before the words that there can be."""
    desk, slow = replace(DESK, language=language), replace(snapshot, **IN_TURN)  # type: ignore[arg-type]
    follow_ups = {
        f"verified: {verified}": compose_follow_up(
            snapshot, desk, LONG_WORDS, follow_up_number=2, created_at=WHEN, verified=verified
        )
        for verified in (True, False)
    }
    tickets = {
        "out of turn": compose_desk_letter(snapshot, desk, similar=MANY_SIMILAR),
        "in turn": compose_desk_letter(slow, desk, similar=MANY_SIMILAR),
    }
    return {kind: letter.html for kind, letter in {**tickets, **follow_ups}.items()}


@pytest.mark.parametrize("width", [390, 800])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_first_of_the_clients_words_is_on_the_first_screen_below_all_that_decides(
    browser: Browser, language: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": SCREEN})
    below = {}
    for length, snapshot in (("short", SNAPSHOT), ("long", long_report(language))):
        for kind, html in letters(snapshot, language).items():
            page.set_content(html)
            below[f"{length}, {kind}"] = page.evaluate(FIRST_WORDS)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the screen"
    page.close()
    assert {kind: bottom for kind, bottom in below.items() if bottom > SCREEN} == {}
