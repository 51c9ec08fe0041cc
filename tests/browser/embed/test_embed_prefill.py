"""What the page knows of the client: shown and changeable, in no address, and deciding nothing."""

from __future__ import annotations

from collections.abc import Callable

from embedded_form import fill_in, send
from hosts import Host
from playwright.sync_api import FrameLocator, Page, expect
from served import Served

Visit = Callable[..., Page]
Form = Callable[[Page], FrameLocator]


def test_answers_of_the_page_are_filled_in_and_stand_in_no_address(
    visit: Visit, make_page: Callable[..., Page], host: Host, served: Served, form: Form
) -> None:
    requested: list[str] = []
    page = visit(category="pricing", reg_name="ООО Детали", reg_email="zakaz@detal36.example", article="OC47")
    page.on("request", lambda request: requested.append(request.url))
    frame = form(page)
    frame.get_by_role("link", name="Проценка не работает по всем поставщикам").click()
    expect(frame.locator("[name=reg_name]")).to_have_value("ООО Детали")
    expect(frame.locator("[name=reg_email]")).to_have_value("zakaz@detal36.example")
    expect(frame.locator("[name=article]")).to_have_value("OC47")
    fill_in(frame, served.desk, "pricing_all", reg_name="ООО Другие")
    expect(frame.get_by_text("ООО Другие")).to_be_visible()
    addresses = " ".join([*requested, *(frame.url for frame in page.frames)])
    assert "pricing_all" in addresses
    assert not [word for word in ("zakaz", "OC47", "reg_", "article") if word in addresses]


def test_no_choice_is_made_by_the_page_so_that_it_cannot_decide_the_queue(visit: Visit, form: Form) -> None:
    page = visit(category="pricing", situation="pricing_all", article="OC47", scope="all", suppliers="all", once="x")
    expect(form(page).locator("[name=article]")).to_have_value("OC47")
    assert form(page).locator("input:checked").count() == 0
    assert (
        form(page)
        .locator("[data-prefill]:not(input[type=text], input[type=email], input[type=tel], input[type=url])")
        .count()
        == 0
    )


def test_what_the_client_emptied_stays_empty(visit: Visit, form: Form) -> None:
    page = visit(category="pricing", situation="pricing_all", article="OC47")
    frame = form(page)
    expect(frame.locator("[name=article]")).to_have_value("OC47")
    frame.locator("[name=article]").fill("")
    frame.get_by_role("button", name="Продолжить").click()
    expect(frame.get_by_role("alert")).to_be_visible()
    page.evaluate("document.getElementById('form').dataset.article = 'OC48'")
    page.wait_for_timeout(300)
    expect(frame.locator("[name=article]")).to_have_value("")


def test_the_page_may_prefill_more_later_by_an_event(visit: Visit, form: Form) -> None:
    page = visit(category="pricing", situation="pricing_all")
    page.evaluate(
        """document.getElementById("form").dispatchEvent(
            new CustomEvent("zayavka:prefill", { detail: { "reg-name": "ООО Поздно", article: 7, brand: {} } }))"""
    )
    expect(form(page).locator("[name=reg_name]")).to_have_value("ООО Поздно")
    assert form(page).locator("[name=article]").input_value() == ""


def test_a_plain_frame_takes_messages_of_the_page_and_answers_them(
    make_page: Callable[..., Page], served: Served, host: Host, form: Form
) -> None:
    page = make_page(origins=(host.origin,))
    page.goto(host.put(f'<iframe src="{served.address}/ru/pricing/pricing_all/?site=shop&amp;embed=light"></iframe>'))
    expect(form(page).get_by_role("heading", level=1)).to_be_visible()
    answers = page.evaluate(
        """(service) => new Promise((done) => {
            const heard = [];
            addEventListener("message", ({ origin, data }) => {
                if (origin === service) heard.push(data.type);
                if (heard.includes("step")) done(heard);
            });
            const inner = document.querySelector("iframe").contentWindow;
            inner.postMessage({ zayavka: 1, type: "hello" }, service);
            inner.postMessage({ zayavka: 1, type: "prefill", answers: { article: "OC47" } }, service);
        })""",
        served.address,
    )
    assert answers == ["ready", "height", "step"]
    expect(form(page).locator("[name=article]")).to_have_value("OC47")


def test_the_page_around_is_named_without_its_query_and_can_be_left_out(
    visit: Visit, served: Served, host: Host, form: Form
) -> None:
    page = visit(category="question", situation="q_unclear")
    page.goto(f"{host.origin}/?session=secret-of-the-client#part")
    page.wait_for_function("events.some((event) => event.type === 'ready')")
    frame = form(page)
    fill_in(frame, served.desk, "q_unclear")
    facts = frame.get_by_role("group", name="Определено автоматически")
    expect(facts.get_by_text(f"{host.origin}/", exact=True)).to_be_visible()
    facts.locator("[name=leave_out][value=page]").check()
    send(frame)
    assert served.evidence()["page"] is None


def test_the_page_around_is_sent_to_the_last_look_only_and_not_when_left_out(
    visit: Visit, served: Served, host: Host, form: Form
) -> None:
    page = visit(category="pricing", situation="pricing_all")
    frame = form(page)
    posts: list[bytes] = []
    page.on("request", lambda request: posts.append(request.post_data_buffer or b""))

    def page_sent() -> list[bool]:
        return [f"{host.origin}/".encode() in post for post in posts if post]

    fill_in(frame, served.desk, "pricing_all")
    assert len(page_sent()) > 2
    assert page_sent() == [False] * (len(page_sent()) - 1) + [True]
    frame.locator("[name=leave_out][value=page]").press("Space")
    frame.get_by_role("button", name="Изменить ответы").first.press("Enter")
    frame.locator("form.report").wait_for()
    posts.clear()
    fill_in(frame, served.desk, "pricing_all")
    assert page_sent() == [False] * len(page_sent())
    facts = frame.get_by_role("group", name="Определено автоматически")
    expect(facts.get_by_text(f"{host.origin}/", exact=True)).to_be_visible()
    expect(facts.locator("[name=leave_out][value=page]")).to_be_checked()
    facts.locator("[name=leave_out][value=page]").press("Space")
    send(frame)
    assert served.evidence()["page"] == f"{host.origin}/"


def test_an_address_that_is_no_page_of_the_web_is_no_evidence(visit: Visit, served: Served, form: Form) -> None:
    page = visit(category="question", situation="q_unclear", page="javascript:alert(1)")
    fill_in(form(page), served.desk, "q_unclear")
    assert "javascript:" not in form(page).locator("main").inner_text()
