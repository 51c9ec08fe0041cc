"""The pages in a real browser, before any script: nobody else is asked, nothing is broken, nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_errors import Watch
from looks import NARROWEST, Look
from playwright.sync_api import Page
from served import Served

PLACES = [
    "/",
    "/rules/",
    "/pricing/",
    "/pricing/pricing_all/",
    "/follow-up/",
    "/no-such-page/",
]


@pytest.mark.parametrize(("language", "theme"), [("ru", "light"), ("en", "dark")])
def test_every_kind_of_page_passes_axe_on_the_narrowest_screen(
    make_page: Callable[..., Page], flaws: Callable[[Page], list[str]], language: str, theme: str
) -> None:
    page = make_page(Look(language, theme, NARROWEST))
    for place in PLACES:
        page.goto(f"/{language}{place}")
        assert flaws(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, place


def test_the_path_without_scripts_ends_in_a_letter(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(java_script_enabled=False)
    page.goto(served.desk.address("q_unclear"))
    page.fill("#details", "Как выгрузить прайс из программы в файл для поставщика?")
    page.fill("#reg_email", "zakaz@detal36.example")
    page.get_by_role("button", name="Продолжить").click()
    page.get_by_role("button", name="Отправить заявку").click()
    page.wait_for_url("**/tickets/**")
    number = page.locator(".ticket-number strong").inner_text()
    served.desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in served.desk.inbox] == [number]


def test_the_watch_sees_an_error_of_a_script_a_breach_of_the_policy_and_a_stranger(
    make_page: Callable[..., Page],
) -> None:
    page = make_page()
    watch: Watch = page.watch  # type: ignore[attr-defined]
    page.goto("/ru/")
    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://stranger.example/'}))"
    )
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(200)
    seen, watch.faults = " ".join(watch.faults), []
    assert "broken" in seen
    assert "stranger.example" in seen
    assert "Content Security Policy" in seen
