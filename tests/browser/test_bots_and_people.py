"""What programs stumble over, people do not meet: the honeypot and the proof of work in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from filling import at_check, jump_to_check, press
from playwright.sync_api import Page, expect
from served import Served
from sqlalchemy import func, select

from wizard.db.models import Delivery, UsedChallenge
from wizard.limits import budgets
from wizard.texts import translate

PAGES = ("/ru/question/q_unclear/", "/ru/question/q_unclear/?embed=auto", "/ru/follow-up/", "/en/question/q_unclear/")


@pytest.fixture
def nearly_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every caller have used most of the budget."""
    monkeypatch.setattr(budgets, "is_nearly_spent", lambda *_: True)


def proofs(served: Served) -> int:
    """How many proofs of work were accepted."""
    return int(served.desk.query(select(func.count()).select_from(UsedChallenge))[0][0])


@pytest.mark.parametrize("path", PAGES)
def test_the_honeypot_is_neither_seen_nor_reached_by_tab_nor_read_out(page: Page, served: Served, path: str) -> None:
    page.goto(path)
    honeypot = page.locator("[name=second_subject]")
    expect(honeypot).to_have_count(1)
    expect(honeypot).to_be_hidden()
    assert "second" not in page.locator("main").aria_snapshot()
    assert not page.get_by_role("textbox", name="оставьте пустым").count()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name ?? ''"))
    assert "second_subject" not in reached
    assert len(reached) > 2


def test_with_scripts_nothing_is_held_and_the_honeypot_stays_empty(page: Page, served: Served) -> None:
    at_check(page, served, "q_unclear")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    assert set(served.desk.query(select(Delivery.held_for))) == {(None,)}


@pytest.mark.usefixtures("nearly_spent")
def test_the_browser_proves_its_work_while_the_client_takes_the_last_look(
    page: Page, served: Served, flaws: Callable[[Page], list[str]]
) -> None:
    jump_to_check(page, served, "q_unclear")
    expect(page.locator("[name=altcha]")).to_have_count(1, timeout=60_000)
    assert flaws(page) == []
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    assert proofs(served) == 1


@pytest.mark.usefixtures("nearly_spent")
def test_whoever_presses_send_before_the_proof_is_done_waits_for_it(page: Page, served: Served) -> None:
    page.add_init_script(
        "const derive = crypto.subtle.deriveBits.bind(crypto.subtle); let first = true;"
        "crypto.subtle.deriveBits = async (...given) => {"
        "  if (first) await new Promise((resolve) => setTimeout(resolve, 1500));"
        "  first = false; return derive(...given); }"
    )
    jump_to_check(page, served, "q_unclear")
    press(page, "pages.check.send")
    expect(page.locator("[data-send]")).to_have_text(translate("ru", "pages.check.sending"))
    page.wait_for_url("**/tickets/**", timeout=60_000)
    assert proofs(served) == 1


@pytest.mark.usefixtures("nearly_spent")
def test_on_a_page_without_tls_which_has_no_cryptography_the_report_goes_without_proof(
    page: Page, served: Served
) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    jump_to_check(page, served, "q_unclear")
    press(page, "pages.check.send")
    page.wait_for_url("**/tickets/**")
    assert proofs(served) == 0


def test_nothing_of_the_proof_is_loaded_by_those_who_have_sent_little(page: Page, served: Served) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    jump_to_check(page, served, "q_unclear")
    assert not [url for url in loaded if "proof" in url]
    assert any("send." in url for url in loaded)
