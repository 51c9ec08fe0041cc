"""The page on which a site owner composes the snippet, and the snippet itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hosts import Host
from looks import DESKTOP, NARROWEST, Look
from playwright.sync_api import Page, Route, expect
from served import Served


def test_a_choice_is_seen_at_once_in_the_snippet_and_live(make_page: Callable[..., Page]) -> None:
    page = make_page(Look(width=DESKTOP))
    page.goto("/ru/embed/")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Что случилось?")
    page.get_by_label("Что открыть сначала").select_option("pricing")
    expect(page.locator("#snippet")).to_contain_text('data-category="pricing"')
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Проценка")
    page.get_by_label("Тёмные").check()
    expect(page.locator("#snippet")).to_contain_text('data-theme="dark"')
    expect(page.frame_locator("iframe").locator("html")).to_have_css("background-color", "rgb(16, 24, 28)")
    page.get_by_label("Плавающая кнопка").check()
    expect(page.locator("#snippet")).to_contain_text('data-mode="button"')
    expect(page.get_by_label("Плавающая кнопка")).to_be_focused()
    page.get_by_role("button", name="Написать в поддержку").click()
    expect(page.frame_locator("dialog iframe").get_by_role("heading", level=1)).to_have_text("Проценка")
    assert "mode=button" in page.url


def test_of_two_choices_in_quick_succession_the_last_holds_however_late_the_first_is_answered(
    make_page: Callable[..., Page],
) -> None:
    page = make_page(Look(width=DESKTOP))
    page.goto("/ru/embed/")
    held: list[Route] = []
    page.route(re.compile("opens=pricing&"), lambda route: held.append(route))
    with page.expect_request(re.compile("opens=pricing&")):
        page.get_by_label("Что открыть сначала").select_option("pricing")
    page.get_by_label("Что открыть сначала").select_option("mail")
    expect(page.locator("#snippet")).to_contain_text('data-category="mail"')
    (first,) = held
    first.fulfill(response=first.fetch())
    page.wait_for_timeout(300)
    expect(page.locator("#snippet")).to_contain_text('data-category="mail"')
    assert "opens=mail" in page.url


def test_the_snippet_is_copied_and_works_where_it_is_pasted(make_page: Callable[..., Page], host: Host) -> None:
    page = make_page(Look(width=DESKTOP), origins=(host.origin,), permissions=["clipboard-read", "clipboard-write"])
    page.goto("/ru/embed/?opens=pricing/pricing_all&theme=dark&lang=en")
    page.get_by_role("button", name="Скопировать").click()
    expect(page.get_by_role("status")).to_have_text("Скопировано")
    snippet = page.evaluate("navigator.clipboard.readText()")
    page.goto(host.put(snippet))
    heading = page.frame_locator("iframe").get_by_role("heading", level=1)
    expect(heading).to_have_text("No results from any supplier")


def test_without_scripts_it_is_a_form_and_the_form_lives_in_a_plain_frame(make_page: Callable[..., Page]) -> None:
    page = make_page(Look(width=DESKTOP), java_script_enabled=False)
    page.goto("/en/embed/")
    page.get_by_label("What to open first").select_option("mail")
    page.get_by_role("button", name="Show the code").click()
    expect(page.locator("#snippet")).to_contain_text('data-category="mail"')
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["inline", "button"])
def test_composer_frame_and_dialog_pass_axe_on_the_narrowest_screen(
    make_page: Callable[..., Page], flaws: Callable[[Page], list[str]], theme: str, mode: str
) -> None:
    page = make_page(Look(theme=theme, width=NARROWEST))
    page.goto(f"/ru/embed/?mode={mode}&opens=pricing&theme={theme}")
    if mode == "button":
        page.get_by_role("button", name="Написать в поддержку").click()
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Проценка")
    assert flaws(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST


def test_the_page_in_the_frame_passes_axe(
    make_page: Callable[..., Page], flaws: Callable[[Page], list[str]], served: Served
) -> None:
    page = make_page(Look(width=NARROWEST))
    for place in ("/ru/", "/ru/pricing/", "/ru/pricing/pricing_all/", "/ru/rules/"):
        page.goto(f"{place}?site=shop&embed=light")
        assert flaws(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, place
