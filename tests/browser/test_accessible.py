"""Every state of a form passes axe, and a report can be sent with nothing but a keyboard (issue 5, point 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from filling import fill, go_on, press
from looks import NARROWEST, Look
from playwright.sync_api import Page, expect
from served import Served

from wizard.texts import LANGUAGES

FILE = {"name": "error-log.txt", "mimeType": "text/plain", "buffer": b"A file for support\n"}

VISIBLE_FOCUS = """() => {
  const focused = document.activeElement;
  const marked = [focused, focused.closest("label")].filter(Boolean).map((element) => getComputedStyle(element));
  return marked.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_form_passes_axe_on_the_narrowest_screen(
    make_page: Callable[..., Page], served: Served, flaws: Callable[[Page], list[str]], language: str, theme: str
) -> None:
    page = make_page(Look(language, theme, NARROWEST))

    def look_at(state: str) -> None:
        assert flaws(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, state

    # Of an answer with a secret the last look says more.
    answers = served.desk.example_answers("pricing_all", language, reg_name="Detal 36, password: Zx81qwErt")
    page.goto(served.desk.address("pricing_all", language))
    look_at("a step")
    go_on(page, language)
    look_at("a step with errors")
    fill(page, answers)
    go_on(page, language)
    fill(page, answers)
    page.set_input_files("#files", [FILE])
    go_on(page, language)
    press(page, "pages.form.back", language)
    look_at("a step with a file")
    page.goto(f"/{language}/")
    page.goto(served.desk.address("pricing_all", language))
    look_at("a step put back from the draft")
    go_on(page, language)
    fill(page, answers)
    served.stop()
    press(page, "pages.form.continue", language)
    page.locator("[data-away]").wait_for()
    look_at("a step while the server is away")
    served.start()
    go_on(page, language)
    expect(page.locator(".masked")).to_be_visible()
    look_at("the last look")
    served.stop()
    press(page, "pages.check.send", language)
    page.locator("[data-unsent]").wait_for()
    look_at("the last look while the server is away")
    served.start()
    press(page, "pages.check.send_now", language)
    page.wait_for_url("**/tickets/**")
    look_at("the receipt")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus, which can be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate(VISIBLE_FOCUS), selector
            return
    raise AssertionError(f"no Tab leads to {selector}")


def test_a_report_is_sent_with_the_keyboard_alone(page: Page) -> None:
    keyboard = page.keyboard
    page.goto("/ru/")
    tab_to(page, "a[href$='/pricing/']")
    keyboard.press("Enter")
    page.wait_for_url("**/pricing/")
    tab_to(page, "a[href$='/pricing_all/']")
    keyboard.press("Enter")
    page.wait_for_url("**/pricing_all/")
    tab_to(page, "[name=suppliers_scope]")
    keyboard.press("Space")
    for question, typed in (("site_url", "https://detal36.example"), ("article", "OC 47"), ("brand", "KNECHT")):
        tab_to(page, f"#{question}")
        keyboard.type(typed)
    keyboard.press("Enter")
    expect(page.locator("[data-step=details] h2")).to_be_focused()
    tab_to(page, "[name=site_part]")
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    tab_to(page, "#as_user")
    keyboard.type("opt-klient-17")
    keyboard.press("Enter")
    # What is missing is told, and the link leads to where it is.
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, "[role=alert] a")
    keyboard.press("Enter")
    expect(page.locator("#started")).to_be_focused()
    tab_to(page, "#started-unknown")
    keyboard.press("Space")
    tab_to(page, "[data-step=details] summary")
    keyboard.press("Enter")
    tab_to(page, "#details")
    keyboard.type("С утра")
    tab_to(page, "button[value=check]")
    keyboard.press("Space")
    expect(page.locator("[data-step=identity] h2")).to_be_focused()
    tab_to(page, "#reg_email")
    keyboard.type("zakaz@detal36.example")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")
    expect(page.locator("body")).to_contain_text("С утра")
    tab_to(page, "[data-send]")
    keyboard.press("Enter")
    page.wait_for_url("**/tickets/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Заявка принята")
