"""Pictures of every screen, for people to look at: `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filling import fill
from looks import Look
from playwright.sync_api import Page
from served import Served

from wizard.texts import say

pytestmark = pytest.mark.screenshots
FOLDER = Path(__file__).parents[2] / "screenshots"

PLACES = {
    "start": "/",
    "rules": "/rules/",
    "category": "/pricing/",
    "form": "/pricing/pricing_all/",
    "follow-up": "/follow-up/",
    "follow-up-done": "/follow-up/done/",
    "not-found": "/no-such-page/",
}


def take(page: Page, name: str, look: Look) -> None:
    """Take a picture of the whole page."""
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}-{look}.png", full_page=True)


def test_pages_that_are_the_same_for_everybody(make_page: Callable[..., Page], look: Look) -> None:
    page = make_page(look)
    for name, place in PLACES.items():
        page.goto(f"/{look.language}{place}")
        take(page, name, look)


def test_pages_on_the_way_of_a_report(make_page: Callable[..., Page], served: Served, look: Look) -> None:
    page = make_page(look, java_script_enabled=False)
    page.goto(served.desk.address("pricing_all", look.language))
    page.get_by_role("button", name=say(look.language, "pages.form.continue")).click()
    take(page, "plain-form-errors", look)
    fill(page, served.desk.example_answers("pricing_all", look.language))
    page.get_by_role("button", name=say(look.language, "pages.form.continue")).click()
    take(page, "plain-check", look)
    page.get_by_role("button", name=say(look.language, "pages.check.send"), exact=True).click()
    page.wait_for_url("**/tickets/**")
    take(page, "receipt", look)
