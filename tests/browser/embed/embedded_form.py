"""How a client gets through the form in a frame, whether it shows one step at a time or all at once.

By the keyboard: of a frame that has just grown or been moved Chromium now and then loses the press of a test's mouse.
"""

from __future__ import annotations

from collections.abc import Mapping

from installation import Installation
from playwright.sync_api import FrameLocator, Page

CHECK = "Проверьте и отправьте"


def fill_in(frame: FrameLocator, desk: Installation, situation: str, **instead: str) -> None:
    """Answer what is asked, up to the check page."""
    answers = desk.example_answers(situation, **instead)
    for _ in range(8):
        frame.get_by_role("button", name="Продолжить").wait_for()
        _answer_what_is_shown(frame, answers)
        before = title_of(frame)
        frame.get_by_role("button", name="Продолжить").press("Enter")
        after = title_of(frame, before)
        assert not after.startswith("Ошибка")
        if CHECK in after:
            return


def title_of(frame: FrameLocator, other_than: str = "") -> str:
    """The title of the page in the frame, once it has one and it is another than before."""
    page_in_frame = frame.owner.element_handle().content_frame()
    assert page_in_frame
    title = page_in_frame.wait_for_function(
        "before => !['', before].includes(document.title) && document.title", arg=other_than, timeout=15_000
    )
    return str(title.json_value())


def _answer_what_is_shown(frame: FrameLocator, answers: Mapping[str, object]) -> None:
    for question, answer in answers.items():
        for value in [answer] if isinstance(answer, str) else answer:  # type: ignore[attr-defined]
            choice = frame.locator(
                f"input:is([type=radio], [type=checkbox])[name='{question}'][value='{value}']:visible"
            )
            line = frame.locator(f":is(input, textarea)[name='{question}']:visible").first
            if choice.count():
                if not choice.first.is_checked():
                    choice.first.press("Space")
            elif line.count() and line.input_value() != value:
                line.fill(str(value))


def send(frame: FrameLocator) -> str:
    """Press "send"; returns the number on the receipt."""
    frame.get_by_role("button", name="Отправить заявку").press("Enter")
    return frame.locator(".ticket-number strong").inner_text()


def events(page: Page, type_: str) -> list[dict[str, object]]:
    """The events that the host page got, oldest first."""
    return page.evaluate("(type) => events.filter((event) => event.type === type)", type_)  # type: ignore[no-any-return]
