"""Sending twice makes one ticket: double click, Back, refresh, two tabs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from installation import Installation
from sqlalchemy import func, select
from walker import Page, Walker

from wizard.db.engine import db
from wizard.db.models import Delivery, Ticket, TicketAttachment

TICKETS = select(func.count()).select_from(Ticket)
DAY = 24 * 3600


@pytest.fixture
def shops(make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An installation whose form stands in two sites, each with an inbox of its own."""
    path = tmp_path / "sites.yaml"
    path.write_text("one: {inbox: one@desk.example}\ntwo: {inbox: two@desk.example}\n")
    return make_desk(SITES=str(path))


def check_page(desk: Installation, site: str = "", log: bytes = b"") -> Page:
    """The check page of the same report as ever, from the form of a site, with a file."""
    form = desk.client.get(desk.address("site_down") + (f"?site={site}" if site else ""))
    files = {"files": [("log.txt", log)]} if log else {}
    page = form.submit("check", desk.example_answers("site_down"), files)
    assert page.status == 200, page.summary
    return page


def test_a_double_click_makes_one_ticket(desk: Installation) -> None:
    check = desk.filled("site_down")
    first, second = check.submit("send"), check.submit("send")
    assert desk.query(TICKETS) == [(1,)]
    assert first.address.split("?")[0] == second.address.split("?")[0]
    assert "уже отправлена" in second.text


def test_two_tabs_of_one_form_make_one_ticket(desk: Installation) -> None:
    tabs = [desk.filled("site_down"), desk.filled("site_down")]
    assert tabs[0].value("once") != tabs[1].value("once")
    receipts = {tab.submit("send").address.split("?")[0] for tab in tabs}
    assert len(receipts) == 1
    assert desk.query(TICKETS) == [(1,)]


def test_another_report_is_another_ticket(desk: Installation) -> None:
    desk.send("site_down")
    desk.send("site_down", details="И корзина пустая")
    assert desk.query(TICKETS) == [(2,)]


def test_equal_reports_of_two_sites_are_two_tickets(shops: Installation) -> None:
    for site in ("one", "two", ""):
        check_page(shops, site).submit("send")
    tickets = shops.query(select(Ticket.site, Ticket.inbox).order_by(Ticket.number))
    assert tickets == [("one", "one@desk.example"), ("two", "two@desk.example"), ("", "support@desk.example")]


def test_equal_words_with_other_files_are_other_tickets(desk: Installation) -> None:
    for log in (b"", b"11:05 slow", b"11:06 slower"):
        check_page(desk, log=log).submit("send")
    assert desk.query(TICKETS) == [(3,)]
    assert desk.query(select(TicketAttachment.ticket_number).order_by(TicketAttachment.id)) == [(100_002,), (100_003,)]


def test_the_same_file_chosen_in_two_tabs_is_the_same_report(desk: Installation) -> None:
    receipts = {check_page(desk, log=b"11:05 slow").submit("send").address.split("?")[0] for _ in range(2)}
    assert len(receipts) == 1
    assert desk.query(TICKETS) == [(1,)]


def test_a_key_that_has_sent_one_report_sends_no_other(desk: Installation) -> None:
    check = desk.filled("site_down")
    check.submit("send")
    other = check.submit("send", {"details": "Совсем другое"})
    assert other.status == 409
    assert "уже отправлена" in other.text
    assert desk.query(TICKETS) == [(1,)]


