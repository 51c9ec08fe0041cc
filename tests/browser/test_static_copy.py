"""A static export behind a plain file server of another origin: a report goes in, with scripts and without."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from filling import fill, go_on, press
from playwright.sync_api import Page, expect
from served import Served

from wizard.export import write_export


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep requests out of the tests' output."""


class Copy:
    """An export, in a folder below the root of a file server, and the service that it belongs to."""

    def __init__(self, folder: Path, serve: Callable[..., Served]) -> None:
        self._server = ThreadingHTTPServer(("localhost", 0), functools.partial(_Quiet, directory=str(folder)))
        # Another host than the service's: for a browser another site, not only another origin.
        self.origin = f"http://localhost:{self._server.server_port}"
        self.address = f"{self.origin}/help"
        (folder / "sites.yaml").write_text(f"shop:\n  origins: ['{self.origin}']\nother:\n  origins: []\n")
        self.service = serve(SITES=str(folder / "sites.yaml"))
        self.folder = folder / "help"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def export(self, site: str) -> None:
        """Write the export of a site."""
        write_export(self.service.desk.app, self.folder, self.service.address, site)

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def copy(tmp_path: Path, serve: Callable[..., Served]) -> Iterator[Copy]:
    """A copy of the pages of a site whose origins name the file server."""
    made = Copy(tmp_path, serve)
    made.export("shop")
    yield made
    made.stop()


@pytest.fixture
def open_copy(copy: Copy, make_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page that may ask the file server and the service."""

    def open_it(**options: Any) -> Page:
        return make_page(origins=(copy.origin, copy.service.address), **options)

    return open_it


def sent(page: Page, copy: Copy) -> None:
    """Send from the last look, and see the letter that comes of it."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")
    assert page.url.startswith(copy.service.address)
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    number = page.locator(".ticket-number strong").inner_text()
    copy.service.desk.run_worker()
    letters = copy.service.desk.inbox
    assert [(each["X-Ticket-Number"], each["X-Ticket-Site"]) for each in letters] == [(number, "shop")]


def test_a_report_is_handed_in_step_by_step(copy: Copy, open_copy: Callable[..., Page]) -> None:
    page = open_copy()
    page.goto(f"{copy.address}/")
    page.locator("a[href$='/pricing/']").first.click()
    page.locator("a[href$='pricing_all/']").click()
    # The service's answer is read: the error stands at its question, and the page is still the copy.
    go_on(page)
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.url == f"{copy.address}/ru/pricing/pricing_all/"
    answers = copy.service.desk.example_answers("pricing_all")
    while page.url.startswith(copy.origin):
        fill(page, answers)
        go_on(page)
    sent(page, copy)


def test_a_report_is_handed_in_without_scripts(copy: Copy, open_copy: Callable[..., Page]) -> None:
    page = open_copy(java_script_enabled=False)
    page.goto(f"{copy.address}/ru/question/q_unclear/")
    page.fill("#details", "Как выгрузить прайс из программы в файл для поставщика?")
    page.fill("#reg_email", "zakaz@detal36.example")
    page.get_by_role("button", name="Продолжить").click()
    sent(page, copy)


def test_where_no_answer_may_be_read_the_service_checks_at_the_last_step(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    copy.export("other")
    page = open_copy()
    page.goto(f"{copy.address}/ru/pricing/pricing_all/")
    while page.url.startswith(copy.origin):
        go_on(page)
    # That the answers could not be read is what this test is about.
    page.watch.faults = [each for each in page.watch.faults if "CORS" not in each]  # type: ignore[attr-defined]
    assert page.url.startswith(copy.service.address)
    expect(page.get_by_role("alert")).to_contain_text("Есть ошибка")


def test_a_draft_of_a_copy_is_offered_again_and_erased_there(copy: Copy, open_copy: Callable[..., Page]) -> None:
    page = open_copy()
    address = f"{copy.address}/ru/pricing/pricing_all/"
    page.goto(address)
    fill(page, {"suppliers_scope": "all", "article": "OC 47"})
    page.goto(f"{copy.address}/ru/")
    page.goto(address)
    expect(page.locator("[data-restored]")).to_be_visible()
    expect(page.locator("#article")).to_have_value("OC 47")
    page.locator("[data-restored] [data-erase]").click()
    expect(page.locator("#article")).to_have_value("")
    assert page.url == address


def test_the_search_box_of_a_copy_suggests_and_leads_on_with_the_words(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    page = open_copy()
    page.goto(f"{copy.address}/ru/")
    page.get_by_role("combobox").fill("ни одного предложения ни от одного поставщика")
    # The first text that is ranked waits until the situations are learned.
    expect(page.get_by_role("option").first).to_be_visible(timeout=60_000)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Проценка")
    assert page.url.startswith(copy.service.address)
    assert "предложения" not in page.url
