"""Nothing is lost (issue 5, point 2; ux.md, point 6): the draft lives in the browser until it is sent or erased."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from filling import SCOPE, at_check, fill, go_on, jump_to_check, press, search
from looks import Look
from playwright.sync_api import Page, expect
from served import Served

BLOCKED = "Object.defineProperty(window, '{}', {{get() {{ throw new DOMException('blocked', 'SecurityError') }}}})"


def stored_drafts(page: Page) -> dict[str, str]:
    """What stands in the browser's local storage."""
    drafts: dict[str, str] = page.evaluate("({...localStorage})")
    return drafts


@pytest.fixture
def halfway(page: Page, served: Served) -> Page:
    """A form filled in as far as the second step."""
    page.goto(served.desk.address("pricing_all"))
    fill(page, SCOPE)
    go_on(page)
    fill(page, {"site_part": "storefront", "started": "unknown"})
    page.locator("details summary").locator("visible=true").click()
    page.fill("#details", "С утра, после обновления")
    return page


def test_a_closed_tab_is_offered_again_where_it_was_left(halfway: Page, served: Served) -> None:
    context = halfway.context
    halfway.close()
    page = context.new_page()
    page.goto(served.desk.address("pricing_all"))
    expect(page.locator("[data-restored]")).to_contain_text("Мы сохранили Ваши ответы")
    expect(page).to_have_title(re.compile(r"^Шаг 2 из 4\. "))
    expect(page.locator("[name=site_part][value=storefront]")).to_be_checked()
    expect(page.locator("#started-unknown")).to_be_checked()
    expect(page.locator("#started")).to_have_value("")
    expect(page.locator("#details")).to_be_visible()
    expect(page.locator("#details")).to_have_value("С утра, после обновления")
    press(page, "pages.form.back")
    expect(page.locator("#article")).to_have_value("OC 47")


def test_the_draft_is_the_same_in_the_other_language(halfway: Page, served: Served) -> None:
    halfway.goto(served.desk.address("pricing_all", "en"))
    expect(halfway.locator("[data-restored]")).to_contain_text("We have kept your answers")
    expect(halfway.locator("#details")).to_have_value("С утра, после обновления")


def test_another_form_has_a_draft_of_its_own(halfway: Page, served: Served) -> None:
    halfway.goto(served.desk.address("pricing_analogs"))
    expect(halfway.locator("[data-restored]")).to_be_hidden()
    expect(halfway.locator("#article")).to_have_value("")


def test_erasing_leaves_nothing(halfway: Page, served: Served) -> None:
    halfway.locator("[data-kept]").get_by_role("button").click()
    expect(halfway.locator("#article")).to_have_value("")
    assert halfway.title().startswith("Шаг 1 из 4.")
    assert stored_drafts(halfway) == {}
    halfway.goto(served.desk.address("pricing_all"))
    expect(halfway.locator("[data-restored]")).to_be_hidden()


def test_a_sent_report_leaves_no_draft_and_a_look_at_an_old_receipt_erases_none(page: Page, served: Served) -> None:
    jump_to_check(page, served, "pricing_all")
    assert list(stored_drafts(page)) == ["zayavka:/pricing_all"]
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Заявка принята")
    assert stored_drafts(page) == {}
    receipt = page.url
    page.goto(served.desk.address("pricing_all"))
    fill(page, {"article": "OC 90"})
    page.goto(receipt)
    assert list(stored_drafts(page)) == ["zayavka:/pricing_all"]


def test_a_report_sent_without_send_js_leaves_no_draft_either(page: Page, served: Served) -> None:
    page.watch.may_lose_parts = True  # type: ignore[attr-defined]
    page.route("**/js/send.*js", lambda route: route.abort())
    jump_to_check(page, served, "pricing_all")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    page.wait_for_load_state()
    assert stored_drafts(page) == {}


