"""What a browser says of itself is shown and can be left out; the address is offered (issue 5, 4; ux.md, point 8)."""

from __future__ import annotations

import json
from collections.abc import Callable

from filling import at_check, go_on, jump_to_check, press
from looks import Look
from playwright.sync_api import Page, Request, expect
from served import Served
from sqlalchemy import select

from wizard.db.models import Ticket


def test_screen_and_time_zone_are_shown_and_arrive(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(Look(), timezone_id="Asia/Yekaterinburg", screen={"width": 390, "height": 844})
    at_check(page, served, "pricing_all")
    expect(page.locator(".captured")).to_contain_text("390×844")
    expect(page.locator(".captured")).to_contain_text("Asia/Yekaterinburg")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    evidence = served.evidence()
    assert (evidence["screen"], evidence["time_zone"]) == ("390×844", "Asia/Yekaterinburg")


def test_what_is_ticked_does_not_leave_the_browser(make_page: Callable[..., Page], served: Served) -> None:
    page = make_page(Look(), timezone_id="Asia/Yekaterinburg")
    at_check(page, served, "pricing_all")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    for fact in ("screen", "time_zone", "ip"):
        page.check(f"[name=leave_out][value={fact}]")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    [report] = [request for request in sent if request.method == "POST"]
    assert b"Yekaterinburg" not in (report.post_data_buffer or b"")
    evidence = served.evidence()
    assert [evidence[fact] for fact in ("screen", "time_zone", "ip")] == [None, None, None]


def test_screen_and_time_zone_are_sent_to_the_last_look_only_and_not_when_left_out(
    make_page: Callable[..., Page], served: Served
) -> None:
    page = make_page(Look(), timezone_id="Asia/Yekaterinburg", screen={"width": 390, "height": 844})
    posts: list[bytes] = []
    page.on("request", lambda request: posts.append(request.post_data_buffer or b""))

    def facts_sent() -> list[tuple[bool, bool]]:
        return [("390×844".encode() in post, b"Yekaterinburg" in post) for post in posts if post]

    at_check(page, served, "pricing_all")
    assert len(facts_sent()) > 2
    assert facts_sent() == [(False, False)] * (len(facts_sent()) - 1) + [(True, True)]
    page.check("[name=leave_out][value=time_zone]")
    posts.clear()
    press(page, "pages.check.edit")
    page.locator("form.report").wait_for()
    assert [zone for _, zone in facts_sent()] == [False]
    posts.clear()
    while page.locator("form.report").count():
        go_on(page)
    assert facts_sent() == [(False, False)] * (len(facts_sent()) - 1) + [(True, False)]
    expect(page.locator("[name=leave_out][value=time_zone]")).to_be_checked()
    expect(page.locator(".captured")).to_contain_text("Asia/Yekaterinburg")
    page.uncheck("[name=leave_out][value=time_zone]")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    evidence = served.evidence()
    assert (evidence["screen"], evidence["time_zone"]) == ("390×844", "Asia/Yekaterinburg")


def test_an_answer_that_bears_the_name_of_a_fact_is_sent_though_the_fact_is_left_out(
    page: Page, served: Served
) -> None:
    jump_to_check(page, served, "site_down", ip="203.0.113.77")
    page.check("[name=leave_out][value=ip]")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    [(snapshot,)] = served.desk.query(select(Ticket.record))
    assert [answer["value"] for answer in json.loads(snapshot)["answers"] if answer["id"] == "ip"] == ["203.0.113.77"]
    assert served.evidence()["ip"] is None


def test_enter_on_a_tick_neither_sends_nor_leaves_the_page(page: Page, served: Served) -> None:
    at_check(page, served, "pricing_all")
    posts: list[Request] = []
    page.on("request", lambda request: posts.append(request))
    page.check("[name=leave_out][value=ip]")
    page.press("[name=leave_out][value=browser]", "Enter")
    page.wait_for_timeout(500)
    assert posts == []
    expect(page.locator("[name=leave_out][value=browser]")).to_be_focused()
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    assert served.evidence()["ip"] is None


def test_enter_on_a_tick_without_scripts_shows_the_same_page_with_its_ticks(
    make_page: Callable[..., Page], served: Served
) -> None:
    page = make_page(java_script_enabled=False)
    page.goto(served.desk.address("q_unclear"))
    page.fill("#details", "Как выгрузить прайс из программы в файл для поставщика?")
    page.fill("#reg_email", "zakaz@detal36.example")
    page.get_by_role("button", name="Продолжить").click()
    page.check("[name=leave_out][value=ip]")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.press("[name=leave_out][value=browser]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Проверьте и отправьте")
    expect(page.locator("[name=leave_out][value=ip]")).to_be_checked()
    assert served.desk.query(select(Ticket.number)) == []
    page.get_by_role("button", name="Отправить заявку").click()
    page.wait_for_url("**/tickets/**")
    assert served.evidence()["ip"] is None


def test_the_address_that_we_see_is_offered_where_one_is_asked_for(
    serve: Callable[..., Served], make_page: Callable[..., Page]
) -> None:
    served = serve(TRUSTED_PROXIES=1)
    page = make_page(
        origins=(served.address,), base_url=served.address, extra_http_headers={"X-Forwarded-For": "203.0.113.77"}
    )
    situation = next(
        situation.id
        for situation in served.desk.catalog.situations.values()
        if any(asked.question.id == "ip" for asked in served.desk.catalog.asked(situation))
    )
    page.goto(served.desk.address(situation))
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    offer = page.locator(".seen")
    expect(offer).to_contain_text("Мы видим адрес 203.0.113.77. Вы сейчас в той же сети, где проблема?")
    press(page, "pages.form.take_ip")
    expect(page.locator("#ip")).to_have_value("203.0.113.77")
    expect(page.locator("#ip")).to_be_focused()
    expect(offer).to_be_hidden()


def test_an_address_of_this_machine_is_not_offered(page: Page, served: Served) -> None:
    with page.expect_response("**/api/v1/evidence*"):
        page.goto(served.desk.address("site_down"))
    expect(page.locator(".seen")).to_be_hidden()
