"""A secret that a client has sent as typed is for those who read the letter: no list of letters or tickets shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from api_client import Caller
from flooding import wait_out_the_hour
from installation import Installation
from letters_under_test import as_typed, html_of, json_of, plain_of

from wizard.outbox.digest import enqueue_digests

SECRET = "Zagadka-77"
ANSWERS = {
    "details": f"Пароль: {SECRET} не подходит",
    "reg_name": f"Деталь, пароль: {SECRET}w",
    "contact_name": f"Ирина, пароль: {SECRET}w",
    "site_url": f"https://detal36.example/?token={SECRET}w",
}


def send_as_typed(desk: Installation, count: int) -> None:
    """Reports whose client takes the masking back everywhere."""
    for n in range(count):
        answers = {**ANSWERS, "details": f"{ANSWERS['details']}, {n}"}
        Caller(desk).create_ticket("site_other", answers=answers, as_typed=list(ANSWERS))


def test_a_secret_as_typed_stands_in_the_letters_body_and_in_no_list(make_desk: Callable[..., Installation]) -> None:
    wait_out_the_hour()
    desk = make_desk(BURST_TICKETS=2, BUDGET_TICKETS_HOUR=2, BUDGET_REFUSED_AT=100)
    send_as_typed(desk, 4)
    desk.run_worker()
    with desk.app.app_context():
        enqueue_digests(datetime.now(UTC))
    desk.run_worker()
    own = [letter for letter in desk.inbox if letter["X-Ticket-Number"]]
    others = [letter for letter in desk.inbox if not letter["X-Ticket-Number"]]
    assert len(own) == 2 and {str(letter["Message-ID"])[:6] for letter in others} == {"<burst", "<held-"}
    for letter in own:
        assert SECRET not in str(letter["From"]) + str(letter["Subject"]) and "***" in str(letter["From"])
        said = as_typed(plain_of(letter))
        above, _, below = said.partition("СЛОВА КЛИЕНТА")
        assert SECRET not in above and "***" in above, "in short, the line about the client"
        assert all(typed in below for typed in (SECRET, ANSWERS["reg_name"], ANSWERS["site_url"]))
        fields = json_of(letter)
        assert SECRET not in str(fields["reporter"])
        given = {answer["id"]: answer["value"] for answer in fields["answers"]}
        assert given["reg_name"] == ANSWERS["reg_name"] and given["contact_name"] == ANSWERS["contact_name"]
    for letter in others:
        assert "***" in plain_of(letter)
        assert SECRET not in letter.as_string() + plain_of(letter) + html_of(letter)
    for arguments in (["held"], ["held", "--json"]):
        result = desk.app.test_cli_runner().invoke(args=["outbox", *arguments])
        assert "100003" in result.output and SECRET not in result.output
