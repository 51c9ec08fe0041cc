"""The whole path in somebody else's page, with everything blocked that browsers block (threats W01)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_errors import Watch
from embedded_form import CHECK, events, fill_in, send
from hosts import Host, script
from installation import parsed
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from served import Served

Visit = Callable[..., Page]
Form = Callable[[Page], FrameLocator]
SITUATION = "Проценка не работает по всем поставщикам"
INBOX_OF_THE_SHOP = "inbox-of-the-shop@desk.example"


def test_a_report_with_a_file_goes_through_where_cookies_and_storage_are_blocked(
    private_context: BrowserContext, served: Served, host: Host, form: Form, tmp_path: Path
) -> None:
    picture = tmp_path / "screen.txt"
    picture.write_text("What the screen said\n")
    watch = Watch(private_context, [served.address, host.origin])
    page = private_context.new_page()
    page.goto(host.put(script(served.address, site="shop", category="pricing", lang="ru"), path="/support/"))
    frame = form(page)
    assert "SecurityError" in frame.locator("html").evaluate(
        "() => { try { localStorage } catch (e) { return e.name } }"
    )
    frame.get_by_role("link", name=SITUATION).click()
    frame.locator("input[type=file]").set_input_files(picture)
    fill_in(frame, served.desk, "pricing_all")
    expect(frame.get_by_text("screen.txt")).to_be_visible()
    expect(frame.get_by_text(f"{host.origin}/support/")).to_be_visible()
    number = send(frame)
    assert events(page, "submitted") == [
        {"type": "submitted", "of": "form", "number": number, "fast_track": True},
    ]
    assert private_context.cookies() == []
    served.desk.run_worker()
    letter = parsed(next(mail.content for mail in served.desk.sink.received if mail.recipients == [INBOX_OF_THE_SHOP]))
    assert letter["X-Ticket-Number"] == number
    assert "screen.txt" in [part.get_filename() for part in letter.iter_attachments()]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"{host.origin}/support/" in text
    assert watch.faults == []


def test_without_scripts_the_plain_frame_takes_the_report_and_its_file(
    make_page: Callable[..., Page], served: Served, host: Host, form: Form, tmp_path: Path
) -> None:
    picture = tmp_path / "screen.txt"
    picture.write_text("What the screen said\n")
    page = make_page(origins=(host.origin,), java_script_enabled=False)
    page.goto(host.put(f'<iframe src="{served.address}/ru/pricing/pricing_all/?site=shop&amp;embed=auto"></iframe>'))
    frame = form(page)
    frame.locator("input[type=file]").set_input_files(picture)
    fill_in(frame, served.desk, "pricing_all")
    expect(frame.get_by_text("screen.txt")).to_be_visible()
    number = send(frame)
    assert number.isdecimal()
    link = frame.get_by_role("link", name="Открыть заявку в новом окне")
    assert "embed" not in str(link.get_attribute("href"))


@pytest.mark.parametrize("sandbox", ["allow-forms allow-same-origin", "allow-forms allow-scripts allow-same-origin"])
def test_a_sandbox_that_leaves_the_form_its_origin_takes_the_report(
    make_page: Callable[..., Page], served: Served, host: Host, form: Form, sandbox: str
) -> None:
    page = make_page(origins=(host.origin,))
    address = f"{served.address}/ru/pricing/pricing_all/?site=shop&amp;embed=auto"
    page.goto(host.put(f'<iframe sandbox="{sandbox}" src="{address}"></iframe>'))
    fill_in(form(page), served.desk, "pricing_all")
    assert send(form(page)).isdecimal()
    forgive_the_scripts(page)


def test_a_sandbox_that_takes_the_origin_away_keeps_the_words_and_says_why_nothing_went(
    make_page: Callable[..., Page], served: Served, host: Host, form: Form
) -> None:
    page = make_page(origins=(host.origin,))
    address = served.desk.address("q_unclear")
    page.goto(host.put(f'<iframe sandbox="allow-forms" src="{served.address}{address}?site=shop&amp;embed=auto">'))
    frame = form(page)
    fill_in(frame, served.desk, "q_unclear", details="Слова остаются на странице, что бы ни случилось")
    frame.get_by_role("button", name="Отправить заявку").click()
    expect(frame.get_by_role("alert")).to_contain_text("откройте форму в отдельном окне")
    expect(frame.get_by_text("Слова остаются на странице")).to_be_visible()
    served.desk.run_worker()
    assert served.desk.sink.received == []
    forgive_the_scripts(page)


def forgive_the_scripts(page: Page) -> None:
    """Chromium reports each script that a sandbox did not let run; nothing else is forgiven."""
    page.goto("about:blank")  # what is still under way is reported first
    watch: Watch = page.watch  # type: ignore[attr-defined]
    watch.faults = [fault for fault in watch.faults if not re.search("sandboxed|origin 'null'|lost: .*[.]js", fault)]


def test_back_leads_from_every_step_to_the_one_before_and_stays_in_the_frame(
    visit: Visit, served: Served, host: Host, form: Form
) -> None:
    page = visit()
    frame = form(page)
    frame.get_by_role("link", name="Проценка", exact=False).first.click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Проценка")
    frame.get_by_role("link", name=SITUATION).click()
    expect(frame.get_by_role("heading", level=1)).to_have_text(SITUATION)
    fill_in(frame, served.desk, "pricing_all")
    expect(frame.get_by_role("heading", level=1)).to_contain_text(CHECK)
    seen = [CHECK]
    while seen[-1] != "Что случилось?" and len(seen) < 12:
        page.evaluate("history.back()")
        # A step of the form is no page of its own: the heading may stay while the question changes.
        page.wait_for_timeout(400)
        heading = frame.get_by_role("heading", level=1).inner_text()
        seen.append(CHECK if CHECK in heading else heading)
    assert list(dict.fromkeys(seen)) == [CHECK, SITUATION, "Проценка", "Что случилось?"]
    assert page.url == f"{host.origin}/"


def test_every_link_of_the_frame_keeps_site_and_frame_or_opens_a_window(
    visit: Visit, served: Served, form: Form
) -> None:
    page = visit()
    frame = form(page)
    for place in ("/ru/", "/ru/pricing/", "/ru/rules/", "/ru/follow-up/", "/ru/pricing/pricing_all/"):
        frame.locator("html").evaluate(f"() => {{ location.href = '{place}?site=shop&embed=light' }}")
        page.frames[1].wait_for_url(f"**{place}*")
        for link in frame.locator("a").all():
            leads, target = str(link.get_attribute("href")), link.get_attribute("target")
            own = leads.startswith("/") and target is None
            assert (
                leads.startswith(("#", "mailto:")) or target == "_blank" or (own and "site=shop&embed=light" in leads)
            )
