"""Files go up while the client goes on: chosen, dropped, pasted (issue 5, point 3; ux.md, point 7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from filling import IDENTITY, bring, fill, go_on, press, to_details
from looks import NARROWEST, Look
from playwright.sync_api import Dialog, Page, Route, expect
from served import Served

from wizard.texts import LANGUAGES

LOG = {"name": "error-log.txt", "mimeType": "text/plain", "buffer": b"A file for support\n"}
PROGRAM = {"name": "run.exe", "mimeType": "text/plain", "buffer": b"MZ\x90\x00"}
UPLOADS = "**/api/v1/attachments*"


def attached(page: Page) -> list[str]:
    """The names of the files that go with the report as it stands."""
    return page.locator(".kept > li:has([name=files]) > .kept-name").all_inner_texts()


@pytest.fixture
def details(page: Page, served: Served) -> Page:
    """The step that asks for files."""
    return to_details(page, served)


def send(page: Page) -> None:
    """Go from the step with files to the receipt."""
    go_on(page)
    fill(page, IDENTITY)
    press(page, "pages.form.continue")
    page.locator("form.check").wait_for()
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")


def test_a_pasted_screenshot_arrives_with_the_letter(details: Page, served: Served) -> None:
    bring(details, "paste", "body")
    expect(details.locator(".kept .kept-size").locator("visible=true").first).to_be_visible()
    expect(details.locator("[data-uploads] [role=status]")).to_have_text("снимок-1.png: файл приложен")
    assert attached(details) == ["снимок-1.png"]
    assert details.locator(".kept img.thumb").evaluate("image => image.naturalWidth") == 400
    send(details)
    served.desk.run_worker()
    assert "снимок-1.png" in [part.get_filename() for part in served.desk.inbox[0].iter_attachments()]


def test_a_file_dropped_anywhere_on_the_step_is_taken_and_one_dropped_elsewhere_opens_nothing(details: Page) -> None:
    bring(details, "dragover", "#as_user", "plan.png")
    expect(details.locator(".picker")).to_have_class("picker is-over")
    bring(details, "drop", "#as_user", "plan.png")
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(1)
    assert attached(details) == ["plan.png"]
    details.go_back()
    address = details.url
    bring(details, "drop", "#article", "other.png")
    bring(details, "paste", "body")
    assert attached(details) == ["plan.png"]
    assert details.url == address


def test_two_pasted_screenshots_have_two_names_and_text_is_pasted_as_text(details: Page) -> None:
    bring(details, "paste", "body")
    bring(details, "paste", "#as_user")
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(2)
    assert sorted(attached(details)) == ["снимок-1.png", "снимок-2.png"]
    details.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "A1");
            data.items.add(new File(["x"], "image.png", {type: "image/png"}));
            document.querySelector("#as_user").dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(details.locator(".kept > li")).to_have_count(2)


def test_a_removed_file_leaves_report_and_draft_and_the_focus_stays_near(details: Page) -> None:
    details.set_input_files("#files", [LOG])
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(1)
    assert "error-log.txt" in details.evaluate("JSON.stringify(localStorage)")
    details.locator(".kept [data-remove]").click()
    expect(details.locator("#files")).to_be_focused()
    expect(details.locator("[data-uploads] [role=status]")).to_have_text("error-log.txt: файл удалён")
    assert "error-log.txt" not in details.evaluate("JSON.stringify(localStorage)")
    go_on(details)
    details.go_back()
    assert attached(details) == []


def test_the_server_refuses_in_its_own_words_at_the_question(details: Page) -> None:
    details.set_input_files("#files", [PROGRAM])
    expect(details.locator(".upload .fault")).to_contain_text("Файл run.exe такого вида мы не принимаем")
    expect(details.locator("[data-retry]")).to_be_hidden()
    details.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(10 * 1024 ** 2 + 1)], "large.png", {type: "image/png"}));
            document.body.dispatchEvent(
                new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(details.locator(".upload .fault").nth(1)).to_contain_text("Файл large.png больше 10,4 МБ")
    details.set_input_files("#files", [{**LOG, "name": f"{number}.txt"} for number in range(6)])
    expect(details.locator(".upload .fault").nth(2)).to_contain_text("Файл 5.txt не приложен: можно до 5")
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(5)


def test_an_upload_that_fails_can_be_tried_again_and_goes_by_itself_when_the_line_is_back(details: Page) -> None:
    details.context.set_offline(True)
    details.set_input_files("#files", [LOG])
    fault = details.locator(".upload .fault")
    expect(fault).to_have_text("Файл error-log.txt не загрузился: сервер не ответил")
    details.locator("[data-retry]").click()
    expect(details.locator(".upload [data-remove]")).to_be_focused()
    expect(fault).to_be_visible()
    details.context.set_offline(False)
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(1)


def test_what_failed_is_shown_before_leaving_and_never_blocks_the_report(details: Page, served: Served) -> None:
    details.route(UPLOADS, lambda route: route.fulfill(status=503, json={"detail": "Места нет"}))
    details.set_input_files("#files", [LOG])
    expect(details.locator(".upload .fault")).to_have_text("Места нет")
    go_on(details)
    fill(details, IDENTITY)
    press(details, "pages.form.continue")
    expect(details.locator("[data-uploads] [role=status]")).to_have_text(
        "Не приложено: error-log.txt. Можно продолжить и без этого."
    )
    press(details, "files.without")
    details.locator("form.check").wait_for()
    assert "error-log.txt" not in details.content()


def test_the_last_look_waits_for_what_is_under_way(details: Page) -> None:
    waiting: list[Route] = []
    details.route(UPLOADS, lambda route: waiting.append(route))
    details.set_input_files("#files", [LOG])
    expect(details.locator(".upload progress")).to_have_accessible_name("error-log.txt: загрузка")
    go_on(details)
    fill(details, IDENTITY)
    press(details, "pages.form.continue")
    expect(details.locator("[data-uploads] [role=status]")).to_contain_text("Загружаем: error-log.txt.")
    waiting[0].continue_()
    details.locator("form.check").wait_for()
    expect(details.locator("form.check")).to_contain_text("error-log.txt")


def test_a_required_file_is_waited_for_at_its_step(page: Page, served: Served) -> None:
    waiting: list[Route] = []
    page.route(UPLOADS, lambda route: waiting.append(route))
    page.goto(served.desk.address("pl_import_file"))
    answers = served.desk.example_answers("pl_import_file", pl_how="by_hand")
    while not page.locator("#pl_file").is_visible():
        fill(page, answers)
        go_on(page)
    fill(page, answers)
    page.set_input_files("#pl_file", [{**LOG, "name": "sklad.csv", "buffer": "артикул;цена\nOC47;1\n".encode()}])
    press(page, "pages.form.continue")
    expect(page.locator("[data-uploads] [role=status]")).to_contain_text("Загружаем: sklad.csv.")
    step = page.locator("form").get_attribute("data-at")
    waiting[0].continue_()
    page.wait_for_function("step => document.querySelector('form').dataset.at !== step", arg=step)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_further_message_takes_pasted_pictures_too(page: Page, served: Served) -> None:
    page.goto(served.desk.send("pricing_all").address + "follow-up/")
    page.fill("#text", "Вот снимок")
    bring(page, "paste", "body")
    page.get_by_role("button", name="Отправить дополнение").click()
    page.wait_for_url(lambda address: not address.endswith("/follow-up/"))
    served.desk.run_worker()
    names = [part.get_filename() for letter in served.desk.inbox for part in letter.iter_attachments()]
    assert "снимок-1.png" in names


def test_without_the_script_files_go_with_their_step(page: Page, served: Served) -> None:
    page.watch.may_lose_parts = True  # type: ignore[attr-defined]
    page.route("**/js/files.*js", lambda route: route.abort())
    to_details(page, served)
    page.set_input_files("#files", [PROGRAM])
    press(page, "pages.form.continue")
    expect(page.get_by_role("alert")).to_contain_text("run.exe")
    page.set_input_files("#files", [LOG])
    go_on(page)
    page.go_back()
    assert attached(page) == ["error-log.txt"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_files_passes_axe_on_the_narrowest_screen(
    make_page: Callable[..., Page], served: Served, flaws: Callable[[Page], list[str]], language: str, theme: str
) -> None:
    page = to_details(make_page(Look(language, theme, NARROWEST)), served, language)
    page.set_input_files("#files", [{**LOG, "name": f"{'long-name-' * 6}.txt"}, PROGRAM])
    expect(page.locator(".upload .fault:visible")).to_have_count(1)
    bring(page, "paste", "body")
    expect(page.locator(".kept > li:has([name=files])")).to_have_count(2)
    waiting: list[Route] = []
    page.route(UPLOADS, lambda route: waiting.append(route))
    page.set_input_files("#files", [{**LOG, "name": "slow.txt"}])
    go_on(page, language)
    fill(page, IDENTITY)
    press(page, "pages.form.continue", language)
    page.locator(".uploads.is-held").wait_for()
    assert flaws(page) == []
    page.go_back()
    page.locator("#files").wait_for()
    assert flaws(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST


def test_the_browser_asks_before_a_reload_that_would_lose_a_file_and_only_then(details: Page) -> None:
    dialogs: list[str] = []
    stalled: list[Route] = []

    def stay(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        dialog.dismiss()

    details.on("dialog", stay)
    details.route(UPLOADS, lambda route: stalled.append(route))
    details.set_input_files("#files", [LOG])
    expect(details.locator(".upload progress")).to_be_visible()
    details.evaluate("location.reload()")
    details.wait_for_timeout(200)
    assert dialogs == ["beforeunload"]
    stalled[0].continue_()
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(1)
    details.reload()
    expect(details.locator(".kept > li:has([name=files])")).to_have_count(1)
    assert attached(details) == ["error-log.txt"]
    assert dialogs == ["beforeunload"]
