"""Sending over a line that breaks, to a server that is away: one ticket, not a word lost (ux.md, points 6 and 16)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from filling import jump_to_check, press
from playwright.sync_api import Page, Route, expect
from served import Served
from sqlalchemy import select

from wizard.db.models import Ticket
from wizard.intake.accept import Unavailable
from wizard.limits.budgets import OverBudget

LONG = "Слово за слово, и так до конца страницы. " * 60


@pytest.fixture
def check(page: Page, served: Served) -> Page:
    """The last look at a filled-in report."""
    jump_to_check(page, served, "pricing_all", details=LONG)
    return page


def tickets(served: Served) -> int:
    """How many tickets there are."""
    return len(served.desk.query(select(Ticket.number)))


def is_accepted(page: Page) -> None:
    """The receipt is there."""
    page.wait_for_url("**/tickets/**", timeout=20_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Заявка принята")


def says_that_nothing_was_sent(page: Page) -> None:
    """The words of ux.md, point 6."""
    unsent = page.locator("[data-unsent]")
    expect(unsent).to_be_focused()
    expect(unsent).to_contain_text("Заявка не отправлена: сервер не ответил. Ответы сохранены.")


def test_a_cut_line_is_shown_and_the_report_goes_by_itself_when_it_is_back(check: Page, served: Served) -> None:
    check.context.set_offline(True)
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    check.context.set_offline(False)
    is_accepted(check)
    assert tickets(served) == 1


def test_a_server_that_was_stopped_gets_the_report_when_it_is_started(check: Page, served: Served) -> None:
    served.stop()
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    served.start()
    is_accepted(check)
    served.desk.run_worker()
    assert len(served.desk.inbox) == 1


def test_a_button_tries_at_once(check: Page, served: Served) -> None:
    check.clock.install()
    served.stop()
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    served.start()
    press(check, "pages.check.send_now")
    is_accepted(check)


def test_an_answer_that_got_lost_makes_no_second_ticket(check: Page, served: Served) -> None:
    keys = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.post_data.partition('name="once"')[2].split()[0])  # type: ignore[union-attr]
        if len(keys) == 1:
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.fallback()

    check.route(lambda url: url.endswith("/pricing_all/"), lose_the_first_answer)
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    assert tickets(served) == 1
    press(check, "pages.check.send_now")
    is_accepted(check)
    assert tickets(served) == 1
    assert len(keys) == 2 and keys[0] == keys[1]


def test_a_server_that_asks_for_time_gets_it(check: Page, served: Served) -> None:
    check.clock.install()
    tries = []

    def be_away(route: Route) -> None:
        tries.append(route)
        route.fulfill(status=503, headers={"Retry-After": "30"}, body="away")

    check.route(lambda url: url.endswith("/pricing_all/"), be_away)
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    check.clock.fast_forward(20_000)
    assert len(tries) == 1
    check.unroute_all()
    check.clock.fast_forward(20_000)
    is_accepted(check)


def test_a_server_that_is_busy_for_a_moment_gets_the_report_by_itself(check: Page, served: Served) -> None:
    check.clock.install()
    check.route(
        lambda url: url.endswith("/pricing_all/"),
        lambda route: route.fulfill(status=429, headers={"Retry-After": "5"}, body="busy"),
    )
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    check.unroute_all()
    check.clock.fast_forward(10_000)
    is_accepted(check)


def test_whoever_has_sent_too_much_is_shown_so_at_once_with_every_answer(
    check: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OverBudget("tickets", 3000)

    with monkeypatch.context() as patched:
        patched.setattr("wizard.pages.form.accept", refuse)
        press(check, "pages.check.send")
        expect(check.locator("main")).to_contain_text("с Вашего адреса в сети их пришло слишком много")
    expect(check.locator("main")).to_contain_text("Слово за слово")
    assert tickets(served) == 0
    press(check, "pages.check.send")
    is_accepted(check)


def test_tries_come_ever_less_often(check: Page, served: Served) -> None:
    check.clock.install()
    served.stop()
    tries: list[str] = []
    check.on("requestfailed", lambda request: tries.append(request.url))
    press(check, "pages.check.send")
    says_that_nothing_was_sent(check)
    for _ in range(120):
        check.clock.run_for(1000)
    assert 4 <= len(tries) <= 9


def test_a_double_click_sends_once(check: Page, served: Served) -> None:
    posts: list[str] = []
    check.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    check.get_by_role("button", name="Отправить заявку", exact=True).dblclick()
    is_accepted(check)
    assert len(posts) == 1
    assert tickets(served) == 1


def test_back_after_sending_says_so_and_sends_nothing(check: Page, served: Served) -> None:
    press(check, "pages.check.send")
    is_accepted(check)
    check.go_back()
    check.wait_for_url("**/tickets/**again=1")
    expect(check.get_by_role("status").first).to_contain_text("Заявка уже отправлена")
    check.go_back()
    expect(check.locator("form.report")).to_be_visible()
    expect(check.locator("#article")).to_have_value("")
    assert tickets(served) == 1


def test_a_letter_with_the_same_text_is_ready_and_no_longer_than_windows_opens(check: Page, served: Served) -> None:
    served.stop()
    press(check, "pages.check.send")
    address = check.get_by_role("link", name="Отправить письмом").get_attribute("href") or ""
    letter = urlsplit(address)
    assert letter.scheme == "mailto" and letter.path == served.desk.container.settings.support_inbox
    assert len(address) <= 2000
    said = parse_qs(letter.query)
    assert said["subject"] == ["Проценка: Проценка не работает по всем поставщикам"]
    assert said["body"][0].startswith(
        "От каких поставщиков нет результатов: От всех\r\nАдрес сайта: https://detal36.example"
    )
    assert said["body"][0].endswith("…\r\n\r\n(Не всё поместилось. Скопируйте остальные ответы со страницы.)")


def test_where_the_clipboard_is_refused_the_answers_are_selected_to_be_copied_by_hand(
    check: Page, served: Served
) -> None:
    check.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
    )
    served.stop()
    press(check, "pages.check.send")
    button = check.locator("[data-copy]")
    button.click()
    check.wait_for_function("() => String(getSelection()).includes('opt-klient-17')")
    expect(button).not_to_have_text(button.get_attribute("data-copied") or "")


def test_a_page_that_waited_too_long_is_shown_anew_by_the_server(check: Page, served: Served) -> None:
    check.evaluate("document.querySelector('[name=once]').value = 'too old'")
    press(check, "pages.check.send")
    check.wait_for_load_state()
    expect(check.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")
    press(check, "pages.check.send")
    is_accepted(check)


def test_a_server_that_cannot_write_keeps_the_report_and_takes_it_later(
    check: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_write(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr("wizard.pages.form.accept", cannot_write)
        press(check, "pages.check.send")
        says_that_nothing_was_sent(check)
    press(check, "pages.check.send_now")
    is_accepted(check)
