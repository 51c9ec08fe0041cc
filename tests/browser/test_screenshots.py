"""Pictures of every screen, for people to look at: `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filling import IDENTITY, TYPED, bring, fill, go_on, press, search, to_details
from looks import Look
from playwright.sync_api import Page, Route
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
UPLOADS = "**/api/v1/attachments*"
PROGRAM = {"name": "run.exe", "mimeType": "text/plain", "buffer": b"MZ\x90\x00"}
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


def test_files_on_their_way(make_page: Callable[..., Page], served: Served, look: Look) -> None:
    page = to_details(make_page(look), served, look.language)
    page.set_input_files("#files", [FILE, PROGRAM])
    bring(page, "paste", "body")
    page.locator(".kept > li:has([name=files])").nth(1).wait_for()
    page.route(UPLOADS, lambda route: route.abort())
    page.set_input_files("#files", [{**FILE, "name": "exchange.log"}])
    page.locator("[data-retry]:visible").wait_for()
    waiting: list[Route] = []
    page.route(UPLOADS, lambda route: waiting.append(route))
    page.set_input_files("#files", [{**FILE, "name": "slow.txt"}])
    bring(page, "dragover", "#as_user")
    take(page, "step-files", look)
    go_on(page, look.language)
    fill(page, IDENTITY)
    press(page, "pages.form.continue", look.language)
    page.locator(".uploads.is-held").wait_for()
    take(page, "step-waiting", look)
    waiting[0].abort()
    page.locator("[data-again]:visible").wait_for()
    take(page, "step-left-behind", look)


def test_the_search(make_page: Callable[..., Page], look: Look) -> None:
    page = make_page(look)
    page.goto(f"/{look.language}/")
    search(page, TYPED[look.language])
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    take(page, "search-open", look)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    take(page, "search-results", look)
    page.fill("#search-text", "рецепт борща")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('button.row')")
    take(page, "search-none", look)


def test_the_address_that_we_see(serve: Callable[..., Served], make_page: Callable[..., Page], look: Look) -> None:
    served = serve(TRUSTED_PROXIES=1)
    page = make_page(
        look,
        origins=(served.address,),
        base_url=served.address,
        extra_http_headers={"X-Forwarded-For": "203.0.113.77"},
    )
    page.goto(served.desk.address("site_down", look.language))
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    page.locator(".seen").wait_for()
    take(page, "step-address", look)
