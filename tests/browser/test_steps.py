"""One step at a time (issue 5, point 1): scripts show less at once, and the server still says what is missing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from filling import DETAILS, IDENTITY, SCOPE, at_check, fill, go_on, jump_to_check, press
from playwright.sync_api import Page, Route, expect
from served import Served


@pytest.fixture
def form(page: Page, served: Served) -> Page:
    """The form of "no supplier answers", just opened."""
    page.goto(served.desk.address("pricing_all"))
    return page


def stands_at(page: Page, step: str) -> None:
    """Only this step can be seen."""
    expect(page.locator("[data-step]:visible h2 .step-title")).to_have_text(step)


def test_a_form_begins_with_the_scope_and_shows_at_most_four_questions(form: Page) -> None:
    assert form.title() == "Шаг 1 из 4. Уточним — Заявка в поддержку"
    questions = form.locator("[data-question]:visible")
    assert questions.count() <= 4
    assert questions.first.get_attribute("data-question") == "suppliers_scope"
    assert form.evaluate("document.activeElement === document.body"), "a page that has just been opened takes no focus"


def test_the_browsers_back_and_forward_move_between_steps_without_a_new_page(form: Page) -> None:
    form.evaluate("window.isSamePage = true")
    fill(form, SCOPE)
    go_on(form)
    assert form.title() == "Шаг 2 из 4. Подробности — Заявка в поддержку"
    assert form.evaluate("document.activeElement.textContent").endswith("Подробности")
    fill(form, DETAILS)
    go_on(form)
    stands_at(form, "Кто Вы")
    form.go_back()
    stands_at(form, "Подробности")
    expect(form.locator("#as_user")).to_have_value("opt-klient-17")
    form.go_back()
    stands_at(form, "Уточним")
    expect(form.locator("[name=suppliers_scope][value=all]")).to_be_checked()
    form.go_forward()
    form.go_forward()
    stands_at(form, "Кто Вы")
    press(form, "pages.form.back")
    stands_at(form, "Подробности")
    assert form.evaluate("window.isSamePage")


def test_the_browsers_forward_while_a_step_is_asked_about_holds(form: Page) -> None:
    for answers in (SCOPE, DETAILS):
        fill(form, answers)
        go_on(form)
    form.go_back()
    form.go_back()
    held: list[Route] = []
    form.route("**/pricing_all/", lambda route: held.append(route))
    with form.expect_request("**/pricing_all/"):
        press(form, "pages.form.continue")
    form.go_forward()
    form.go_forward()
    stands_at(form, "Кто Вы")
    expect(form.locator("h2:focus")).to_contain_text("Кто Вы")
    (late,) = held
    late.fulfill(response=late.fetch())
    form.wait_for_timeout(300)
    stands_at(form, "Кто Вы")
    form.unroute_all()
    fill(form, IDENTITY)
    go_on(form)
    assert form.title().startswith("Шаг 4 из 4.")


def test_a_reload_keeps_the_step_and_the_answers(form: Page) -> None:
    fill(form, SCOPE)
    go_on(form)
    fill(form, {"as_user": "opt-klient-17", "site_part": "storefront"})
    form.reload()
    stands_at(form, "Подробности")
    expect(form.locator("#as_user")).to_have_value("opt-klient-17")
    expect(form.locator("[name=site_part][value=storefront]")).to_be_checked()
    form.go_back()
    stands_at(form, "Уточним")
    expect(form.locator("#article")).to_have_value("OC 47")


def test_enter_goes_on(form: Page) -> None:
    fill(form, SCOPE)
    form.locator("#site_url").press("Enter")
    stands_at(form, "Подробности")


def test_what_is_missing_is_said_by_the_server_for_this_step_alone_and_takes_the_focus(form: Page) -> None:
    fill(form, {"site_url": "https://detal36.example"})
    go_on(form)
    assert form.title() == "Ошибка: Шаг 1 из 4. Уточним — Заявка в поддержку"
    summary = form.get_by_role("alert")
    expect(summary).to_be_focused()
    assert summary.locator("a").evaluate_all("all => all.map((link) => link.hash)") == [
        "#suppliers_scope",
        "#article",
        "#brand",
    ]
    expect(form.locator("#site_url")).to_have_value("https://detal36.example")
    summary.locator("a[href='#article']").click()
    expect(form.locator("#article")).to_be_focused()
    assert form.locator("#article").get_attribute("aria-invalid") == "true"
    fill(form, SCOPE)
    go_on(form)
    assert form.title() == "Шаг 2 из 4. Подробности — Заявка в поддержку"
    expect(form.get_by_role("alert")).to_have_count(0)


def test_the_last_step_leads_to_the_last_look_and_back_returns_to_it_with_every_answer(form: Page) -> None:
    for answers in (SCOPE, DETAILS, IDENTITY):
        fill(form, answers)
        go_on(form)
    assert form.title() == "Шаг 4 из 4. Проверьте и отправьте — Заявка в поддержку"
    form.go_back()
    stands_at(form, "Кто Вы")
    expect(form.locator("#reg_email")).to_have_value("zakaz@detal36.example")
    form.go_back()
    stands_at(form, "Подробности")
    expect(form.locator("#as_user")).to_have_value("opt-klient-17")
    form.go_forward()
    go_on(form)
    expect(form.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")


def test_a_reload_of_the_last_look_asks_nothing_and_loses_nothing(page: Page, served: Served) -> None:
    jump_to_check(page, served, "pricing_all")
    page.reload()
    stands_at(page, "Кто Вы")
    go_on(page)
    expect(page.locator("body")).to_contain_text("opt-klient-17")


def test_changing_one_answer_comes_straight_back_to_the_last_look(page: Page, served: Served) -> None:
    jump_to_check(page, served, "pricing_all")
    page.locator("[formaction$='#article']").click()
    expect(page.locator("#article")).to_be_focused()
    stands_at(page, "Уточним")
    page.fill("#article", "OC 90")
    go_on(page)
    expect(page).to_have_title(re.compile(r"^Шаг 4 из 4\. "))
    expect(page.locator("body")).to_contain_text("OC 90")


def test_a_question_is_there_when_the_answer_on_which_it_depends_is(page: Page, served: Served) -> None:
    page.goto(served.desk.address("mail_bounce"))
    fill(page, served.desk.example_answers("mail_bounce", mail_bounced="no"))
    expect(page).to_have_title(re.compile(r"^Шаг 1 из 4\. "))
    go_on(page)
    expect(page.locator("#bounce_text")).to_be_hidden()
    page.go_back()
    page.locator("[name=mail_bounced][value=yes]").check()
    go_on(page)
    expect(page.locator("#bounce_text")).to_be_visible()
    expect(page.locator(".condition").locator("visible=true")).to_have_count(0)
    expect(page.locator("#files-limits")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("alert").locator("a")).to_have_attribute("href", "#bounce_text")


def test_a_file_goes_with_its_step_once_and_is_listed(form: Page, served: Served) -> None:
    fill(form, SCOPE)
    go_on(form)
    fill(form, DETAILS)
    form.set_input_files("#files", [{"name": "log.txt", "mimeType": "text/plain", "buffer": b"A file for support\n"}])
    go_on(form)
    form.go_back()
    expect(form.locator(".kept > li:has([name=files]) > .kept-name")).to_have_text("log.txt")
    assert form.evaluate("document.querySelector('#files').files.length") == 0
    form.reload()
    expect(form.locator(".kept-name").locator("visible=true").first).to_have_text("log.txt")
    form.go_forward()
    fill(form, IDENTITY)
    go_on(form)
    expect(form.locator("body")).to_contain_text("log.txt")


def test_a_line_that_breaks_on_the_way_stops_nobody_and_the_last_step_says_so(form: Page) -> None:
    form.context.set_offline(True)
    fill(form, {**SCOPE, "article": ""})
    go_on(form)
    stands_at(form, "Подробности")
    fill(form, DETAILS)
    go_on(form)
    fill(form, IDENTITY)
    press(form, "pages.form.continue")
    away = form.locator("[data-away]")
    expect(away).to_be_focused()
    expect(away).to_contain_text("Сервер не ответил. Ответы сохранены")
    form.context.set_offline(False)
    go_on(form)
    # What could not be asked on the way is asked now, and leads to where it is missing.
    stands_at(form, "Уточним")
    expect(form.get_by_role("alert").locator("a")).to_have_attribute("href", "#article")
    expect(away).to_be_hidden()
    fill(form, {"article": "OC 47"})
    for _ in range(3):
        go_on(form)
    assert form.title().startswith("Шаг 4 из 4.")


def test_a_long_section_is_cut_and_its_second_half_is_a_step(
    serve: Callable[..., Served], make_page: Callable[..., Page]
) -> None:
    hosting = serve(CATALOG="hosting")
    page = make_page(origins=(hosting.address,))
    page.goto(hosting.address + hosting.desk.address("mail_undelivered"))
    expect(page).to_have_title("Шаг 1 из 5. Уточним — Заявка в поддержку")
    fill(page, hosting.desk.example_answers("mail_undelivered", was_returned="yes"))
    go_on(page)
    expect(page).to_have_title("Шаг 2 из 5. Уточним — продолжение — Заявка в поддержку")


@pytest.mark.parametrize("lost", ["steps.js", "draft.js", "files.js"])
def test_a_script_that_does_not_come_harms_nothing(page: Page, served: Served, lost: str) -> None:
    page.watch.may_lose_parts = True  # type: ignore[attr-defined]
    page.route(f"**/js/{lost}*", lambda route: route.abort())
    at_check(page, served, "pricing_all")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")


def test_a_form_is_light_enough_for_a_phone(page: Page, served: Served) -> None:
    """Issue 5, point 8: at most 60 kB in at most 8 requests, of a cold page; the scripts are under 13 kB packed."""
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    page.goto(served.desk.address("pricing_all"), wait_until="networkidle")
    assert len(sizes) <= 8
    packed = {address: len(gzip.compress(page.request.get(address).body(), 9)) for address in sizes}
    assert sum(packed.values()) <= 60_000
    scripts = [size for address, size in packed.items() if "/js/" in address]
    assert len(scripts) >= 4
    assert sum(scripts) < 13_000