def test_what_the_server_cuts_to_its_end_is_not_kept_at_all(page: Page, served: Served) -> None:
    page.goto(served.desk.address("app_license"))
    fill(page, {"app_where": "one"})
    go_on(page)
    page.locator("[name=license_key_tail]").fill("XXXX-YYYY-7F2A")
    page.fill("#error_text", "Лицензия не найдена")
    text = json.dumps(stored_drafts(page), ensure_ascii=False)
    assert "Лицензия не найдена" in text
    assert "7F2A" not in text


def test_old_drafts_are_swept_away_and_not_offered(page: Page, served: Served) -> None:
    old = json.dumps({"at": 0, "step": "clarify", "answers": [["article", "OC 47"]]})
    page.goto("/ru/")
    page.evaluate(
        "old => { localStorage['zayavka:/pricing_all'] = old; localStorage['zayavka:/site_down'] = old }", old
    )
    page.goto(served.desk.address("pricing_all"))
    expect(page.locator("#article")).to_have_value("")
    expect(page.locator("[data-restored]")).to_be_hidden()
    assert stored_drafts(page) == {}


def test_a_draft_of_a_catalog_that_has_changed_since_breaks_nothing(page: Page, served: Served) -> None:
    page.goto("/ru/")
    page.evaluate(
        """localStorage['zayavka:/pricing_all'] = JSON.stringify({at: Date.now(), step: 'gone', answers: [
            ['article', 'OC 47'], ['no_such', 'x'], ['suppliers_scope', 'no_such'],
            ['no_files', 'x.y', 'a.png', '1 KB'],
        ]})"""
    )
    page.goto(served.desk.address("pricing_all"))
    expect(page.locator("#article")).to_have_value("OC 47")
    expect(page).to_have_title(re.compile(r"^Шаг 1 из 4\. "))


def test_garbage_in_the_storage_is_no_draft(page: Page, served: Served) -> None:
    page.goto("/ru/")
    page.evaluate("localStorage['zayavka:/pricing_all'] = '{'")
    page.goto(served.desk.address("pricing_all"))
    expect(page).to_have_title(re.compile(r"^Шаг 1 из 4\. "))


def test_blocked_storage_is_handled_in_silence_and_a_reload_still_loses_nothing(
    make_page: Callable[..., Page], served: Served
) -> None:
    page = make_page(Look())
    for storage in ("localStorage", "sessionStorage"):
        page.add_init_script(BLOCKED.format(storage))
    page.goto(served.desk.address("pricing_all"))
    fill(page, SCOPE)
    go_on(page)
    page.fill("#as_user", "opt-klient-17")
    page.reload()
    expect(page).to_have_title(re.compile(r"^Шаг 2 из 4\. "))
    expect(page.locator("#as_user")).to_have_value("opt-klient-17")
    page.go_back()
    expect(page.locator("#article")).to_have_value("OC 47")
    page.go_forward()
    fill(page, {"site_part": "storefront", "started": "unknown"})
    go_on(page)
    fill(page, {"reg_email": "zakaz@detal36.example"})
    go_on(page)
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")


def test_who_asks_another_question_is_filled_in_and_what_they_change_is_kept(page: Page, served: Served) -> None:
    receipt = served.desk.send("pricing_all").address
    page.goto(f"{receipt}new/site/site_down/")
    page.fill("#site_url", "https://detal36.example")
    go = page.locator("[name=reach]").first
    go.check()
    go_on(page)
    page.reload()
    expect(page).to_have_title(re.compile(r"^Шаг 2 из 4\. "))
    expect(page.locator("#reg_email")).to_have_value("zakaz@detal36.example")


SECRET = "Zxcv!98765"
WITH_SECRET = f"Зайдите сами: логин admin пароль {SECRET}, меню съехало вправо"
MASKED = "Зайдите сами: логин admin пароль ***, меню съехало вправо"


