"""Wrong guesses at number and address: no wall for a colleague, and still hopeless (threats W07)."""

from __future__ import annotations

import pytest
from flooding import OFFICE, OTHER, from_address, send, token_of, wait_out_the_hour
from installation import Installation
from sqlalchemy import func, select
from walker import Page, Walker

from wizard.db.models import FollowUp
from wizard.limits.guesses import OF_ADDRESS, OF_NUMBER

COUNT = select(func.count()).select_from(FollowUp)


@pytest.fixture(autouse=True)
def within_an_hour() -> None:
    """Begin where the hour does not end at once."""
    wait_out_the_hour()


def guess(desk: Installation, number: str, address: str, ip: str = OFFICE) -> Page:
    """A message by number and address."""
    walker = Walker(desk.app.test_client(), **from_address(ip))
    typed = {"number": number, "address": address, "text": "Ещё одна подробность"}
    return walker.get("/ru/follow-up/").submit("send", typed)


@pytest.mark.parametrize("mistaken", ["100001", "100777"])
def test_twenty_wrong_tries_of_a_colleague_keep_nobody_from_adding(desk: Installation, mistaken: str) -> None:
    token_of(send(desk, "Вопрос"))
    for n in range(20):
        assert guess(desk, mistaken, f"me{n}@detal36.example").status == 422
    assert guess(desk, "100001", "zakaz@detal36.example").status == 200
    assert desk.query(COUNT) == [(1,)]


def test_of_one_number_an_address_guesses_thirty_mailboxes_an_hour_and_learns_nothing_after(
    desk: Installation,
) -> None:
    token_of(send(desk, "Вопрос"))
    for n in range(OF_NUMBER):
        assert guess(desk, "[##100001##]", f"guess{n}@detal36.example").status == 422
    right, wrong = guess(desk, "100001", "zakaz@detal36.example"), guess(desk, "№ 100001", "guess@detal36.example")
    assert right.status == wrong.status == 429
    assert right.summary == wrong.summary and "Подождите час" in right.summary
    assert right.value("text") == "Ещё одна подробность"
    assert 1 <= int(right.response.headers["Retry-After"]) <= 3601
    assert desk.query(COUNT) == [(0,)]
    assert guess(desk, "100001", "zakaz@detal36.example", OTHER).status == 200


def test_of_all_numbers_an_address_guesses_a_hundred_an_hour(desk: Installation) -> None:
    walker = Walker(desk.app.test_client(), **from_address(OFFICE))
    form = walker.get("/ru/follow-up/")
    statuses = [
        form.submit("send", {"number": str(200_000 + n), "address": "a@b.example", "text": "x"}).status
        for n in range(OF_ADDRESS + 3)
    ]
    assert statuses == [422] * OF_ADDRESS + [429] * 3


def test_all_addresses_of_one_64_guess_together(desk: Installation) -> None:
    statuses = [guess(desk, "100002", "a@b.example", f"2001:db8:1:2:{n:x}::{n:x}").status for n in range(OF_NUMBER + 1)]
    assert statuses == [422] * OF_NUMBER + [429]
    assert guess(desk, "100002", "a@b.example", "2001:db8:1:3::1").status == 422


def test_an_empty_message_to_a_right_number_is_no_guess(desk: Installation) -> None:
    token_of(send(desk, "Вопрос"))
    walker = Walker(desk.app.test_client(), **from_address(OFFICE))
    form = walker.get("/ru/follow-up/")
    typed = {"number": "100001", "address": "zakaz@detal36.example"}
    for _ in range(OF_NUMBER + 1):
        assert form.submit("send", {**typed, "text": " "}).status == 422
    assert form.submit("send", {**typed, "text": "Вот"}).status == 200
