"""Borders of what is filled in and pressed stand out at 3:1 (WCAG 1.4.11): axe does not look at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filling import fill, press
from looks import Look
from playwright.sync_api import Page, Route, expect
from served import Served

from wizard.texts import LANGUAGES

LEAST = 3.0

CONTROLS = "input:not([type=hidden], [type=file]), textarea, select, .option > label, .button, .quiet-button, .drop"

# A control is told from what is around it by its border, or by its fill where that stands out by itself.
MEASURE = """selectors => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  // Any notation of a colour, over the colour below it, as red, green and blue.
  const painted = (colour, below) => {
    canvas.fillStyle = `rgb(${below.join(" ")})`;
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    return layers.reduce((below, layer) => painted(layer, below), [255, 255, 255]);
  };
  const luminance = (rgb) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((channel) => linear(channel / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (colour, other) => {
    const [high, low] = [luminance(colour), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const isSeen = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length;
  const controls = [];
  const measure = (element, name, style, around, inside) => {
    const sides = ["Top", "Right", "Bottom", "Left"].filter(
      (side) => style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) >= 1,
    );
    const borders = sides.map((side) => painted(style[`border${side}Color`], around));
    const fill = contrast(inside, around);
    const least = Math.min(...borders.map((border) => Math.max(contrast(border, around), fill)));
    controls.push({ name, contrast: sides.length ? least : fill });
  };
  for (const element of document.querySelectorAll(selectors)) {
    if (!isSeen(element)) continue;
    const around = behind(element.parentElement);
    const label = element.id || element.className || element.textContent.trim().slice(0, 30);
    const name = [element.tagName, element.type, label].filter(Boolean).join(" ");
    measure(element, name, getComputedStyle(element), around, behind(element));
  }
  for (const element of document.querySelectorAll("input[type=file]")) {
    if (!isSeen(element)) continue;
    const style = getComputedStyle(element, "::file-selector-button");
    const around = behind(element);
    measure(element, `button of ${element.id}`, style, around, painted(style.backgroundColor, around));
  }
  return controls;
}"""

MOVED_ON = """step => document.querySelector("form.check .button")
  || ![undefined, step].includes(document.querySelector("form.report")?.dataset.at)"""


def faint(page: Page, seen: set[str]) -> list[dict[str, Any]]:
    """The controls on the page that stand out less than they must. The kinds of all that are there join ``seen``."""
    controls = page.evaluate(MEASURE, CONTROLS)
    seen |= {" ".join(control["name"].split(" ")[:2]) for control in controls}
    return [control for control in controls if control["contrast"] < LEAST]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_border_stands_out_in_every_state(
    make_page: Callable[..., Page], served: Served, language: str, theme: str
) -> None:
    page = make_page(Look(language, theme))
    seen: set[str] = set()
    page.goto(f"/{language}/")
    assert faint(page, seen) == []
    page.goto(f"/{language}/follow-up/")
    assert faint(page, seen) == []
    page.click("button[type=submit]")
    page.locator(".has-error").first.wait_for()
    assert faint(page, seen) == []
    page.goto(served.desk.address("pricing_all", language))
    answers = served.desk.example_answers("pricing_all", language)
    while page.locator("form.report").count():
        assert faint(page, seen) == []
        press(page, "pages.form.continue", language)
        page.locator(".has-error:visible").first.wait_for()
        assert faint(page, seen) == []
        fill(page, answers)
        assert faint(page, seen) == []
        # The title changes twice here: as the errors go, and as the next step or the last look comes.
        step = page.locator("form.report").get_attribute("data-at")
        press(page, "pages.form.continue", language)
        page.wait_for_function(MOVED_ON, arg=step)
    assert faint(page, seen) == []
    kinds = (
        "INPUT text",
        "INPUT radio",
        "INPUT checkbox",
        "INPUT datetime-local",
        "TEXTAREA textarea",
        "BUTTON submit",
    )
    assert {*kinds, "A quiet-button", "DIV drop", "button of"} <= seen, seen


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_borders_of_selects_stand_out_too(
    make_page: Callable[..., Page], serve: Callable[..., Served], tmp_path: Path, theme: str
) -> None:
    (tmp_path / "sites.yaml").write_text("shop: {origins: ['https://shop.example']}")
    composer = serve(SITES=str(tmp_path / "sites.yaml"))
    page, seen = make_page(Look(theme=theme), origins=(composer.address,), base_url=composer.address), set[str]()
    page.goto("/ru/embed/")
    assert faint(page, seen) == []
    assert "SELECT select-one" in seen


def test_a_browser_that_knows_no_light_dark_sees_the_light_colours_in_the_dark_too(
    make_page: Callable[..., Page],
) -> None:
    def as_unknown(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("light-dark(", "unknown("))

    page, seen = make_page(Look(theme="dark")), set[str]()
    page.route("**/*.css", as_unknown)
    page.goto("/ru/follow-up/")
    expect(page.locator("html")).to_have_css("background-color", "rgb(242, 245, 246)")
    expect(page.locator("html")).to_have_css("color-scheme", "light")
    assert faint(page, seen) == []
    assert "INPUT text" in seen
