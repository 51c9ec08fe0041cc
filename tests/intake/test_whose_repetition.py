"""Who sends the same again gets the same ticket; a stranger who sends the same does not (threats L05)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from api_client import Caller as Program
from installation import Installation
from sqlalchemy import func, select, update
from walker import Page, Walker

from wizard.db.engine import db
from wizard.db.models import FollowUp, Submission, Ticket
from wizard.intake.accept import accept
from wizard.intake.idempotency import Sending, digest_of
from wizard.tickets.caller import Caller
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

HOME, LTE, STRANGER = "203.0.113.7", "198.51.100.20", "192.0.2.99"
RANDOM_KEYS = ("8e03978e-40d5-43dd-bc93-6894a57f9324", "5f2b9c7e1d4a8063b7e59f10c2d86a34", "mO3xT9uQf7Zr2LkWb6YcVA")
GUESSABLE_KEY = "order-4711-report"
TICKETS = select(func.count()).select_from(Ticket)
WORDS = {"details": "Не открывается сайт, белая страница"}


@pytest.fixture
def open_desk(make_desk: Callable[..., Installation]) -> Installation:
    """An installation behind a proxy that says who calls."""
    return make_desk(TRUSTED_PROXIES=1)


def program_at(desk: Installation, address: str) -> Program:
    """A program that calls from an address."""
    return Program(desk, X_Forwarded_For=address)


def browser_at(desk: Installation, address: str) -> Walker:
    """A browser at an address."""
    return Walker(desk.app.test_client(), headers={"X-Forwarded-For": address})


def check_page(desk: Installation, address: str, **answers: str) -> Page:
    """The check page of a filled-in form at an address."""
    typed = {"reg_email": "zakaz@detal36.example", **WORDS, **answers}
    page = browser_at(desk, address).get(desk.address("q_unclear")).submit("check", typed)
    assert page.value("once"), page.summary
    return page


def sent(check: Page, address: str | None = None) -> str:
    """The address of the receipt, from the page's own address or from another one."""
    if address is not None:
        check.walker.options = {"headers": {"X-Forwarded-For": address}}
    receipt = check.submit("send")
    assert "/tickets/" in receipt.address, receipt.text[:300]
    return receipt.address.partition("?")[0]


def create(program: Program, key: str | None = None, **answers: str) -> Any:
    """Send a report over the API."""
    body = {"situation": "q_unclear", "answers": {"reg_email": "zakaz@detal36.example", **WORDS, **answers}}
    return program.post("tickets", body, headers={"Idempotency-Key": key} if key else {})


def test_a_stranger_who_sends_the_same_form_gets_a_ticket_of_their_own(open_desk: Installation) -> None:
    assert sent(check_page(open_desk, HOME)) != sent(check_page(open_desk, STRANGER))
    assert open_desk.query(TICKETS) == [(2,)]


def test_a_stranger_who_sends_the_same_by_program_gets_a_ticket_of_their_own(open_desk: Installation) -> None:
    first, other = (create(program_at(open_desk, address)).json for address in (HOME, STRANGER))
    assert (first["number"], first["token"]) != (other["number"], other["token"])
    assert create(program_at(open_desk, HOME)).json == first


def test_another_address_of_one_customers_network_is_the_same_caller(open_desk: Installation) -> None:
    """Whoever has IPv6 has 64 bits of addresses, and changes them every hour."""
    first, again = (create(program_at(open_desk, f"2001:db8:7:1::{end}")).json for end in ("a", "b:c"))
    assert first == again
    assert create(program_at(open_desk, "2001:db8:7:2::a")).json != first


def test_back_and_a_new_check_page_are_the_same_report(open_desk: Installation) -> None:
    checks = [check_page(open_desk, HOME), check_page(open_desk, HOME)]
    assert checks[0].value("once") != checks[1].value("once")
    assert len({sent(check) for check in checks}) == 1


def test_two_people_of_one_office_with_the_same_short_words_have_a_ticket_each(open_desk: Installation) -> None:
    """Nothing in the report says where the answer goes, so nothing says that they are one."""
    nameless = {"reg_email": "", "reg_name": "Detal 36"}
    checks = [check_page(open_desk, HOME, **nameless), check_page(open_desk, HOME, **nameless)]
    receipts = [sent(check) for check in checks]
    assert len(set(receipts)) == 2
    assert [sent(check) for check in checks] == receipts, "the page's own token says who it is"
    programs = [create(program_at(open_desk, HOME), reg_email="", reg_name="Detal 36") for _ in range(2)]
    assert len({answer.json["token"] for answer in programs}) == 2
    assert open_desk.query(TICKETS) == [(4,)]


