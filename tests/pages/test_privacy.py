"""The privacy page says what this very installation does: its days, its desk, its host, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from consents import consent_file
from installation import Installation
from walker import Page

from wizard.pages.privacy import days_text
from wizard.texts import LANGUAGES, translator

SITES = """
shop:
  title: Detal 36
  origins: [https://detal36.example]
  inbox: support-shop@desk.example
  webhook: {url: "https://hooks.detal36.example/", secret_env: HOOK}
plain:
  title: Other
"""


def lifetimes(page: Page) -> list[str]:
    """How long each kind of data is kept, as the page says it."""
    return [entry.get_text() for entry in page.soup.select(".lifetimes dd")]


def test_the_days_are_those_by_which_the_worker_deletes(make_desk: Callable[..., Installation]) -> None:
    assert lifetimes(make_desk().client.get("/ru/privacy/")) == ["365 дней", "30 дней", "90 дней", "1 день"]
    desk = make_desk(RETENTION_TICKET_DAYS=0, RETENTION_EVIDENCE_DAYS=1, RETENTION_OUTBOX_DAYS=22)
    assert lifetimes(desk.client.get("/ru/privacy/")) == ["пока Вы не попросите удалить", "1 день", "22 дня", "1 день"]
    assert lifetimes(desk.client.get("/en/privacy/")) == ["until you ask us to delete it", "1 day", "22 days", "1 day"]


@pytest.mark.parametrize(
    ("count", "russian", "english"),
    [
        *((1, "день", "day"), (2, "дня", "days"), (5, "дней", "days"), (11, "дней", "days"), (12, "дней", "days")),
        *((21, "день", "days"), (30, "дней", "days"), (101, "день", "days"), (112, "дней", "days")),
    ],
)
def test_numbers_agree_with_their_words(count: int, russian: str, english: str) -> None:
    assert days_text(count, translator("ru")) == f"{count} {russian}"
    assert days_text(count, translator("en")) == f"{count} {english}"


def test_it_names_the_host_the_desk_and_whom_to_ask(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BASE_URL="https://help.desk.example")
    page = desk.client.get("/en/privacy/")
    assert "service help.desk.example" in page.text
    assert "support@desk.example" in page.text and "mailto:support@desk.example" in page.links()
    assert "{" not in page.text


def test_a_site_has_its_own_desk_and_says_when_a_program_is_told(
    make_desk: Callable[..., Installation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "whsec_" + "a" * 44)
    (tmp_path / "sites.yaml").write_text(SITES)
    desk = make_desk(SITES=str(tmp_path / "sites.yaml"))
    shop, plain = (desk.client.get(f"/en/privacy/?site={site}") for site in ("shop", "plain"))
    assert (
        "support-shop@desk.example" in shop.text
        and "A program of the site from whose page you came (Detal 36)" in shop.text
    )
    assert "support@desk.example" in plain.text and "A program of" not in plain.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_leads_there_and_anybody_may_cache_it(desk: Installation, language: str) -> None:
    check = desk.filled("site_down", language)
    receipt = check.submit("send")
    places = [f"/{language}/", f"/{language}/rules/", desk.address("site_down", language), f"/{language}/follow-up/"]
    pages = [check, receipt, desk.client.get(f"/{language}/nowhere/"), *map(desk.client.get, places)]
    for page in pages:
        assert f"/{language}/privacy/" in page.links(), page.address
    privacy = desk.client.get(f"/{language}/privacy/")
    assert privacy.response.headers["Cache-Control"].startswith("public") and privacy.response.headers["ETag"]


def test_what_it_says_of_cookies_holds_on_the_whole_way(desk: Installation) -> None:
    receipt = desk.send("site_down")
    assert "не ставят cookie" in desk.client.get("/ru/privacy/").text
    for page in (receipt, desk.client.get("/ru/"), desk.client.get("/ru/privacy/"), desk.filled("site_down")):
        assert "Set-Cookie" not in page.response.headers


def test_the_operators_own_policy_is_linked_where_one_is_set(make_desk: Callable[..., Installation]) -> None:
    address = "https://desk.example/privacy?lang=ru"
    assert address in make_desk(PRIVACY_URL=address).client.get("/ru/privacy/").links()
    assert not any("desk.example/privacy" in link for link in make_desk().client.get("/ru/privacy/").links())


def test_the_consent_is_named_where_one_is_asked_for(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    desk = make_desk(CONSENT=str(consent_file(tmp_path)))
    page = desk.client.get("/ru/privacy/")
    assert "/ru/consent/" in page.links() and "Ваше согласие" in page.text
