"""A static export behind a plain file server of another origin: a report goes in, with scripts and without."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from filling import fill, go_on, press
from playwright.sync_api import Page, expect
from served import Served

from wizard.export import write_export


class _Host(SimpleHTTPRequestHandler):
    """A host of static sites below ``/help``, as several are: it says what ``_headers`` tells it to, and answers with
    ``404.html`` to what it does not have."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep requests out of the tests' output."""

    def end_headers(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/help")
        for block in self._own("_headers").decode().strip().split("\n\n"):
            pattern, *headers = block.split("\n")
            if fnmatchcase(path, pattern):
                for name, value in (header.split(": ", 1) for header in headers):
                    self.send_header(name.strip(), value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self._own("404.html"))

    def _own(self, name: str) -> bytes:
        return (Path(self.directory) / "help" / name).read_bytes()


class Copy:
    """An export, in a folder below the root of a file server, and the service that it belongs to."""

    def __init__(self, folder: Path, serve: Callable[..., Served]) -> None:
        self._server = ThreadingHTTPServer(("localhost", 0), functools.partial(_Host, directory=str(folder)))
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


def test_the_composer_of_a_copy_shows_the_form_live_and_answers_to_choices_at_the_service(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    page = open_copy(viewport={"width": 1280, "height": 900})
    page.goto(f"{copy.address}/ru/embed/")
    form = page.frame_locator(".live iframe")
    expect(form.get_by_role("heading", level=1)).to_have_text("Что случилось?")
    assert [each.url.split("?")[0] for each in page.frames[1:]] == [f"{copy.service.address}/ru/"]
    expect(page.locator("#snippet")).to_contain_text(f'src="{copy.service.address}/embed.js"')
    page.get_by_label("Что открыть сначала").select_option("pricing")
    page.get_by_label("Тёмные").check()
    press(page, "embed.show")
    page.wait_for_url(f"{copy.service.address}/ru/embed/?*")
    expect(page.locator("#snippet")).to_contain_text('data-category="pricing" data-theme="dark"')
    expect(form.get_by_role("heading", level=1)).to_have_text("Проценка")


def test_without_scripts_the_composer_of_a_copy_has_a_plain_frame_and_a_button(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    page = open_copy(java_script_enabled=False)
    page.goto(f"{copy.address}/en/embed/")
    expect(page.frame_locator(".live iframe").get_by_role("heading", level=1)).to_be_visible()
    page.get_by_label("What to open first").select_option("mail")
    press(page, "embed.show", "en")
    page.wait_for_url(f"{copy.service.address}/en/embed/?*")
    expect(page.locator("#snippet")).to_contain_text('data-category="mail"')


@pytest.mark.parametrize("place", ["nowhere", "nowhere/deep/down/", "ru/nowhere/"])
def test_an_address_that_there_is_not_gets_a_page_that_leads_on(
    copy: Copy, open_copy: Callable[..., Page], place: str
) -> None:
    page = open_copy()
    assert page.goto(f"{copy.address}/{place}").status == 404  # type: ignore[union-attr]
    # The page wears the service's style sheet, at whatever depth it is served.
    expect(page.locator(".panel.said")).not_to_have_css("border-radius", "0px")
    page.get_by_role("link", name="К началу").click()
    page.wait_for_url(f"{copy.service.address}/ru/?site=shop")
