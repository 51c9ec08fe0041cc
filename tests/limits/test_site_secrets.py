"""A site's own server is known by its secret; one that only names the site is told so for a release."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_client import Caller as Program
from flooding import HELD, wait_out_the_hour
from installation import Installation
from sqlalchemy import func, select

from wizard.config.sites import SitesError
from wizard.db.models import Delivery, FollowUp

OLD, NEW = "an-old-secret-of-the-shop-0123456789", "a-new-secret-of-the-shop-0123456789"


@pytest.fixture(autouse=True)
def within_an_hour() -> None:
    """Begin where the hour does not end at once."""
    wait_out_the_hour()


@pytest.fixture
def shop(make_desk: Callable[..., Installation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A site with two secrets in the environment, and one without."""
    monkeypatch.setenv("SHOP_SECRETS", f"{OLD} {NEW}")
    path = tmp_path / "sites.yaml"
    path.write_text("shop: {secret_env: SHOP_SECRETS}\nother: {origins: ['https://other.example']}\n")
    budgets = {"BUDGET_TICKETS_HOUR": 2, "BUDGET_FOLLOW_UPS_HOUR": 2, "BUDGET_REFUSED_AT": 3}
    return Program(make_desk(SITES=str(path), UPLOAD_FILES_PER_IP_HOUR=2, **budgets))


def report_many(program: Program, count: int, site: str, **headers: str) -> list[Any]:
    """Reports of a server, each of its own content."""
    answers = []
    for n in range(count):
        report = program.report("q_unclear", site=site, answers={"details": f"{site} {n} {sorted(headers.items())}"})
        answers.append(program.post("tickets", report, headers={k.replace("_", "-"): v for k, v in headers.items()}))
    return answers


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_its_own_server_has_no_budget(shop: Program, secret: str) -> None:
    answers = report_many(shop, 12, "shop", X_Site_Secret=secret)
    assert {answer.status_code for answer in answers} == {201}
    assert shop.desk.query(HELD) == []
    assert not any("Warning" in answer.headers for answer in answers)
    token = answers[0].json["token"]
    for n in range(8):
        headers = {"X-Site-Secret": secret}
        assert shop.post(f"tickets/{token}/follow-ups", {"text": f"{n}"}, headers=headers).status_code == 201
    assert shop.desk.query(select(func.count()).select_from(FollowUp)) == [(8,)]
    shop.headers = {"X-Site-Secret": secret}
    files = [shop.upload(f"11:05 slow {n}".encode(), path="attachments?site=shop").status_code for n in range(4)]
    assert files == [201] * 4


def test_without_it_a_caller_is_any_caller(shop: Program, caplog: pytest.LogCaptureFixture) -> None:
    answers = report_many(shop, 7, "shop", X_Site_Secret="not-the-secret-of-the-shop-000000000")
    assert [answer.status_code for answer in answers] == [201] * 6 + [429]
    assert len(shop.desk.query(HELD)) == 4
    assert "not among its secrets" in answers[0].headers["Warning"]
    lines = [record.getMessage() for record in caplog.records if "site shop" in record.getMessage()]
    assert len(lines) == 1, "one line an hour"
    events = [record for record in caplog.records if record.getMessage().startswith("site_secret_wrong")]
    assert len(events) == 7, "one a call"
    assert "not-the-secret" not in caplog.text


def test_the_secret_of_one_site_is_none_for_another(shop: Program) -> None:
    answers = report_many(shop, 7, "", X_Site_Secret=NEW)
    assert answers[-1].status_code == 429
    assert len(shop.desk.query(HELD)) == 4


def test_a_server_that_only_names_its_site_has_five_budgets_and_is_told_what_to_set(
    shop: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    answers = report_many(shop, 22, "other")
    assert {answer.status_code for answer in answers} == {201}
    assert len(shop.desk.query(HELD)) == 12, "five times the budget of an address"
    assert "secret_env" in answers[0].headers["Warning"]
    lines = [record.getMessage() for record in caplog.records if "site other" in record.getMessage()]
    assert len(lines) == 1 and "X-Site-Secret" in lines[0]


def test_a_stranger_who_names_a_site_shuts_out_nobody_and_is_refused_at_last(
    make_desk: Callable[..., Installation], shop: Program
) -> None:
    budgets = {"BUDGET_TICKETS_HOUR": 2, "BUDGET_REFUSED_AT": 3, "TRUSTED_PROXIES": 1}
    program = Program(make_desk(SITES=str(shop.desk.container.settings.sites), **budgets))

    def report_from(ip: str, count: int) -> list[int]:
        return [answer.status_code for answer in report_many(program, count, "other", X_Forwarded_For=ip, X_Ip=ip)]

    assert report_from("203.0.113.66", 32) == [201] * 30 + [429] * 2
    assert len(program.desk.query(HELD)) == 20
    assert report_from("203.0.113.7", 10) == [201] * 10
    assert len(program.desk.query(HELD)) == 20, "half of the site's is left to its own server"
    assert report_from("203.0.113.8", 2) == [201] * 2
    reasons = select(Delivery.held_for).where(Delivery.state == "held").distinct()
    assert {reason for (reason,) in program.desk.query(reasons)} == {"address_hour", "named_site"}


def test_a_client_whose_browser_names_the_site_has_a_budget_of_its_own(shop: Program) -> None:
    answers = report_many(shop, 4, "other", Origin="https://other.example")
    assert {answer.status_code for answer in answers} == {201}
    assert len(shop.desk.query(HELD)) == 2
    assert not any("Warning" in answer.headers for answer in answers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("secrets: [short]", "must have at least 24 signs"),
        ("secret_env: NO_SUCH_NAME", "the environment has no NO_SUCH_NAME"),
        ("{secret_env: A, secrets: [b]}", "give either secrets or secret_env"),
    ],
)
def test_a_secret_that_cannot_be_one_stops_the_start(
    make_desk: Callable[..., Installation], tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(f"shop: {text if text.startswith('{') else '{' + text + '}'}\n")
    with pytest.raises(SitesError) as fault:
        make_desk(SITES=str(path))
    assert words in fault.value.message and "\n" not in fault.value.message
    assert "short" not in fault.value.message


def test_a_secret_shows_nowhere(shop: Program) -> None:
    assert OLD not in repr(shop.desk.container.sites["shop"])
    assert OLD not in shop.get("openapi.json").text