def walk_with_a_secret(page: Page, served: Served) -> None:
    """Walk step by step to the last look with a password among the words."""
    answers = served.desk.example_answers("site_other", details=WITH_SECRET)
    page.goto(served.desk.address("site_other"))
    while page.locator("form.report").count():
        fill(page, answers)
        go_on(page)
    expect(page.locator("form.check")).to_contain_text(MASKED)


def kept_anywhere(page: Page) -> str:
    """All that a browser keeps of a page beside its document."""
    kept: str = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    return kept


def test_after_the_last_look_the_draft_holds_asterisks(page: Page, served: Served) -> None:
    walk_with_a_secret(page, served)
    assert "***" in json.dumps(stored_drafts(page))
    assert SECRET not in kept_anywhere(page)
    page.reload()
    expect(page.locator("#details")).to_have_value(MASKED)


def test_the_draft_holds_asterisks_as_soon_as_the_step_is_passed(page: Page, served: Served) -> None:
    page.goto(served.desk.address("site_other"))
    fill(page, {"site_url": "https://detal36.example"})
    go_on(page)
    fill(page, {"details": WITH_SECRET, "started": "unknown"})
    go_on(page)
    assert "***" in kept_anywhere(page) and SECRET not in kept_anywhere(page)
    expect(page.locator("#details")).to_have_value(WITH_SECRET)


def test_the_browsers_back_from_the_last_look_shows_asterisks(page: Page, served: Served) -> None:
    walk_with_a_secret(page, served)
    page.go_back()
    page.locator("form.report").wait_for()
    expect(page.locator("#details")).to_have_value(MASKED)
    assert SECRET not in kept_anywhere(page)


def test_a_form_that_the_browser_has_kept_whole_takes_the_servers_words(page: Page, served: Served) -> None:
    walk_with_a_secret(page, served)
    other = page.context.new_page()
    other.goto(served.desk.address("site_other"))
    other.evaluate("document.getElementById('details').value = 'пароль Zxcv!98765'")
    other.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(other.locator("#details")).to_have_value(MASKED)


def test_a_password_beside_an_option_that_was_not_chosen_after_all_is_kept_nowhere(page: Page, served: Served) -> None:
    page.goto(served.desk.address("pricing_all"))
    fill(page, SCOPE)
    go_on(page)
    fill(page, {"site_part": "other", "started": "unknown"})
    page.fill("#site_part_other", f"пароль: {SECRET}")
    page.check("[name=site_part][value=storefront]")
    answers = served.desk.example_answers("pricing_all", site_part="storefront")
    while page.locator("form.report").count():
        fill(page, answers)
        go_on(page)
    assert "***" in kept_anywhere(page) and SECRET not in kept_anywhere(page)
    page.reload()
    page.locator("form.report").wait_for()
    assert SECRET not in kept_anywhere(page)


