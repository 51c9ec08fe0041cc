"""The frame in the page around it: as high as its content, in the colours that were asked for, at any width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from embedded_form import events
from hosts import DARK, LIGHT, Host, script
from looks import DESKTOP, PHONE, Look
from playwright.sync_api import FrameLocator, Page, expect
from served import Served

Visit = Callable[..., Page]
Form = Callable[[Page], FrameLocator]

PAPER = {"light": "rgb(242, 245, 246)", "dark": "rgb(16, 24, 28)"}


def frame_height(page: Page) -> float:
    return float(page.locator("iframe").evaluate("(frame) => frame.getBoundingClientRect().height"))


def content_height(frame: FrameLocator) -> float:
    return float(frame.locator("html").evaluate("(root) => root.getBoundingClientRect().height"))


def wait_until_fitting(page: Page, frame: FrameLocator) -> float:
    """Wait until the frame is as high as its content; returns that height."""
    for _ in range(50):
        if abs(frame_height(page) - content_height(frame)) <= 1:
            return frame_height(page)
        page.wait_for_timeout(50)
    raise AssertionError((frame_height(page), content_height(frame)))


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_frame_grows_and_shrinks_with_its_content_and_never_scrolls(
    make_page: Callable[..., Page], served: Served, host: Host, form: Form, width: int
) -> None:
    page = make_page(Look(width=width), origins=(host.origin,))
    page.goto(host.put(script(served.address, site="shop", lang="ru", category="question", situation="q_unclear")))
    frame = form(page)
    expect(frame.locator("html[data-sized]")).to_be_attached()
    start = wait_until_fitting(page, frame)
    page.frames[1].evaluate(
        """document.querySelector('main').append(
            Object.assign(document.createElement('pre'), {textContent: '\\n'.repeat(30)}))"""
    )
    grown = wait_until_fitting(page, frame)
    assert grown > start + 100
    page.frames[1].evaluate("document.querySelector('main > pre').remove()")
    assert wait_until_fitting(page, frame) == start
    assert frame.locator("html").evaluate("(root) => root.scrollHeight - root.clientHeight") <= 1
    for inner in (page, page.frames[1]):
        assert inner.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    heights = [event["height"] for event in events(page, "height")]
    assert max(heights) - 1 <= grown and min(heights) <= start  # type: ignore[operator,type-var]


@pytest.mark.parametrize(("theme", "around"), [("light", DARK), ("dark", LIGHT), ("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_theme_that_is_set_holds_whatever_is_around_it(
    visit: Visit, form: Form, theme: str, around: str, system: str
) -> None:
    page = visit(around, theme=theme, options={"color_scheme": system})
    assert paper(form(page)) == PAPER[theme]
    assert schemes(page) == (theme, theme)


@pytest.mark.parametrize(("around", "theme"), [(DARK, "dark"), (LIGHT, "light")])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_auto_is_like_the_page_around_not_like_the_system(
    visit: Visit, form: Form, around: str, theme: str, system: str
) -> None:
    page = visit(around, theme="auto", options={"color_scheme": system})
    assert paper(form(page)) == PAPER[theme]
    assert schemes(page) == (theme, theme)


def test_auto_follows_a_page_that_follows_the_system(visit: Visit, form: Form) -> None:
    page = visit("html { color-scheme: light dark }", theme="auto", options={"color_scheme": "dark"})
    assert paper(form(page)) == PAPER["dark"]
    page.emulate_media(color_scheme="light")
    page.wait_for_function("getComputedStyle(document.querySelector('iframe')).colorScheme === 'light'")
    expect(form(page).locator("html")).to_have_css("background-color", PAPER["light"])


def test_without_a_theme_the_site_s_own_holds(visit: Visit, form: Form) -> None:
    page = visit(options={"color_scheme": "dark"})
    assert paper(form(page)) == PAPER["dark"]
    assert schemes(page) == ("light dark", "light dark")


def test_the_corners_of_the_frame_show_the_page_around_and_no_opaque_box(visit: Visit) -> None:
    page = visit("body { background: rgb(255, 0, 0) }", theme="dark")
    box = page.locator("iframe").bounding_box()
    assert box
    corner = page.screenshot(clip={"x": box["x"], "y": box["y"], "width": 1, "height": 1})
    page.evaluate("document.querySelector('iframe').style.visibility = 'hidden'")
    assert corner == page.screenshot(clip={"x": box["x"], "y": box["y"], "width": 1, "height": 1})


def test_several_frames_on_one_page_live_side_by_side(
    make_page: Callable[..., Page], served: Served, host: Host
) -> None:
    page = make_page(Look(width=DESKTOP), origins=(host.origin,))
    inline = script(served.address, "one", site="shop", category="pricing", lang="ru", theme="light")
    other = script(served.address, "two", site="shop", category="mail", lang="en", theme="dark")
    button = script(served.address, "three", site="shop", mode="button", lang="ru")
    page.goto(host.put(inline + other + button))
    page.wait_for_function("events.filter((event) => event.type === 'height').length >= 2")
    first, second = (page.frame_locator("iframe").nth(at) for at in (0, 1))
    expect(first.get_by_role("heading", level=1)).to_have_text("Проценка")
    expect(second.locator("html")).to_have_attribute("lang", "en")
    assert (paper(first), paper(second)) == (PAPER["light"], PAPER["dark"])
    assert {event["of"] for event in events(page, "ready")} == {"one", "two"}
    page.get_by_role("button", name="Написать в поддержку").click()
    expect(page.frame_locator("dialog iframe").get_by_role("heading", level=1)).to_have_text("Что случилось?")


def paper(frame: FrameLocator) -> str:
    return str(frame.locator("html").evaluate("(root) => getComputedStyle(root).backgroundColor"))


def schemes(page: Page) -> tuple[str, str]:
    """The colour scheme of the frame and that of its document: they must be the same."""
    of_frame = page.locator("iframe").evaluate("(frame) => getComputedStyle(frame).colorScheme")
    return str(of_frame), str(page.frames[1].evaluate("document.querySelector('meta[name=color-scheme]').content"))