def test_a_page_that_is_sent_over_wi_fi_and_again_over_lte_is_one_ticket(open_desk: Installation) -> None:
    check = check_page(open_desk, HOME)
    assert sent(check) == sent(check, LTE)
    assert open_desk.query(TICKETS) == [(1,)]


@pytest.mark.parametrize("key", RANDOM_KEYS)
def test_a_random_key_knows_its_sender_anywhere(open_desk: Installation, key: str) -> None:
    first, again = (create(program_at(open_desk, address), key) for address in (HOME, LTE))
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert open_desk.query(TICKETS) == [(1,)]


def test_a_guessable_key_is_that_of_its_sender_alone(open_desk: Installation) -> None:
    """The same key and body from elsewhere give a ticket of their own, to the stranger and to nobody else."""
    callers = [program_at(open_desk, address) for address in (HOME, STRANGER)]
    answers = [create(caller, GUESSABLE_KEY) for caller in callers]
    assert len({answer.json["token"] for answer in answers}) == 2
    assert [create(caller, GUESSABLE_KEY).data for caller in callers] == [answer.data for answer in answers]
    assert open_desk.query(TICKETS) == [(2,)]


def test_a_guessable_key_that_a_stranger_took_first_is_still_free(open_desk: Installation) -> None:
    squatted = create(program_at(open_desk, STRANGER), GUESSABLE_KEY, details="Взято").json
    honest = create(program_at(open_desk, HOME), GUESSABLE_KEY)
    assert honest.status_code == 201
    assert honest.json["token"] != squatted["token"]
    assert create(program_at(open_desk, HOME), GUESSABLE_KEY, details="Другое").status_code == 409


def test_a_random_key_with_another_body_reveals_nothing_anywhere(open_desk: Installation) -> None:
    token = create(program_at(open_desk, HOME), RANDOM_KEYS[0]).json["token"]
    for address in (HOME, STRANGER):
        refused = create(program_at(open_desk, address), RANDOM_KEYS[0], details="Другое")
        assert refused.status_code == 409
        assert token not in refused.text


def test_a_used_page_with_other_words_leads_to_its_ticket_only_where_it_was_sent(open_desk: Installation) -> None:
    check = check_page(open_desk, HOME)
    receipt = sent(check)
    at_home = check.submit("send", {"details": "Совсем другое"})
    check.walker.options = {"headers": {"X-Forwarded-For": STRANGER}}
    elsewhere = check.submit("send", {"details": "Совсем другое"})
    assert (at_home.status, elsewhere.status) == (409, 409)
    assert receipt in at_home.links()
    assert not [link for link in elsewhere.links() if "/tickets/" in link]
    assert "из другой сети" in elsewhere.text
    assert open_desk.query(TICKETS) == [(1,)]