def test_with_storage_blocked_back_shows_asterisks_too(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(Look())
    for storage in ("localStorage", "sessionStorage"):
        page.add_init_script(BLOCKED.format(storage))
    walk_with_a_secret(page, served)
    page.go_back()
    page.locator("form.report").wait_for()
    expect(page.locator("#details")).to_have_value(MASKED)


def test_who_takes_the_masking_back_sends_as_typed_and_the_draft_still_holds_asterisks(
    page: Page, served: Served
) -> None:
    walk_with_a_secret(page, served)
    page.locator("button[name=as_typed]").click()
    expect(page.locator("form.check")).to_contain_text(WITH_SECRET)
    assert SECRET not in kept_anywhere(page)
    page.get_by_role("button", name="Изменить ответы").click()
    page.locator("form.report").wait_for()
    assert SECRET not in kept_anywhere(page)
    while page.locator("form.report").count():
        go_on(page)
    expect(page.locator("form.check")).to_contain_text(WITH_SECRET)
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    served.desk.run_worker()
    assert SECRET in served.desk.all_sent


def test_a_card_number_is_hidden_at_its_step_by_one_press(page: Page, served: Served) -> None:
    page.goto(served.desk.address("site_other"))
    fill(page, {"site_url": "https://detal36.example"})
    go_on(page)
    fill(page, {"details": "Списали с карты 4111 1111 1111 1111 дважды", "started": "unknown"})
    go_on(page)
    expect(page.get_by_role("alert")).to_be_focused()
    press(page, "pages.form.cut_out")
    expect(page.locator("[data-step=identity]")).to_be_visible()
    expect(page.locator("[value=cut_out]")).to_have_count(0)
    assert "4111" not in json.dumps(stored_drafts(page))
    page.go_back()
    expect(page.locator("#details")).to_have_value("Списали с карты *** дважды")


def left_out(page: Page) -> list[str]:
    """The facts that are ticked on the last look."""
    ticked: list[str] = page.locator("[name=leave_out]:checked").evaluate_all("all => all.map(({ value }) => value)")
    return ticked


@pytest.mark.parametrize("way", ["back", "reload", "new visit"])
def test_what_is_left_out_stays_left_out_whatever_way_leads_back_to_the_form(
    page: Page, served: Served, way: str
) -> None:
    at_check(page, served, "pricing_all")
    for fact in ("ip", "time_zone"):
        page.check(f"[name=leave_out][value={fact}]")
    if way == "back":
        page.go_back()
    elif way == "reload":
        page.reload()
    else:
        page.goto(served.desk.address("pricing_all"))
    page.locator("form.report").wait_for()
    while page.locator("form.report").count():
        go_on(page)
    assert left_out(page) == ["ip", "time_zone"]
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    evidence = served.evidence()
    assert (evidence["ip"], evidence["time_zone"]) == (None, None)


def test_what_is_no_longer_left_out_comes_without_its_tick(page: Page, served: Served) -> None:
    at_check(page, served, "pricing_all")
    page.check("[name=leave_out][value=ip]")
    page.check("[name=leave_out][value=screen]")
    page.go_back()
    page.locator("form.report").wait_for()
    go_on(page)
    page.uncheck("[name=leave_out][value=screen]")
    page.go_back()
    page.locator("form.report").wait_for()
    go_on(page)
    assert left_out(page) == ["ip"]


def test_a_form_that_the_browser_has_kept_whole_hears_what_was_left_out_meanwhile(page: Page, served: Served) -> None:
    at_check(page, served, "pricing_all")
    other = page.context.new_page()
    other.goto(served.desk.address("pricing_all"))
    page.check("[name=leave_out][value=ip]")
    # Two tabs may be two processes, and what one writes reaches the other a moment later.
    other.wait_for_function("JSON.parse(localStorage['zayavka:/pricing_all']).leaveOut.length === 1")
    other.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    while other.locator("form.report").count():
        go_on(other)
    assert left_out(other) == ["ip"]


def search_for_the_same_form(page: Page, words: str) -> None:
    """Search on the start page, and open the form "Something else on the site" from what was found."""
    page.goto("/ru/")
    search(page, words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ru/search/")
    page.locator("button[formaction$='/site_other/']").click()
    page.locator("form.report").wait_for()


def test_words_of_a_search_join_the_text_of_the_draft(page: Page, served: Served) -> None:
    page.goto(served.desk.address("site_other"))
    fill(page, {"site_url": "https://detal36.example"})
    go_on(page)
    older = "Кнопка корзины перестала нажиматься вчера.\nСкриншоты пришлю позже."
    page.fill("#details", older)
    search_for_the_same_form(page, "съехало меню сайта")
    expect(page.locator("#details")).to_have_value(f"{older}\nсъехало меню сайта")
    search_for_the_same_form(page, "съехало меню сайта")
    expect(page.locator("#details")).to_have_value(f"{older}\nсъехало меню сайта")
    page.reload()
    expect(page.locator("#details")).to_have_value(f"{older}\nсъехало меню сайта")
    expect(page.locator("#site_url")).to_have_value("https://detal36.example")
