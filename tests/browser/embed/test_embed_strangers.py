"""Who may have the form in a page, who is listened to, and who gets events (threats W03, W04)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_errors import Watch
from embedded_form import events
from hosts import Host, script
from playwright.sync_api import ConsoleMessage, FrameLocator, Page, expect
from served import Served

Visit = Callable[..., Page]
Form = Callable[[Page], FrameLocator]


@pytest.fixture
def heard(make_page: Callable[..., Page], host: Host) -> tuple[Page, list[str]]:
    """A page with what its console says; complaining there is what is meant to happen."""
    page = make_page(origins=(host.origin,))
    watch: Watch = page.watch  # type: ignore[attr-defined]
    messages: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        messages.append(message.text)
        watch.faults = []

    page.on("console", hear)
    return page, messages


@pytest.mark.parametrize(
    "evil",
    [
        "http://shop.localhost.attacker.localhost:{port}",
        "http://attacker-shop.localhost:{port}",
        "http://sub.shop.localhost:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}",
    ],
)
def test_a_page_that_is_not_of_the_site_gets_a_link_and_says_why(
    heard: tuple[Page, list[str]], served: Served, host: Host, evil: str
) -> None:
    page, messages = heard
    page.watch.origins.add(evil.format(port=host.port))  # type: ignore[attr-defined]
    host.put(script(served.address, site="shop", category="pricing", lang="ru"))
    page.goto(evil.format(port=host.port) + "/")
    link = page.get_by_role("link", name="Открыть форму в новом окне")
    expect(link).to_have_attribute("href", f"{served.address}/ru/pricing/?site=shop")
    expect(page.locator("iframe")).to_have_count(0)
    assert any(
        "[zayavka]" in message and evil.format(port=host.port) in message and "sites.yaml" in message
        for message in messages
    )
    assert events(page, "ready") == []
    page.watch.faults = []  # type: ignore[attr-defined]


def test_a_form_whose_script_is_blocked_leaves_a_link_that_leads_to_it(
    heard: tuple[Page, list[str]], served: Served, host: Host
) -> None:
    page, messages = heard
    page.watch.may_lose_parts = True  # type: ignore[attr-defined]
    page.route("**/js/frame.*", lambda route: route.abort())
    page.goto(host.put(script(served.address, site="shop", category="pricing", lang="ru")))
    link = page.get_by_role("link", name="Открыть форму в новом окне")
    expect(link).to_be_visible()
    assert any("its scripts are blocked" in message for message in messages)
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Проценка")
    page.watch.faults = []  # type: ignore[attr-defined]


def test_an_allowed_page_inside_an_evil_one_does_not_show_the_form(
    heard: tuple[Page, list[str]], served: Served, host: Host
) -> None:
    page, _ = heard
    evil = f"http://attacker.localhost:{host.port}"
    page.watch.origins.add(evil)  # type: ignore[attr-defined]
    host.put(script(served.address, site="shop", lang="ru"), path="/allowed/")
    host.put(f'<iframe src="{host.origin}/allowed/"></iframe>', path="/evil/")
    page.goto(evil + "/evil/")
    expect(page.frame_locator("iframe").get_by_role("link", name="Открыть форму в новом окне")).to_be_visible()
    page.watch.faults = []  # type: ignore[attr-defined]


def test_a_window_that_is_not_the_parent_is_neither_heard_nor_answered(
    visit: Visit, served: Served, host: Host, form: Form
) -> None:
    host.put("<p>Чужая страница</p>", path="/evil/")
    evil = f"http://attacker.localhost:{host.port}"
    page = visit(category="pricing", situation="pricing_all")
    page.watch.origins.add(evil)  # type: ignore[attr-defined]
    stranger = page.context.new_page()
    stranger.goto(evil + "/evil/")
    with page.context.expect_page() as opened:
        stranger.evaluate(f"victim = window.open('{host.origin}/')")
    victim = opened.value
    victim.wait_for_function("events.some((event) => event.type === 'ready')")
    answers = stranger.evaluate(
        """() => new Promise((done) => {
            const heard = [];
            addEventListener("message", ({ data }) => heard.push(data));
            const [inner] = [victim.frames[0]];
            inner.postMessage({ zayavka: 1, type: "hello", sized: true, theme: "dark" }, "*");
            inner.postMessage({ zayavka: 1, type: "prefill", answers: { article: "EVIL" } }, "*");
            victim.postMessage({ zayavka: 1, type: "submitted", number: "666666", fast_track: true }, "*");
            setTimeout(() => done(heard), 500);
        })"""
    )
    assert answers == []
    assert victim.frame_locator("iframe").locator("[name=article]").input_value() == ""
    assert events(victim, "submitted") == []


def test_another_frame_of_the_page_cannot_speak_for_the_form(visit: Visit, served: Served, host: Host) -> None:
    body = script(served.address, site="shop", lang="ru")
    liar = '<iframe id="liar" srcdoc="<p>ad</p>"></iframe>'
    page = visit(body=body + liar)
    page.evaluate(
        """(service) => {
            const lie = { zayavka: 1, type: "submitted", number: "666666", fast_track: true };
            document.getElementById("liar").contentWindow.eval(`parent.postMessage(${JSON.stringify(lie)}, "*")`);
            window.postMessage(lie, "*");
            dispatchEvent(new MessageEvent("message", { data: lie, origin: service }));
        }""",
        served.address,
    )
    page.wait_for_timeout(300)
    assert events(page, "submitted") == []


@pytest.mark.parametrize(
    "message",
    [
        "null",
        "'height'",
        "[]",
        "{ type: 'submitted', number: '666666' }",
        "{ zayavka: 1, type: '__proto__' }",
        "{ zayavka: 1, type: 'constructor' }",
        "{ zayavka: 1, type: 'height', height: 1e9 }",
        "{ zayavka: 1, type: 'height', height: -5 }",
        "{ zayavka: 1, type: 'height', height: '700px;position:fixed' }",
        "{ zayavka: 1, type: 'submitted', number: { evil: 1 } }",
        "{ zayavka: 1, type: 'submitted', number: 'x'.repeat(99) }",
        "{ zayavka: 1, type: 'step', screen: '<img src=x>' }",
        "{ zayavka: 1, type: 'error', status: 'text of somebody' }",
    ],
)
def test_what_is_no_message_of_ours_is_dropped_even_from_the_form_itself(visit: Visit, message: str) -> None:
    page = visit(category="pricing")
    page.wait_for_function("events.some((event) => event.type === 'step')")
    page.wait_for_timeout(300)
    before = page.evaluate("events.length")
    page.frames[1].evaluate(f"parent.postMessage({message}, '*')")
    page.wait_for_timeout(150)
    assert page.evaluate("events.length") == before


def test_without_a_site_there_is_a_link_and_a_line_in_the_console(
    heard: tuple[Page, list[str]], served: Served, host: Host
) -> None:
    page, messages = heard
    page.goto(host.put(script(served.address, lang="en")))
    link = page.get_by_role("link", name="Open the form in a new window")
    expect(link).to_have_attribute("href", f"{served.address}/en/")
    assert any("data-site is missing" in message for message in messages)
    page.watch.faults = []  # type: ignore[attr-defined]
