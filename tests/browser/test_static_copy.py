"""A static export behind a plain file server of another origin: a report goes in, with scripts and without."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from filling import fill, go_on, press
from looks import NARROWEST, Look
from playwright.sync_api import Page, expect
from ports import free_port
from served import Served
from sqlalchemy import select

from wizard.db.models import Ticket
from wizard.export.writing import write_export
from wizard.texts import LANGUAGES, translate


class _Server(ThreadingHTTPServer):
    is_away = False


class _Host(SimpleHTTPRequestHandler):
    """A host of static sites below ``/help``, as several are: it says what ``_headers`` tells it to, and answers with
    ``404.html`` to what it does not have."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep requests out of the tests' output."""

    def do_GET(self) -> None:
        # A browser opens lines before it needs them: those are dropped too when the server has gone away.
        if not self.server.is_away:  # type: ignore[attr-defined]
            super().do_GET()

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


class Exports:
    """Exports for one pair of origins, each made when it is first asked for: thousands of files, always the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.service_port, self.port = free_port(), free_port()
        # Another host than the service's: for a browser another site, not only another origin.
        self.origin = f"http://localhost:{self.port}"
        self.sites = folder / "sites.yaml"
        shop = f"shop:\n  origins: ['{self.origin}']\n  copies: ['{self.origin}/help/']\n"
        self.sites.write_text(f"{shop}other:\n  origins: []\n")

    def of(self, site: str, service: Served) -> Path:
        """The folder that holds the export of a site below ``help``."""
        folder = self._folder / site
        if not folder.exists():
            write_export(service.desk.app, folder / "help", service.address, site)
        return folder


class Copy:
    """An export, in a folder below the root of a file server, and the service that it belongs to."""

    def __init__(self, exports: Exports, serve: Callable[..., Served]) -> None:
        self._exports = exports
        self.origin, self.address = exports.origin, f"{exports.origin}/help"
        self.service = serve(exports.service_port, SITES=str(exports.sites))
        self._server = _Server(("localhost", exports.port), _Host)
        self.show("shop")
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def show(self, site: str) -> None:
        """Answer with the export of a site."""
        folder = self._exports.of(site, self.service)
        self._server.RequestHandlerClass = functools.partial(_Host, directory=str(folder))  # type: ignore[assignment]

    def stop(self) -> None:
        """Serve no more."""
        self._server.is_away = True
        self._server.shutdown()
        self._server.server_close()

    def tickets(self) -> int:
        """How many tickets there are."""
        return len(self.service.desk.query(select(Ticket.number)))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Exports that no test changes."""
    return Exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture
def copy(exports: Exports, serve: Callable[..., Served]) -> Iterator[Copy]:
    """A copy of the pages of a site that names it."""
    copy = Copy(exports, serve)
    yield copy
    copy.stop()


@pytest.fixture
def open_copy(copy: Copy, make_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page that may ask the file server and the service."""

    def open_it(**options: Any) -> Page:
        return make_page(origins=(copy.origin, copy.service.address), **options)

    return open_it


@pytest.fixture
def check(copy: Copy, open_copy: Callable[..., Page]) -> Page:
    """The last look at a report that was filled in on the copy."""
    page = open_copy()
    to_check(page, copy)
    assert drafts(page, copy) == [DRAFT]
    return page


DRAFT = "zayavka:shop/pricing_all"
"""Where a browser keeps what was typed into the form."""


def to_check(page: Page, copy: Copy) -> None:
    """Fill in the form of the copy, step by step."""
    answers = copy.service.desk.example_answers("pricing_all")
    page.goto(f"{copy.address}/ru/pricing/pricing_all/")
    while page.url.startswith(copy.origin):
        fill(page, answers)
        go_on(page)
    expect(page.locator("form.check")).to_be_visible()


def drafts(page: Page, copy: Copy) -> list[str]:
    """The drafts that the browser keeps for the copy; a look into the profile, in a tab of its own."""
    states = page.context.storage_state()["origins"]
    return [item["name"] for state in states if state["origin"] == copy.origin for item in state["localStorage"]]


def sent(page: Page, copy: Copy) -> None:
    """Send from the last look, and see the letter that comes of it."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")
    assert page.url.startswith(copy.service.address)
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    number = page.locator(".ticket-number strong").inner_text()
    copy.service.desk.run_worker()
    letters = copy.service.desk.inbox
    assert [(letter["X-Ticket-Number"], letter["X-Ticket-Site"]) for letter in letters] == [(number, "shop")]