def test_a_page_from_elsewhere_sends_nothing_without_a_check_page(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    answer = form.submit("send", desk.example_answers("site_down"))
    assert "/tickets/" not in answer.address
    assert desk.query(TICKETS) == [(0,)]
    assert answer.submit("send").address.count("/tickets/") == 1


def assert_only_shown_again(desk: Installation, answer: Page, once: str) -> None:
    """A check page that was not confirmed: nothing is sent, the page comes again and its new key sends."""
    assert answer.status == 200
    assert "/tickets/" not in answer.address
    assert desk.query(TICKETS) == [(0,)]
    assert answer.value("once") not in ("", once)
    assert "/tickets/" in answer.submit("send").address


def test_a_key_of_another_situation_sends_nothing(desk: Installation) -> None:
    once = desk.filled("q_unclear").value("once")
    assert_only_shown_again(desk, check_page(desk).submit("send", {"once": once}), once)


def test_a_key_of_another_site_sends_nothing(shops: Installation) -> None:
    once = check_page(shops, "one").value("once")
    assert_only_shown_again(shops, check_page(shops, "two").submit("send", {"once": once}), once)


def test_a_check_page_may_wait_for_a_day_and_no_longer(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    check, now = check_page(desk), time.time()
    monkeypatch.setattr(time, "time", lambda: now + DAY + 2)
    assert_only_shown_again(desk, check.submit("send"), check.value("once"))


def test_a_check_page_sends_in_the_last_minute_of_its_day(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    check, now = check_page(desk), time.time()
    monkeypatch.setattr(time, "time", lambda: now + DAY - 60)
    assert "/tickets/" in check.submit("send").address


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_parallel_sends_of_one_report_make_one_ticket_and_one_letter_each(
    make_desk: Callable[..., Installation], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    check = desk.filled("site_down")

    def send(_: int) -> int:
        page = Walker(desk.app.test_client())
        check_here = type(check)(page, check.response, check.address)
        return check_here.submit("send").status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(100))) == {200}
    assert desk.query(TICKETS) == [(1,)]
    letters = desk.query(select(Delivery.kind, func.count()).group_by(Delivery.kind))
    assert dict(map(tuple, letters)) == {"desk": 1, "acknowledgement": 1}


def test_a_page_of_another_origin_sends_nothing_even_with_a_key_of_ours(desk: Installation) -> None:
    check = desk.filled("site_down")
    desk.client.options = {"headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}}
    shown_again = check.submit("send")
    assert "/tickets/" not in shown_again.address
    assert desk.query(TICKETS) == [(0,)]
    desk.client.options = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    assert "/tickets/" in shown_again.submit("send").address


def test_pages_survive_a_change_of_the_secret_key(make_desk: Callable[..., Installation]) -> None:
    before = make_desk(SECRET_KEY="the key of yesterday")
    files = {"files": [("log.txt", b"11:05 slow")]}
    form = before.client.get(before.address("site_down"))
    check = form.submit("check", before.example_answers("site_down"), files)
    folder = str(before.container.settings.instance_path)
    after = make_desk(
        INSTANCE_PATH=folder, SECRET_KEY="the key of today", SECRET_KEY_FALLBACKS=["the key of yesterday"]
    )
    check.walker = after.client
    assert "/tickets/" in check.submit("send").address
    stranger = make_desk(INSTANCE_PATH=folder, SECRET_KEY="a key of somebody else")
    check.walker = stranger.client
    assert "/tickets/" not in check.submit("send").address


def test_a_database_away_while_sending_loses_neither_words_nor_files(desk: Installation) -> None:
    form = desk.client.get(desk.address("site_down"))
    files = {"files": [("log.txt", b"11:05 slow")]}
    check = form.submit("check", desk.example_answers("site_down", details="Белая страница"), files)
    database = desk.container.settings.instance_path / "zayavka.db"
    with desk.app.app_context():
        db.engine.dispose()
        database.rename(database.with_suffix(".away"))
        refused = check.submit("send")
        db.engine.dispose()
        database.with_suffix(".away").rename(database)
    assert refused.status == 503
    assert "Белая страница" in refused.text
    assert "log.txt" in refused.text
    assert refused.value("once") == check.value("once"), "the retry must be known as the same report"
    assert "/tickets/" in refused.submit("send").address
    assert desk.query(select(TicketAttachment.name)) == [("log.txt",)]
