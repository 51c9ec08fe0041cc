"""Pictures of the form in pages of somebody else: `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from embedded_form import fill_in, send
from hosts import DARK, LIGHT, Host, script
from looks import DESKTOP, PHONE, Look
from playwright.sync_api import Page, expect
from served import Served

pytestmark = pytest.mark.screenshots
FOLDER = Path(__file__).parents[3] / "screenshots"
TALL = 2400
"""Pixels: a browser paints no part of a frame that is out of view."""

SHOP = """
body { margin: 0; font: 16px/1.5 Georgia, serif; } main { max-width: 46rem; margin: 0 auto; padding: 1.25rem; }
#search { width: 100%; box-sizing: border-box; padding: .5rem; margin-bottom: 1rem; }
"""


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize(
    ("around", "theme"),
    [(LIGHT, "auto"), (DARK, "auto"), (LIGHT, "dark"), (DARK, "light")],
    ids=["light", "dark", "light-with-dark", "dark-with-light"],
)
def test_the_form_in_a_page(
    make_page: Callable[..., Page],
    served: Served,
    host: Host,
    around: str,
    theme: str,
    width: int,
    request: pytest.FixtureRequest,
) -> None:
    FOLDER.mkdir(exist_ok=True)
    name = request.node.callspec.id
    page = make_page(Look(width=width), origins=(host.origin,), viewport={"width": width, "height": TALL})
    page.goto(host.put(script(served.address, site="shop", lang="ru", theme=theme, article="OC47"), around + SHOP))
    frame = page.frame_locator("iframe")

    def take(screen: str) -> None:
        page.wait_for_timeout(300)
        page.screenshot(path=FOLDER / f"embed-{screen}-{name}.png", full_page=True)

    expect(frame.locator(".cards")).to_be_visible()
    take("start")
    frame.get_by_role("link", name="Проценка").first.click()
    expect(frame.locator(".rows")).to_be_visible()
    take("category")
    frame.get_by_role("link", name="Проценка не работает по всем поставщикам").click()
    expect(frame.locator("form.report")).to_be_visible()
    take("form")
    frame.get_by_role("button", name="Продолжить").click()
    expect(frame.get_by_role("alert")).to_be_visible()
    take("errors")
    fill_in(frame, served.desk, "pricing_all")
    take("check")
    send(frame)
    take("receipt")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("around", [LIGHT, DARK], ids=["light", "dark"])
def test_the_button_and_its_dialog(
    make_page: Callable[..., Page], served: Served, host: Host, around: str, width: int, request: pytest.FixtureRequest
) -> None:
    FOLDER.mkdir(exist_ok=True)
    name = request.node.callspec.id
    page = make_page(Look(width=width), origins=(host.origin,))
    page.goto(host.put(script(served.address, site="shop", lang="ru", theme="auto", mode="button"), around + SHOP))
    opener = page.get_by_role("button", name="Написать в поддержку")
    opener.wait_for()
    page.screenshot(path=FOLDER / f"embed-button-{name}.png")
    opener.click()
    expect(page.frame_locator("iframe").locator(".cards")).to_be_visible()
    page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / f"embed-dialog-{name}.png")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_composer(make_page: Callable[..., Page], theme: str, width: int) -> None:
    FOLDER.mkdir(exist_ok=True)
    page = make_page(Look(theme=theme, width=width), viewport={"width": width, "height": TALL})
    page.goto("/ru/embed/?opens=pricing")
    expect(page.frame_locator("iframe").locator(".rows")).to_be_visible()
    page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / f"embed-composer-{theme}-{width}.png", full_page=True)