def test_a_report_is_sent_step_by_step(copy: Copy, open_copy: Callable[..., Page]) -> None:
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


def test_a_report_is_sent_without_scripts(copy: Copy, open_copy: Callable[..., Page]) -> None:
    page = open_copy(java_script_enabled=False)
    page.goto(f"{copy.address}/ru/question/q_unclear/")
    page.fill("#details", "Как выгрузить прайс из программы в файл для поставщика?")
    page.fill("#reg_email", "zakaz@detal36.example")
    page.get_by_role("button", name="Продолжить").click()
    sent(page, copy)


def test_where_no_answer_may_be_read_the_service_checks_at_the_last_step(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    copy.show("other")
    page = open_copy()
    page.goto(f"{copy.address}/ru/pricing/pricing_all/")
    while page.url.startswith(copy.origin):
        go_on(page)
    # That the answers could not be read is what this test is about.
    page.watch.faults = [fault for fault in page.watch.faults if "CORS" not in fault]  # type: ignore[attr-defined]
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
    assert [frame.url.split("?")[0] for frame in page.frames[1:]] == [f"{copy.service.address}/ru/"]
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
    answer = page.goto(f"{copy.address}/{place}")
    assert answer and answer.status == 404 and "frame-ancestors" in answer.headers["content-security-policy"]
    # The page wears the service's style sheet, at whatever depth it is served.
    expect(page.locator(".panel.said")).not_to_have_css("border-radius", "0px")
    page.get_by_role("link", name="К началу").click()
    page.wait_for_url(f"{copy.service.address}/ru/?site=shop")


def test_a_report_that_is_sent_leaves_no_draft_on_the_copy(check: Page, copy: Copy) -> None:
    passed = []
    check.on("framenavigated", lambda frame: passed.append(frame.url))
    sent(check, copy)
    expect(check.get_by_role("heading", level=1)).to_have_text("Заявка принята")
    assert [address.split("#")[0] for address in passed[-2:]] == [f"{copy.address}/ru/sent/", check.url]
    assert drafts(check, copy) == []
    check.goto(f"{copy.address}/ru/pricing/pricing_all/")
    expect(check.locator("#article")).to_have_value("")
    expect(check.locator("[data-restored]")).to_be_hidden()


def test_back_from_the_receipt_leads_to_a_receipt_and_then_to_an_empty_form_of_the_copy(
    check: Page, copy: Copy
) -> None:
    sent(check, copy)
    check.go_back()
    check.wait_for_url("**/tickets/**again=1*")
    expect(check.get_by_role("status").first).to_contain_text("Заявка уже отправлена")
    check.go_back()
    check.wait_for_url(f"{copy.address}/ru/pricing/pricing_all/")
    expect(check.locator("[name=suppliers_scope]:checked")).to_have_count(0)
    assert check.title().startswith("Шаг 1 из 4.")
    assert drafts(check, copy) == []
    check.go_forward()
    check.wait_for_url("**/tickets/**again=1*")
    assert copy.tickets() == 1


def test_a_form_of_the_copy_that_a_browser_has_kept_alive_is_empty_when_it_is_shown_again(
    check: Page, copy: Copy
) -> None:
    form = check.context.new_page()
    form.goto(f"{copy.address}/ru/pricing/pricing_all/")
    expect(form.locator("[name=suppliers_scope]:checked")).to_have_count(1)
    sent(check, copy)
    # Playwright's Chromium keeps no page for the way back; this is what one that does says to the page.
    form.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(form.locator("[name=suppliers_scope]:checked")).to_have_count(0)
    assert drafts(check, copy) == []


def test_a_report_that_was_changed_and_reloaded_at_the_service_leaves_no_draft_either(check: Page, copy: Copy) -> None:
    press(check, "pages.check.edit")
    expect(check.locator("form.report")).to_be_visible()
    check.reload()
    expect(check.locator("[name=suppliers_scope]:checked")).to_have_count(1)
    while check.locator("form.report").count():
        go_on(check)
    sent(check, copy)
    assert drafts(check, copy) == []
    assert check.evaluate("({...localStorage})") == {}


def test_a_link_of_a_stranger_to_a_ticket_erases_no_draft(check: Page, copy: Copy) -> None:
    other = check.context.new_page()
    other.goto(f"{copy.address}/ru/sent/#,{copy.service.address}/ru/tickets/x/")
    other.wait_for_url("**/tickets/**")
    assert drafts(check, copy) == [DRAFT]


@pytest.mark.parametrize("mark", ["", "0123456789abcdef,", ","])
def test_nor_does_it_in_the_tab_that_has_left_the_copy(check: Page, copy: Copy, mark: str) -> None:
    check.goto(f"{copy.address}/ru/sent/#{mark}{copy.service.address}/ru/tickets/x/")
    check.wait_for_timeout(500)
    check.goto("about:blank")
    check.goto(f"{copy.address}/ru/sent/#{mark.rstrip(',')}")
    check.wait_for_timeout(500)
    assert drafts(check, copy) == [DRAFT]


def test_each_of_two_reports_from_one_tab_erases_its_own_draft(check: Page, copy: Copy) -> None:
    check.goto(f"{copy.address}/ru/question/q_unclear/")
    while check.url.startswith(copy.origin):
        fill(check, copy.service.desk.example_answers("q_unclear"))
        go_on(check)
    assert len(drafts(check, copy)) == 2
    sent(check, copy)
    assert drafts(check, copy) == [DRAFT]


@pytest.mark.parametrize("answer", [{"status": 404}, {"status": 200, "content_type": "text/html", "body": "<p>Home"}])
def test_a_copy_that_has_lost_its_page_is_not_passed(
    copy: Copy, open_copy: Callable[..., Page], answer: dict[str, Any]
) -> None:
    page = open_copy()
    page.route("**/help/ru/sent/", lambda route: route.fulfill(**answer))
    to_check(page, copy)
    passed: list[str] = []
    page.on("framenavigated", lambda frame: passed.append(frame.url))
    sent(page, copy)
    expect(page.get_by_role("heading", level=1)).to_have_text("Заявка принята")
    assert not [address for address in passed if address.startswith(copy.origin)]


def test_erasing_at_the_service_erases_the_draft_of_the_copy_too(check: Page, copy: Copy) -> None:
    press(check, "pages.check.edit")
    expect(check.locator("form.report")).to_be_visible()
    check.locator("[data-kept] [data-erase]").click()
    check.wait_for_url(f"{copy.address}/ru/pricing/pricing_all/")
    expect(check.locator("[name=suppliers_scope]:checked")).to_have_count(0)
    expect(check.locator("[data-restored]")).to_be_hidden()
    assert drafts(check, copy) == []
    check.goto(f"{copy.service.address}/ru/pricing/pricing_all/?site=shop")
    expect(check.locator("[data-restored]")).to_be_hidden()


def test_erasing_at_the_service_works_while_the_copy_is_away(check: Page, copy: Copy) -> None:
    press(check, "pages.check.edit")
    expect(check.locator("form.report")).to_be_visible()
    copy.stop()
    check.locator("[data-kept] [data-erase]").click()
    check.wait_for_url(f"{copy.service.address}/ru/pricing/pricing_all/?site=shop")
    expect(check.locator("[name=suppliers_scope]:checked")).to_have_count(0)


def test_a_copy_that_is_away_keeps_nobody_from_the_receipt(check: Page, copy: Copy) -> None:
    copy.stop()
    sent(check, copy)
    expect(check.get_by_role("heading", level=1)).to_have_text("Заявка принята")
    assert copy.tickets() == 1


def test_a_copy_that_does_not_answer_keeps_nobody_from_the_receipt(check: Page, copy: Copy) -> None:
    check.route(f"{copy.origin}/**", lambda _: None)
    sent(check, copy)
    expect(check.get_by_role("heading", level=1)).to_have_text("Заявка принята")


def test_from_an_origin_that_is_not_named_the_receipt_is_shown_at_once(
    copy: Copy, open_copy: Callable[..., Page]
) -> None:
    copy.show("other")
    page = open_copy()
    page.goto(f"{copy.address}/ru/question/q_unclear/")
    fill(page, copy.service.desk.example_answers("q_unclear"))
    while page.url.startswith(copy.origin):
        fill(page, copy.service.desk.example_answers("q_unclear"))
        go_on(page)
    page.watch.faults = [fault for fault in page.watch.faults if "CORS" not in fault]  # type: ignore[attr-defined]
    expect(page.locator("[name=copy]")).to_have_count(0)
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Заявка принята")


HOSTILE_FRAGMENTS = [
    "",
    "%",
    "/ru/tickets/x/",
    "javascript:alert(document.domain)//ru/tickets/x/",
    "javascript://{host}/ru/tickets/x/",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/ru/tickets/x/",
    "//evil.example/ru/tickets/x/",
    "{service}.evil.example/ru/tickets/x/",
    "{service}@evil.example/ru/tickets/x/",
    "{service}:1@evil.example/ru/tickets/x/",
    "{service}\\@evil.example/ru/tickets/x/",
    "https://{host}/ru/tickets/x/",
    "blob:{service}/ru/tickets/x/",
    "{service}/ru/",
    "{service}/ru/tickets/x/../../rules/",
    "{service}/ru/tickets/x/follow-up/",
    "{service}//evil.example/ru/tickets/x/",
    "{service}/mailbox/#/ru/tickets/x/",
    "{copy}/ru/tickets/x/",
]


def test_a_fragment_that_names_no_ticket_of_the_service_leads_nowhere_and_erases_nothing(
    check: Page, copy: Copy
) -> None:
    service = copy.service.address
    mark = check.locator("[name=copy]").get_attribute("value").partition("#")[2]  # type: ignore[union-attr]
    for fragment in HOSTILE_FRAGMENTS:
        target = fragment.format(service=service, host=service.removeprefix("http://"), copy=copy.origin)
        check.goto("about:blank")
        check.goto(f"{copy.address}/ru/sent/#{mark},{quote(target, safe='') if target != '%' else target}")
        expect(check.get_by_role("heading", level=1)).to_have_text("Здесь ничего делать не нужно")
        check.wait_for_timeout(50)
        assert check.url.startswith(f"{copy.address}/ru/sent/"), fragment
    assert drafts(check, copy) == [DRAFT]


def test_a_name_before_the_services_host_goes_no_further(copy: Copy, open_copy: Callable[..., Page]) -> None:
    page = open_copy()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    with_name = copy.service.address.replace("://", "://user:word@")
    page.goto(f"{copy.address}/ru/sent/#,{with_name}/ru/tickets/x/")
    page.wait_for_url(f"{copy.service.address}/ru/tickets/x/")
    assert not [address for address in requested if "@" in address]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_on_the_way_passes_axe_in_both_states(
    copy: Copy, open_copy: Callable[..., Page], flaws: Callable[[Page], list[str]], language: str, theme: str
) -> None:
    page = open_copy(look=Look(language, theme, NARROWEST))
    page.goto(f"{copy.address}/{language}/sent/")
    assert flaws(page) == []
    # An answer without a page leaves the browser where it is, as one does that takes its time.
    page.route(f"{copy.service.address}/**", lambda route: route.fulfill(status=204))
    page.goto("about:blank")
    way = f"{copy.address}/{language}/sent/#,{copy.service.address}/{language}/tickets/x/"
    page.goto(way, wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_have_text(translate(language, "pages.sent.sent"))
    assert flaws(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
