"""The form in pages of somebody else: two origins, as far apart as two sites are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import FLAGS, whole
from hosts import Host, script
from playwright.sync_api import BrowserContext, FrameLocator, Page, Playwright, expect
from ports import free_port
from served import Served

# Two origins are two processes of the browser, and a test's machine may have other work.
expect.set_options(timeout=15_000)


@pytest.fixture
def host() -> Iterator[Host]:
    """The site owner's web server."""
    server = Host(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def served(serve: Callable[..., Served], host: Host, tmp_path: Path) -> Served:
    """The service with one site, which the host's pages may frame."""
    sites = tmp_path / "sites.yaml"
    sites.write_text(
        f"shop:\n  title: Детали 36\n  origins: ['{host.origin}']\n  inbox: inbox-of-the-shop@desk.example\n"
    )
    return serve(SITES=str(sites))


@pytest.fixture
def visit(make_page: Callable[..., Page], host: Host, served: Served) -> Callable[..., Page]:
    """Open a page of the host with the form in it, and wait until the form has said that it is there."""

    def open_page(style: str = "", body: str | None = None, options: dict[str, Any] | None = None, **data: str) -> Page:
        page = make_page(origins=(host.origin,), **(options or {}))
        tag = script(served.address, **{"site": "shop", "lang": "ru", **data}) if body is None else body
        page.goto(host.put(tag, style) if style else host.put(tag))
        page.wait_for_function("events.some((event) => event.type === 'ready')")
        return page

    return open_page


@pytest.fixture
def form() -> Callable[[Page], FrameLocator]:
    """The form in a page."""
    return lambda page: page.frame_locator("iframe")


@pytest.fixture
def private_context(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that stores nothing for anybody: cookies and all other storage are blocked."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    blocked = (
        '"default_content_setting_values": {"cookies": 2}, "block_third_party_cookies": true, "cookie_controls_mode": 1'
    )
    (profile / "Preferences").write_text(f'{{"profile": {{{blocked}}}}}')
    context = playwright.chromium.launch_persistent_context(str(profile.parent), executable_path=whole(), args=FLAGS)
    context.set_default_timeout(10_000)
    yield context
    context.close()
