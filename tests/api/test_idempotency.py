"""One key is one ticket: again, a hundred times at once, after a crash; with another body not at all (threats R04)."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from api_client import Caller
from installation import Installation
from sqlalchemy import func, select, update
from test_problems import problem_of

from app import create_app
from wizard.db.engine import db
from wizard.db.models import Delivery, FollowUp, Submission, Ticket
from wizard.intake.accept import accept
from wizard.intake.idempotency import IdempotencyConflict, Sending
from wizard.intake.retention import forget_old_keys
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

TICKETS = select(func.count()).select_from(Ticket)
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def test_the_same_key_and_body_give_the_same_answer_again(api: Caller) -> None:
    first, again = api.create_ticket(key=KEY), api.create_ticket(key=KEY)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert api.desk.query(TICKETS) == [(1,)]


def test_a_key_in_quotation_marks_is_the_same_key(api: Caller) -> None:
    assert api.create_ticket(key=KEY).data == api.create_ticket(key=f'"{KEY}"').data


def test_the_same_key_with_another_body_is_refused_and_reveals_nothing_of_the_first(api: Caller) -> None:
    token = api.create_ticket(key=KEY).json["token"]
    for other in ({"answers": {"details": "Совсем другое"}}, {"language": "en"}, {"leave_out": ["ip"]}):
        answer = api.post("tickets", api.report(**other), headers={"Idempotency-Key": KEY})
        problem_of(answer, 409, "key-reused")
        assert token not in answer.text
    assert api.desk.query(TICKETS) == [(1,)]


def test_a_refused_report_does_not_use_up_its_key(api: Caller) -> None:
    wrong = api.post("tickets", api.report(answers={"details": ""}), headers={"Idempotency-Key": KEY})
    problem_of(wrong, 422, "refused")
    assert api.create_ticket(key=KEY).json["number"] == 100_001


def test_an_answer_is_repeated_even_when_the_report_would_not_be_taken_any_more(api: Caller) -> None:
    """A relative time means another time a day later, and uploaded files are deleted: the request is what counts."""
    file = api.upload(b"11:05 slow").json["id"]
    report = api.report(answers={"started": "2 часа назад"}, attachments=[file])
    first = api.post("tickets", report, headers={"Idempotency-Key": KEY})
    tomorrow = with_a_key_of_tomorrow(api)
    again = tomorrow.post("tickets", report, headers={"Idempotency-Key": KEY})
    assert again.data == first.data
    problem_of(tomorrow.post("tickets", report), 422, "refused")


def with_a_key_of_tomorrow(api: Caller) -> Caller:
    """The same installation, whose secret key has changed: no name of an uploaded file is good any more."""
    folder = str(api.desk.container.settings.instance_path)
    config = {"INSTANCE_PATH": folder, "MAIL_SERVER": "127.0.0.1", "SUPPORT_INBOX": "support@desk.example"}
    tomorrow = Caller(api.desk)
    tomorrow.client = create_app({**config, "SECRET_KEY": "a key of tomorrow"}).test_client()
    return tomorrow


@pytest.mark.parametrize("key", ["short", "x" * 256, "ключ-ключ-ключ", "with a space"])
def test_a_malformed_key_is_refused(api: Caller, key: str) -> None:
    answer = api.post("tickets", api.report(), headers={"Idempotency-Key": key})
    problem_of(answer, 400, "malformed")
    assert api.desk.query(TICKETS) == [(0,)]


def test_without_a_key_a_report_is_known_by_its_content_for_ten_minutes(api: Caller) -> None:
    first = api.create_ticket().json
    assert api.create_ticket().json == first
    age(api.desk, minutes=11)
    assert api.create_ticket().json["number"] == first["number"] + 1


def test_form_and_api_know_each_others_reports_by_content(api: Caller) -> None:
    receipt = api.desk.send("site_down")
    assert api.create_ticket("site_down").json["token"] in receipt.address


def test_a_new_key_for_a_known_report_leads_to_its_ticket_from_then_on(api: Caller) -> None:
    first = api.create_ticket(key=KEY).json
    other = api.create_ticket(key="another-key").json
    assert other == first
    age(api.desk, minutes=11)
    assert api.create_ticket(key="another-key").json == first
    assert api.create_ticket().json["number"] != first["number"]


def test_sending_again_does_not_prolong_the_ten_minutes(api: Caller) -> None:
    first = api.create_ticket(key=KEY).json
    age(api.desk, minutes=6)
    assert api.create_ticket(key="another-key").json == first
    age(api.desk, minutes=6)
    assert api.create_ticket().json["number"] != first["number"]


def test_of_two_requests_that_race_with_one_key_the_second_is_refused(desk: Installation) -> None:
    """Both have looked for the key and found none; the transaction decides."""
    report = Report("q_unclear", "ru", "", {"details": "Что выбрать?"}, Evidence(datetime.now(UTC)))
    with desk.app.app_context():
        first = accept(desk.container, report, Sending("api:key", request="one", saved_response="{}"))
        again = accept(desk.container, report, Sending("api:key", request="one", saved_response="{}"))
        assert (again.number, again.repeated) == (first.number, True)
        with pytest.raises(IdempotencyConflict):
            accept(desk.container, report, Sending("api:key", request="two", saved_response="{}"))


def test_a_key_is_known_for_a_day_and_then_forgotten(api: Caller) -> None:
    first = api.create_ticket(key=KEY).json
    age(api.desk, minutes=24 * 60)
    with api.desk.app.app_context():
        forget_old_keys(datetime.now(UTC))
    assert api.create_ticket(key=KEY).json == first
    age(api.desk, minutes=2 * 60)
    api.desk.run_worker()
    assert api.desk.query(select(func.count()).select_from(Submission)) == [(0,)]
    assert api.create_ticket(key=KEY).json["number"] != first["number"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_parallel_calls_with_one_key_get_one_answer(
    make_desk: Callable[..., Installation], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    report = Caller(desk).report()

    def call(n: int) -> tuple[int, bytes]:
        body = report if n % 10 else {**report, "language": "en"}
        answer = Caller(desk).post("tickets", body, headers={"Idempotency-Key": KEY})
        return answer.status_code, answer.data if answer.status_code == 201 else b""

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(call, range(100)))
    assert {status for status, _ in answers} == {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    assert desk.query(TICKETS) == [(1,)]
    letters = desk.query(select(Delivery.kind, func.count()).group_by(Delivery.kind))
    assert dict(map(tuple, letters)) == {"desk": 1, "acknowledgement": 1}


def _die_before_answering(folder: str, report: dict[str, object]) -> None:
    """A web process that is killed after the commit, before the answer leaves it."""
    from wizard.api import tickets

    app = create_app({"INSTANCE_PATH": folder, "SECRET_KEY": "a key of the tests"})

    def deadly(*args: object) -> None:
        accept(*args)  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGKILL)

    tickets.accept = deadly  # type: ignore[assignment]
    app.test_client().post("/api/v1/tickets", json=report, headers={"Idempotency-Key": KEY})


def test_a_crash_between_commit_and_answer_costs_no_second_ticket(api: Caller) -> None:
    report = api.report()
    folder = str(api.desk.container.settings.instance_path)
    process = multiprocessing.get_context("spawn").Process(target=_die_before_answering, args=(folder, report))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert api.desk.query(TICKETS) == [(1,)]
    answer = api.post("tickets", report, headers={"Idempotency-Key": KEY})
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.json["number"] == 100_001
    assert {"fast_track", "advice", "token"} <= set(answer.json)
    assert api.desk.query(TICKETS) == [(1,)]


def age(desk: Installation, minutes: int) -> None:
    """Let time pass: what was sent is that much older."""
    with desk.app.app_context(), db.engine.begin() as connection:
        for table in (Submission, FollowUp):
            for row in connection.execute(select(table.__table__)).all():
                key = [column == row._mapping[column.name] for column in table.__table__.primary_key]
                older = row.created_at - timedelta(minutes=minutes)
                connection.execute(update(table).where(*key).values(created_at=older))
