"""The consent and the privacy page in a browser: seen by everybody, on a phone, by the keyboard, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from consents import TEXT, consent_file
from filling import jump_to_check, press
from looks import DESKTOP, Look
from playwright.sync_api import Page, expect
from served import Served

LOOKS = [Look(), Look("en", "dark", DESKTOP)]


@pytest.fixture
def served(serve: Callable[..., Served], tmp_path: Path) -> Served:
    """A service that asks for a consent."""
    return serve(CONSENT=str(consent_file(tmp_path)))


def overflow(page: Page) -> int:
    """CSS pixels by which a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    make_page: Callable[..., Page], served: Served, flaws: Callable[[Page], list[str]], look: Look
) -> None:
    page = make_page(look)
    for place in ("consent", "privacy"):
        page.goto(f"/{look.language}/{place}/")
        assert flaws(page) == [] and overflow(page) <= 0, place
    jump_to_check(page, served, "site_down")
    assert flaws(page) == [] and overflow(page) <= 0
    press(page, "pages.check.send")
    expect(page.get_by_role("alert")).to_be_visible()
    assert flaws(page) == [] and overflow(page) <= 0


def test_who_does_not_tick_is_told_at_the_box_and_sends_after_it(page: Page, served: Served) -> None:
    jump_to_check(page, served, "site_down")
    box = page.get_by_role("checkbox", name="Я согласен")
    expect(box).not_to_be_checked()
    press(page, "pages.check.send")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description(re.compile("^Ошибка: Поставьте отметку, если согласны"))
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")


def test_reading_the_text_leaves_the_report_where_it_is(page: Page, served: Served) -> None:
    jump_to_check(page, served, "site_down")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Текст согласия").click()
    text = opened.value
    expect(text.get_by_text(TEXT["ru"].split("\n\n")[0])).to_be_visible()
    assert text.evaluate("opener") is None
    text.close()
    page.get_by_role("checkbox", name="Я согласен").check()
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")


def test_without_scripts_it_is_asked_and_given_as_well(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(java_script_enabled=False)
    page.goto(served.desk.address("q_unclear"))
    page.fill("#details", "Где меняется прайс-лист поставщика?")
    page.fill("#reg_email", "zakaz@detal36.example")
    press(page, "pages.form.continue")
    press(page, "pages.check.send")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("checkbox", name="Я согласен").check()
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
