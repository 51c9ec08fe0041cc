"""What a guest does not do: take the focus uncalled, move the page, or leave it without a word."""

from __future__ import annotations

import re
from collections.abc import Callable

from embedded_form import events, fill_in, send
from hosts import Host, script
from playwright.sync_api import FrameLocator, Page, Route, expect
from served import Served
from sqlalchemy import select

from wizard.db.models import Ticket

Visit = Callable[..., Page]
Form = Callable[[Page], FrameLocator]

LONG = "<p style='height: 1500px'>Длинная страница</p>"


def test_loading_moves_neither_the_focus_nor_the_page(
    make_page: Callable[..., Page], served: Served, host: Host
) -> None:
    page = make_page(origins=(host.origin,))
    page.goto(host.put(script(served.address, site="shop", lang="ru")))
    page.focus("#search")
    page.wait_for_function("events.some((event) => event.type === 'height')")
    page.wait_for_timeout(300)
    assert page.evaluate("[document.activeElement.id, scrollY]") == ["search", 0]


def test_after_the_client_acted_the_new_heading_has_the_focus_and_is_in_view(visit: Visit, form: Form) -> None:
    page = visit()
    frame = form(page)
    last = frame.locator(".cards a").last
    last.scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 300
    last.click()
    expect(frame.locator(".rows")).to_be_visible()
    expect(frame.get_by_role("heading", level=1)).to_be_focused()
    expect(frame.get_by_role("heading", level=1)).to_be_in_viewport()


def test_a_frame_that_is_in_view_stays_where_it_is(visit: Visit, form: Form) -> None:
    page = visit()
    frame = form(page)
    page.evaluate("scrollTo(0, 40)")
    frame.locator(".cards a").first.click()
    expect(frame.get_by_role("heading", level=1)).to_be_focused()
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 40


def test_errors_take_the_focus_and_lead_to_their_field_in_view(visit: Visit, form: Form) -> None:
    page = visit(category="pricing", situation="pricing_all")
    frame = form(page)
    frame.get_by_role("button", name="Продолжить").click()
    expect(frame.get_by_role("alert")).to_be_focused()
    expect(frame.get_by_role("alert")).to_be_in_viewport()
    frame.get_by_role("alert").get_by_role("link").last.click()
    page.wait_for_timeout(300)
    assert page.frames[1].evaluate("document.activeElement.matches('input, textarea')")
    expect(page.frames[1].locator(":focus")).to_be_in_viewport()


def test_the_page_gets_events_and_nothing_personal(visit: Visit, served: Served, form: Form) -> None:
    page = visit(category="pricing")
    frame = form(page)
    frame.get_by_role("link", name="Проценка не работает по всем поставщикам").click()
    expect(frame.get_by_role("heading", level=1)).to_be_focused()
    frame.get_by_role("button", name="Продолжить").press("Enter")
    expect(frame.get_by_role("alert")).to_be_visible()
    fill_in(frame, served.desk, "pricing_all")
    number = send(frame)
    page.wait_for_function("events.some((event) => event.type === 'submitted')")
    screens = [event["screen"] for event in events(page, "step")]
    assert list(dict.fromkeys(screens)) == ["category", "situation", "check", "receipt"]
    assert {"type": "error", "of": "form", "status": 422} in events(page, "error")
    steps = [event["number"] for event in events(page, "step") if event["screen"] == "situation"]
    assert steps == sorted(steps) and steps[0] == 1 and len(set(steps)) > 1  # type: ignore[type-var]
    all_events = page.evaluate("events")
    assert {event["type"] for event in all_events} <= {"ready", "height", "step", "submitted", "error"}
    assert {name for event in all_events for name in event} <= {
        *("type", "of", "isTrusted", "height", "screen", "number", "total", "fast_track", "status"),
    }
    assert [event for event in all_events if event["type"] == "submitted"] == [
        {"type": "submitted", "of": "form", "number": number, "fast_track": True}
    ]


def test_a_receipt_that_is_loaded_again_is_reported_once(visit: Visit, served: Served, form: Form) -> None:
    page = visit(category="question", situation="q_unclear")
    fill_in(form(page), served.desk, "q_unclear")
    send(form(page))
    page.wait_for_function("events.some((event) => event.type === 'submitted')")
    form(page).locator("html").evaluate("() => location.reload()")
    page.wait_for_function("events.filter((event) => event.screen === 'receipt').length === 2")
    assert len(events(page, "submitted")) == 1


def test_a_report_whose_first_answer_was_lost_is_reported_once(visit: Visit, served: Served, form: Form) -> None:
    tries: list[Route] = []

    def lose_the_first_answer(route: Route) -> None:
        if b"send" in (route.request.post_data_buffer or b"") and not tries:
            tries.append(route)
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.fallback()

    page = visit(category="question", situation="q_unclear")
    frame = form(page)
    fill_in(frame, served.desk, "q_unclear")
    page.route(re.compile("/q_unclear/"), lose_the_first_answer)
    frame.get_by_role("button", name="Отправить заявку").click()
    page.wait_for_function("events.some((event) => event.type === 'error')")
    assert len(tries) == 1
    assert len(served.desk.query(select(Ticket.number))) == 1, "the server had accepted it"
    expect(frame.get_by_role("heading", level=1)).to_have_text("Заявка принята")
    page.wait_for_function("events.some((event) => event.type === 'submitted')")
    number = frame.locator(".ticket-number strong").inner_text()
    submitted = [{"type": "submitted", "of": "form", "number": number, "fast_track": False}]
    assert events(page, "submitted") == submitted
    page.evaluate("history.back()")
    expect(frame.get_by_role("status").first).to_contain_text("Заявка уже отправлена")
    page.wait_for_function("events.filter((event) => event.screen === 'receipt').length === 2")
    page.wait_for_timeout(300)
    assert events(page, "submitted") == submitted
    assert len(served.desk.query(select(Ticket.number))) == 1


def test_the_button_opens_the_form_and_escape_closes_it_with_everything_kept(
    make_page: Callable[..., Page], served: Served, host: Host
) -> None:
    page = make_page(origins=(host.origin,))
    page.goto(
        host.put(
            LONG
            + script(served.address, site="shop", mode="button", lang="ru", category="pricing", situation="pricing_all")
        )
    )
    opener = page.get_by_role("button", name="Написать в поддержку")
    expect(page.locator("iframe")).to_have_count(0)
    opener.click()
    frame = page.frame_locator("iframe")
    expect(page.get_by_role("dialog", name="Заявка в поддержку")).to_be_visible()
    expect(frame.get_by_role("heading", level=1)).to_be_focused()
    frame.locator("[name=article]").fill("OC47")
    frame.locator("[name=article]").press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    expect(frame.locator("[name=article]")).to_have_value("OC47")
    page.get_by_role("button", name="Закрыть").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("scrollY") == 0
    page.evaluate("document.getElementById('form').dispatchEvent(new CustomEvent('zayavka:open'))")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_page_with_a_strict_policy_of_its_own_can_hold_the_form(
    make_page: Callable[..., Page], served: Served, host: Host
) -> None:
    page = make_page(origins=(host.origin,))
    policy = f"default-src 'none'; script-src {served.address}; frame-src {served.address}; img-src data:"
    inline = script(served.address, "one", site="shop", lang="ru")
    button = script(served.address, "two", site="shop", lang="ru", mode="button")
    page.goto(host.put_strict(inline + button, policy))
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Что случилось?")
    page.get_by_role("button", name="Написать в поддержку").click()
    expect(page.frame_locator("dialog iframe").get_by_role("heading", level=1)).to_have_text("Что случилось?")