def follow_up(program: Program, token: str, key: str | None = None) -> Any:
    """Add the same message to a ticket."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = program.post(f"tickets/{token}/follow-ups", {"text": "Всё ещё не открывается"}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json["position"]


def test_two_colleagues_who_add_the_same_words_to_their_ticket_are_both_heard(open_desk: Installation) -> None:
    home, elsewhere = program_at(open_desk, HOME), program_at(open_desk, LTE)
    token = create(home).json["token"]
    assert [follow_up(caller, token) for caller in (home, elsewhere, home, elsewhere)] == [1, 2, 1, 2]
    form = browser_at(open_desk, HOME).get(f"/ru/tickets/{token}/follow-up/")
    form.submit("send", {"text": "Всё ещё не открывается"})
    assert open_desk.query(select(func.count()).select_from(FollowUp)) == [(2,)]


def test_keys_of_follow_ups_are_bound_to_callers_like_those_of_reports(open_desk: Installation) -> None:
    home, elsewhere = program_at(open_desk, HOME), program_at(open_desk, STRANGER)
    token, other = create(home).json["token"], create(elsewhere).json["token"]
    assert follow_up(home, token, RANDOM_KEYS[0]) == follow_up(elsewhere, token, RANDOM_KEYS[0]) == 1
    # A guessable key that somebody took for a ticket of theirs is free for everybody else.
    assert follow_up(elsewhere, other, GUESSABLE_KEY) == 1
    assert follow_up(home, token, GUESSABLE_KEY) == 1, "the message that came with the other key"


@pytest.mark.parametrize("key", [RANDOM_KEYS[0], GUESSABLE_KEY])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_at_once_from_ten_networks_are_one_sender_or_ten(
    make_desk: Callable[..., Installation], database: str, key: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(TRUSTED_PROXIES=1, **where)

    def call(n: int) -> str:
        answer = create(program_at(desk, f"203.0.113.{n % 10}"), key)
        assert answer.status_code == 201
        return str(answer.json["token"])

    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(call, range(100)))
    expected = 1 if key == RANDOM_KEYS[0] else 10
    assert len(tokens) == expected
    assert desk.query(TICKETS) == [(expected,)]


def test_the_server_of_a_site_is_the_same_caller_wherever_it_calls_from(desk: Installation) -> None:
    report = Report("q_unclear", "ru", "", {**WORDS, "reg_email": "zakaz@detal36.example"}, Evidence(datetime.now(UTC)))

    def send(key: str, **caller: str) -> int:
        sending = Sending(f"api:{key}", request="one", caller=Caller(**caller), is_random=False)
        return accept(desk.container, report, sending).number

    with desk.app.app_context():
        first = send("a", network="203.0.113.7/32", site="shop")
        assert send("a", network="198.51.100.20/32", site="shop") == first
        assert send("b", network="198.51.100.20/32", site="shop") == first, "the same content of the same site"
        assert send("a", network="203.0.113.7/32", site="other") != first
        assert send("a", network="203.0.113.7/32") not in (first, first + 1)


def test_callers_without_an_address_share_no_ticket_by_chance(desk: Installation) -> None:
    report = Report("q_unclear", "ru", "", {**WORDS, "reg_email": "zakaz@detal36.example"}, Evidence(datetime.now(UTC)))
    with desk.app.app_context():
        assert len({accept(desk.container, report, key).number for key in ("one", "two", "two")}) == 2


def test_a_sender_is_known_again_after_a_change_of_the_secret_key(make_desk: Callable[..., Installation]) -> None:
    before = make_desk(TRUSTED_PROXIES=1, SECRET_KEY="the key of yesterday")
    first = create(program_at(before, HOME), GUESSABLE_KEY).json
    after = make_desk(
        TRUSTED_PROXIES=1,
        INSTANCE_PATH=str(before.container.settings.instance_path),
        SECRET_KEY="the key of today",
        SECRET_KEY_FALLBACKS=["the key of yesterday"],
    )
    assert create(program_at(after, HOME), GUESSABLE_KEY).json == first
    assert create(program_at(after, HOME)).json["token"] == first["token"]
    assert create(program_at(after, STRANGER)).json["token"] != first["token"]


def test_what_a_former_version_stored_is_good_for_its_day(open_desk: Installation) -> None:
    """Its keys were bound to nobody, and a form's content stood in its row as it is."""
    check = check_page(open_desk, HOME)
    receipt = sent(check)
    answers = {**WORDS, "reg_email": "zakaz@detal36.example"}
    plain = digest_of(["", "q_unclear", answers, []])
    with open_desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Submission).values(digest=plain, request=None))
    assert [sent(check), sent(check, LTE)] == [receipt, receipt]
    home = program_at(open_desk, HOME)
    first = create(home, GUESSABLE_KEY, details="Ещё вопрос")
    with open_desk.app.app_context(), db.engine.begin() as connection:
        unbound = "api:" + hashlib.sha256(GUESSABLE_KEY.encode()).hexdigest()
        of_the_program = Submission.saved_response.is_not(None)
        connection.execute(update(Submission).where(of_the_program).values(key=unbound, digest=""))
    assert create(home, GUESSABLE_KEY, details="Ещё вопрос").data == first.data
    assert create(program_at(open_desk, STRANGER), GUESSABLE_KEY, details="Не моё").status_code == 201


def test_of_the_caller_nothing_is_stored_that_can_be_read(open_desk: Installation) -> None:
    token = create(program_at(open_desk, HOME), GUESSABLE_KEY).json["token"]
    follow_up(program_at(open_desk, HOME), token, GUESSABLE_KEY)
    stored = open_desk.query(select(Submission.__table__)) + open_desk.query(select(FollowUp.__table__))
    assert stored
    assert HOME not in str(stored)
    assert GUESSABLE_KEY not in str(stored)
