"""How a person fills in a form and goes on."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

from PIL import Image
from playwright.sync_api import Page
from served import Served
from walker import Typed

from wizard.texts import translate

SCOPE = {"suppliers_scope": "all", "site_url": "https://detal36.example", "article": "OC 47", "brand": "KNECHT"}
DETAILS = {"site_part": "storefront", "as_user": "opt-klient-17", "started": "unknown"}
IDENTITY = {"reg_email": "zakaz@detal36.example"}
"""Answers to the steps of "no supplier answers"."""
TYPED = {"ru": "не грузитса прайс поставщика", "en": "price list does not load"}
"""What somebody types into the search."""


def fill(page: Page, answers: Mapping[str, Typed]) -> None:
    """Answer those of the questions that can be seen, in the order given."""
    for question, typed in answers.items():
        inputs = page.locator(f"[name='{question}']:visible")
        if not inputs.count():
            continue
        for value in [typed] if isinstance(typed, str) else typed:
            ticked = page.locator(f"[name='{question}'][value='{value}']:is([type=radio], [type=checkbox]):visible")
            if ticked.count():
                ticked.check()
            else:
                inputs.first.fill(value)


def press(page: Page, key: str, language: str = "ru") -> None:
    """Press the button that bears a text of ours."""
    page.get_by_role("button", name=translate(language, key), exact=True).locator("visible=true").first.click()


def go_on(page: Page, language: str = "ru") -> None:
    """Press "Continue" and wait for what comes of it."""
    before = page.title()
    press(page, "pages.form.continue", language)
    page.wait_for_function("before => document.title && document.title !== before", arg=before)


def at_check(page: Page, served: Served, situation: str) -> None:
    """Walk from the form to the last look, step by step."""
    answers = served.desk.example_answers(situation)
    page.goto(served.desk.address(situation))
    while page.locator("form.report").count():
        fill(page, answers)
        go_on(page)


def jump_to_check(page: Page, served: Served, situation: str, **instead: Typed) -> None:
    """Send the whole form at once, as a browser without steps does."""
    page.goto(served.desk.address(situation))
    page.evaluate(
        """answers => {
            const form = document.querySelector("form.report");
            for (const [name, given] of Object.entries(answers)) {
                for (const input of form.querySelectorAll(`[name="${name}"]`)) {
                    if (!["radio", "checkbox"].includes(input.type)) input.value = given === "unknown" ? "" : given;
                    else input.checked = [given].flat().includes(input.value);
                }
            }
            form.dispatchEvent(new Event("change", {bubbles: true}));
            const action = document.createElement("input");
            form.append(Object.assign(action, {type: "hidden", name: "action", value: "check"}));
            HTMLFormElement.prototype.submit.call(form);
        }""",
        served.desk.example_answers(situation, **instead),
    )
    page.locator("form.check").wait_for()
    # A test is faster than a person, and would press before the scripts are there.
    page.wait_for_load_state()


def to_details(page: Page, served: Served, language: str = "ru") -> Page:
    """Go to the step that asks for files."""
    page.goto(served.desk.address("pricing_all", language))
    fill(page, SCOPE)
    go_on(page, language)
    fill(page, DETAILS)
    return page


def picture() -> bytes:
    """A small screenshot."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "steelblue").save(out, "PNG")
    return out.getvalue()


def bring(page: Page, event: str, target: str, name: str = "image.png") -> None:
    """Drop a picture on an element or paste it there, as the browser tells of it."""
    page.evaluate(
        """([event, target, name, content]) => {
            const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, {type: "image/png"}));
            const kind = event === "paste" ? ClipboardEvent : DragEvent;
            const what = event === "paste" ? {clipboardData: data} : {dataTransfer: data};
            document.querySelector(target).dispatchEvent(
                new kind(event, {...what, bubbles: true, cancelable: true}));
        }""",
        [event, target, name, base64.b64encode(picture()).decode()],
    )


def search(page: Page, text: str) -> None:
    """Type into the search, and wait for what is suggested; the first to ask waits until the server has learned."""
    with page.expect_response("**/api/v1/assess*", timeout=30_000):
        page.get_by_role("combobox").fill(text)
