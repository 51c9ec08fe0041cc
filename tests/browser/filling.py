"""How a person fills in a form."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page
from walker import Typed


def fill(page: Page, answers: Mapping[str, Typed]) -> None:
    """Answer those of the questions that can be seen, in the order of the page."""
    for question, typed in answers.items():
        inputs = page.locator(f"[name='{question}']:visible")
        if not inputs.count():
            continue
        for each in [typed] if isinstance(typed, str) else typed:
            ticked = page.locator(f"[name='{question}'][value='{each}']:is([type=radio], [type=checkbox]):visible")
            if ticked.count():
                ticked.check()
            else:
                inputs.first.fill(each)
