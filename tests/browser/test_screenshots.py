"""Pictures of every screen, for people to look at: `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filling import fill, go_on, press
from looks import Look
from playwright.sync_api import Page
from served import Served

pytestmark = pytest.mark.screenshots
FOLDER = Path(__file__).parents[2] / "screenshots"

PLACES = {
    "start": "/",
    "rules": "/rules/",
    "category": "/pricing/",
    "follow-up": "/follow-up/",
    "follow-up-done": "/follow-up/done/",
    "not-found": "/no-such-page/",
}
FILE = {"name": "error-log.txt", "mimeType": "text/plain", "buffer": b"A file for support\n"}


def take(page: Page, name: str, look: Look) -> None:
    """Take a picture of the whole page."""
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}-{look}.png", full_page=True)


def test_pages_that_are_the_same_for_everybody(make_page: Callable[..., Page], look: Look) -> None:
    page = make_page(look)
    for name, place in PLACES.items():
        page.goto(f"/{look.language}{place}")
        take(page, name, look)


def test_the_form_without_scripts(make_page: Callable[..., Page], served: Served, look: Look) -> None:
    page = make_page(look, java_script_enabled=False)
    page.goto(served.desk.address("pricing_all", look.language))
    take(page, "plain-form", look)
    press(page, "pages.form.continue", look.language)
    take(page, "plain-form-errors", look)


def test_the_way_of_a_report(make_page: Callable[..., Page], served: Served, look: Look) -> None:
    page, language = make_page(look), look.language
    answers = served.desk.example_answers("pricing_all", language)
    address = served.desk.address("pricing_all", language)
    page.goto(address)
    take(page, "step-1", look)
    go_on(page, language)
    take(page, "step-1-errors", look)
    fill(page, answers)
    go_on(page, language)
    fill(page, answers)
    page.set_input_files("#files", [FILE])
    go_on(page, language)
    page.go_back()
    take(page, "step-2", look)
    page.go_forward()
    fill(page, answers)
    take(page, "step-3", look)
    page.goto(f"/{language}/")
    page.goto(address)
    take(page, "step-restored", look)
    served.stop()
    press(page, "pages.form.continue", look.language)
    page.locator("[data-away]").wait_for()
    take(page, "step-away", look)
    served.start()
    go_on(page, language)
    take(page, "check", look)
    served.stop()
    press(page, "pages.check.send", language)
    page.locator("[data-unsent]").wait_for()
    take(page, "check-unsent", look)
    served.start()
    press(page, "pages.check.send_now", language)
    page.wait_for_url("**/tickets/**")
    take(page, "receipt", look)
    page.go_back()
    page.wait_for_url("**/tickets/**again=1")
    take(page, "already-sent", look)
