"""One key is one follow-up: again, at once, a day later; with another body or ticket not at all (threats R04)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from api_client import Caller
from installation import Installation
from sqlalchemy import func, select
from test_idempotency import KEY, age, with_a_key_of_tomorrow
from test_problems import problem_of

from wizard.db.models import Delivery, FollowUp
from wizard.intake import queries
from wizard.intake.follow_up import add_follow_up
from wizard.intake.idempotency import IdempotencyConflict, Sending

COUNT = select(func.count()).select_from(FollowUp)
MESSAGE = {"text": "Уже открывается, но медленно"}


@pytest.fixture
def token(api: Caller) -> str:
    """The token of a ticket."""
    token: str = api.create_ticket("site_down").json["token"]
    return token


def add(api: Caller, token: str, body: dict[str, Any], key: str | None = KEY) -> Any:
    """Add a message to a ticket."""
    return api.post(f"tickets/{token}/follow-ups", body, headers={"Idempotency-Key": key} if key else {})


def test_the_same_key_and_body_give_the_same_answer_for_a_day(api: Caller, token: str) -> None:
    first = add(api, token, MESSAGE)
    age(api.desk, minutes=24 * 60)
    again = add(api, token, MESSAGE)
    assert (first.status_code, again.status_code) == (201, 201)
    # Of the time only this test has moved what is stored.
    assert {**again.json, "created_at": ""} == {**first.json, "created_at": ""}
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert add(api, token, MESSAGE, key=None).json["position"] == 2


def test_the_answer_is_the_same_to_the_byte_even_when_its_files_would_not_be_taken_any_more(
    api: Caller, token: str
) -> None:
    files = [api.upload(b"11:05 slow", "log.txt").json["id"], api.upload(b"11:06 slow", "later.txt").json["id"]]
    message = {**MESSAGE, "attachments": files}
    first = add(api, token, message)
    tomorrow = with_a_key_of_tomorrow(api)
    assert add(tomorrow, token, message).data == first.data
    problem_of(add(tomorrow, token, message, key=None), 422, "refused")
    assert [attachment["name"] for attachment in first.json["attachments"]] == ["log.txt", "later.txt"]


def test_the_same_key_with_another_body_is_refused(api: Caller, token: str) -> None:
    add(api, token, MESSAGE)
    for other in ({"text": "Совсем другое"}, {**MESSAGE, "language": "en"}):
        problem_of(add(api, token, other), 409, "key-reused")
    assert api.desk.query(COUNT) == [(1,)]


def test_the_same_key_at_another_ticket_is_refused_and_reveals_nothing_of_the_first(api: Caller, token: str) -> None:
    add(api, token, MESSAGE)
    other = api.create_ticket("q_unclear").json["token"]
    answer = add(api, other, MESSAGE)
    problem_of(answer, 409, "key-reused")
    assert token not in answer.text
    assert api.get(f"tickets/{other}").json["follow_ups"] == []


def test_a_report_and_its_follow_up_may_have_the_same_key(api: Caller) -> None:
    report = api.create_ticket("site_down", key=KEY).json
    assert add(api, report["token"], MESSAGE).status_code == 201
    assert api.create_ticket("site_down", key=KEY).json == report


def test_a_refused_message_does_not_use_up_its_key(api: Caller, token: str) -> None:
    problem_of(add(api, token, {"text": " "}), 422, "refused")
    assert add(api, token, MESSAGE).json["position"] == 1


@pytest.mark.parametrize("key", ["short", "x" * 256, "with a space"])
def test_a_malformed_key_is_refused(api: Caller, token: str, key: str) -> None:
    problem_of(add(api, token, MESSAGE, key), 400, "malformed")
    assert api.desk.query(COUNT) == [(0,)]


def test_a_new_key_for_a_known_message_leads_to_it_from_then_on(api: Caller, token: str) -> None:
    first = add(api, token, MESSAGE, key=None).json
    assert add(api, token, MESSAGE).json == first
    age(api.desk, minutes=11)
    assert add(api, token, MESSAGE).json["position"] == 1
    assert add(api, token, MESSAGE, key=None).json["position"] == 2


def test_a_key_that_comes_later_is_as_old_as_its_message(api: Caller, token: str) -> None:
    add(api, token, MESSAGE, key=None)
    age(api.desk, minutes=9)
    assert add(api, token, MESSAGE).json["position"] == 1
    age(api.desk, minutes=24 * 60)
    api.desk.run_worker()
    assert add(api, token, MESSAGE).json["position"] == 1, "for a day a key is known, and an hour more"
    age(api.desk, minutes=52)
    api.desk.run_worker()
    assert add(api, token, MESSAGE).json["position"] == 2


def test_of_two_requests_that_race_with_one_key_the_second_is_refused(api: Caller, token: str) -> None:
    """Both have looked for the key and found none; the transaction decides."""
    with api.desk.app.app_context():
        ticket = queries.ticket_of(token)
        assert ticket is not None
        send = partial(add_follow_up, api.desk.container, ticket, attachments=(), verified=True)
        first = send("Одно", sending=Sending("follow-up:key", "one"))
        again = send("Одно", sending=Sending("follow-up:key", "one"))
        assert (again.position, again.repeated) == (first.position, True)
        with pytest.raises(IdempotencyConflict):
            send("Другое", sending=Sending("follow-up:key", "two"))
    assert api.desk.query(COUNT) == [(1,)]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_parallel_calls_with_one_key_add_one_message_to_one_ticket(
    make_desk: Callable[..., Installation], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    tokens = [Caller(desk).create_ticket(situation).json["token"] for situation in ("site_down", "q_unclear")]

    def call(n: int) -> tuple[int, bytes]:
        answer = add(Caller(desk), tokens[n % 5 == 0], MESSAGE)
        return answer.status_code, answer.data if answer.status_code == 201 else b""

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(call, range(50)))
    assert {status for status, _ in answers} == {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    assert desk.query(COUNT) == [(1,)]
    assert desk.query(select(func.count()).where(Delivery.kind == "follow_up")) == [(1,)]
