"""The search box: a combobox by keyboard, mouse and screen reader; without scripts a plain form (issue 5, point 5)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from filling import TYPED, fill, search
from looks import NARROWEST, Look
from playwright.sync_api import Page, Request, Route, expect
from served import Served

from wizard.texts import LANGUAGES, translate


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_situation_is_found_and_its_form_opened_by_keyboard_alone(page: Page, language: str) -> None:
    page.goto(f"/{language}/")
    box = page.get_by_role("combobox")
    box.focus()
    search(page, TYPED[language])
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(page.locator(".search [role=status]")).to_have_text(
        translate(language, "search.count", count=options.count()),
    )
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_value(TYPED[language])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("form.report")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^(Шаг 1 из 4|Step 1 of 4)\. "))


def test_the_words_go_along_into_form_and_draft_and_stand_in_no_address(page: Page, served: Served) -> None:
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", note)
    page.goto("/ru/")
    search(page, "сайт не открывается совсем")
    page.get_by_role("option").first.click()
    form = page.locator("form.report")
    form.wait_for()
    words = page.locator("#details")
    expect(words).to_have_value("сайт не открывается совсем")
    page.reload()
    expect(words).to_have_value("сайт не открывается совсем")
    assert not [address for address in addresses if "%D1%81%D0%B0%D0%B9%D1%82" in address or "сайт" in address]


def test_words_from_the_search_cost_no_draft(page: Page, served: Served) -> None:
    page.goto(served.desk.address("site_down"))
    fill(page, {"site_url": "https://detal36.example"})
    page.goto("/ru/")
    page.evaluate(
        """() => {
            const go = Object.assign(document.createElement("form"), {method: "post"});
            go.action = "/ru/search/site/site_down/";
            go.append(Object.assign(document.createElement("input"), {name: "text", value: "Не открывается"}));
            document.body.append(go);
            go.submit();
        }"""
    )
    page.locator("form.report").wait_for()
    expect(page.locator("#site_url")).to_have_value("https://detal36.example")
    expect(page.locator("#details")).to_have_value("Не открывается")


def test_when_nothing_fits_it_says_so_and_leaves_the_topics(page: Page) -> None:
    page.goto("/ru/")
    search(page, "рецепт борща")
    expect(page.locator(".search [role=status]")).to_have_text(translate("ru", "search.none"))
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.locator(".card").first).to_be_visible()


def test_a_server_that_does_not_answer_leaves_a_plain_form(page: Page) -> None:
    page.route("**/api/v1/assess*", lambda route: route.abort())
    page.goto("/ru/")
    page.get_by_role("combobox").press_sequentially(TYPED["ru"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/ru/search/")
    expect(page.locator("button.row").first).to_be_visible()


def late(page: Page) -> Callable[[], None]:
    """Type, and hold the answer back; what is returned lets it come."""
    held: list[Route] = []
    page.route("**/api/v1/assess*", lambda route: held.append(route))
    page.goto("/ru/")
    with page.expect_request("**/api/v1/assess*"):
        page.get_by_role("combobox").press_sequentially(TYPED["ru"])

    def come() -> None:
        (route,) = held
        route.fulfill(response=route.fetch(timeout=30_000))
        page.wait_for_timeout(300)

    return come


def test_an_answer_that_comes_after_escape_opens_nothing(page: Page) -> None:
    come = late(page)
    page.keyboard.press("Escape")
    come()
    expect(page.get_by_role("combobox")).to_have_value("")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(0)


def test_an_answer_that_comes_when_one_has_left_the_box_opens_nothing(page: Page) -> None:
    come = late(page)
    page.keyboard.press("Tab")
    come()
    expect(page.get_by_role("button", name="Найти")).to_be_focused()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_an_answer_that_comes_after_the_words_were_sent_opens_nothing(page: Page) -> None:
    come = late(page)
    page.route("**/search/", lambda route: route.fulfill(status=204))  # A page that is slow to come.
    page.keyboard.press("Enter")
    come()
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize("refusal", [429, None])
def test_without_an_answer_nothing_of_the_former_words_stays(page: Page, refusal: int | None) -> None:
    page.goto("/ru/")
    search(page, TYPED["ru"])
    expect(page.get_by_role("option").first).to_be_visible()
    page.route("**/api/v1/assess*", lambda route: route.fulfill(status=refusal) if refusal else route.abort())
    page.get_by_role("combobox").press_sequentially(" почта")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator(".search [role=status]")).to_be_empty()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(0)


def test_without_scripts_a_page_of_results_leads_to_the_form(make_page: Callable[..., Page]) -> None:
    page = make_page(java_script_enabled=False)
    page.goto("/ru/")
    page.fill("#search-text", TYPED["ru"])
    page.get_by_role("button", name="Найти").click()
    page.locator("button.row").first.click()
    expect(page.locator("form.report")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_search_passes_axe_on_the_narrowest_screen(
    make_page: Callable[..., Page], flaws: Callable[[Page], list[str]], language: str, theme: str
) -> None:
    page = make_page(Look(language, theme, NARROWEST))
    page.goto(f"/{language}/")
    search(page, TYPED[language])
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    assert flaws(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    assert flaws(page) == []
    page.fill("#search-text", "рецепт борща")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=translate(language, "search.none_title")).wait_for()
    assert flaws(page) == []
