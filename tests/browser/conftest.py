"""A real browser before a real server: Debian's Chromium, the service on a port, a real SMTP server behind it.

``page`` is a light page of a phone's width; ``make_page`` makes others. Every page is watched: errors of its scripts,
breaches of the content security policy and requests to other origins fail the test that opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_errors import Watch
from chromium import FLAGS, bare
from installation import Installation
from looks import EVERY_LOOK, PHONE, Look
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from ports import free_port
from served import Served

PATIENCE = 10_000
"""Milliseconds until a browser is believed to wait in vain."""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers. Only while this folder's tests run: it keeps a loop in the main thread."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without tabs and menus, started once."""
    chromium = playwright.chromium.launch(executable_path=bare(), args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def serve(make_desk: Callable[..., Installation]) -> Iterator[Callable[..., Served]]:
    """Put installations behind ports."""
    started: list[Served] = []

    def start(port: int | None = None, /, **config: Any) -> Served:
        port = port or free_port()
        desk = make_desk(BASE_URL=f"http://127.0.0.1:{port}", **config)
        started.append(Served(desk, port).start())
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """The service with the Tradesoft catalog and default settings, behind a port."""
    return serve()


@pytest.fixture
def make_page(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser profile of its own and watched; ``page.watch`` is its ``Watch``.

    ``origins`` are those that may be asked beside the service's own; other options are Playwright's ``new_context``.
    """
    watches: list[Watch] = []
    contexts = []

    def make(look: Look | None = None, origins: tuple[str, ...] = (), **options: Any) -> Page:
        look = look or Look()
        chrome = f"Chrome/{browser.version.partition('.')[0]}.0.0.0"
        context = browser.new_context(
            **{
                "base_url": served.address,
                "viewport": {"width": look.width, "height": 844 if look.width <= PHONE else 900},
                "color_scheme": look.theme,
                "locale": look.language,
                "reduced_motion": "reduce",
                # A person's browser has a window; one that says it has none counts as a program.
                "user_agent": f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {chrome}",
                **options,
            }
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.watch = Watch(context, [served.address, *origins])  # type: ignore[attr-defined]
        watches.append(page.watch)  # type: ignore[attr-defined]
        return page

    yield make
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture
def page(make_page: Callable[..., Page]) -> Page:
    """A page of a phone's width, light and Russian."""
    return make_page()


@pytest.fixture(params=EVERY_LOOK, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """Each way of looking at a page: both languages, both themes, a phone's width and a desktop's."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def flaws() -> Callable[[Page], list[str]]:
    """What axe finds wrong with a page as it stands now."""
    axe = Axe()

    def find(page: Page) -> list[str]:
        violations = axe.run(page).response["violations"]
        return [
            f"{violation['id']}: {node['html']}: {node['failureSummary']}"
            for violation in violations
            for node in violation["nodes"]
        ]

    return find
