"""A report that a program sends is exactly as good as one of the form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from api_client import Caller, errors_of
from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import Ticket

TICKETS = select(func.count()).select_from(Ticket)


def snapshot_of(desk: Installation, number: int) -> dict[str, Any]:
    """What the letters of a ticket will say, less the moment and what is made from its token."""
    [row] = desk.query(select(Ticket.record).where(Ticket.number == number))
    snapshot: dict[str, Any] = json.loads(row.record)
    snapshot.pop("created_at")
    snapshot.pop("thread_code")
    snapshot["evidence"].pop("time")
    return snapshot


@pytest.mark.parametrize("catalog", ["tradesoft", "hosting"])
def test_every_situation_reported_by_a_program_becomes_the_ticket_that_the_form_makes(
    make_desk: Callable[..., Installation], catalog: str
) -> None:
    by_form, by_api = make_desk(CATALOG=catalog), make_desk(CATALOG=catalog)
    program = Caller(by_api)
    for situation in by_form.catalog.situations:
        receipt = by_form.send(situation)
        files = [
            program.upload(b"A file for support\n", "example.txt").json["id"]
            for asked in by_api.catalog.asked(by_api.catalog.situations[situation])
            if asked.question.type == "files" and asked.required
        ]
        answer = program.create_ticket(situation, attachments=files).json
        assert answer["tag"] in receipt.text
        by_door = [snapshot_of(desk, answer["number"]) for desk in (by_form, by_api)]
        assert [snapshot.pop("source") for snapshot in by_door] == ["form", "api"]
        assert by_door[0] == by_door[1]


def test_the_answer_has_number_token_queue_and_advice(api: Caller) -> None:
    answer = api.create_ticket("site_down", answers={"contact_email": "shop@gmial.com", "details": "не работает"})
    body = answer.json
    assert body["number"] == 100_001
    assert body["tag"] == "[##100001##]"
    assert (body["fast_track"], body["fast_track_rule"], body["priority"]) == (True, "1", "high")
    assert {advice["kind"] for advice in body["advice"]} == {"typo", "vague"}
    assert body["url"] == f"http://127.0.0.1:8000/ru/tickets/{body['token']}/"
    assert answer.headers["Location"].endswith(f"/api/v1/tickets/{body['token']}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert api.desk.client.get(body["url"]).status == 200


def test_advice_says_where_a_wrong_choice_leads(api: Caller) -> None:
    situation, lead = next(
        (situation, situation.leads[0]) for situation in api.desk.catalog.situations.values() if situation.leads
    )
    answers = {question: values[0] for question, values in lead.when.items()}
    body = api.post("tickets", api.report(situation.id, answers=answers)).json
    [advice] = [advice for advice in body["advice"] if advice["kind"] == "lead"]
    assert advice["situation"] == lead.to
    assert api.desk.client.get(advice["url"]).status == 200


def test_the_desks_own_numbering_gives_a_receipt_code_and_no_number(make_api: Callable[..., Caller]) -> None:
    body = make_api(NUMBERING="desk").create_ticket().json
    assert (body["number"], body["tag"]) == (None, None)
    assert body["receipt"].startswith("ОБР-")


def test_a_site_decides_which_inbox_gets_the_report(with_sites: Caller) -> None:
    with_sites.create_ticket(site="shop")
    [row] = with_sites.desk.query(select(Ticket.site, Ticket.inbox))
    assert tuple(row) == ("shop", "support-shop@desk.example")
    assert errors_of(with_sites.post("tickets", with_sites.report(site="nobody")))["site"]


def test_a_program_that_writes_for_others_leaves_out_what_is_only_its_own(api: Caller) -> None:
    api.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    api.create_ticket("q_unclear", leave_out=["ip", "browser", "os"])
    evidence = snapshot_of(api.desk, 100_001)["evidence"]
    assert (evidence["ip"], evidence["browser"], evidence["os"], evidence["user_agent"]) == (None,) * 4
    api.create_ticket("site_down")
    assert snapshot_of(api.desk, 100_002)["evidence"]["browser"] == "Firefox 140"


def test_a_program_tells_what_only_the_clients_device_knows_and_leaves_it_out_as_well(api: Caller) -> None:
    facts = {"screen": "390x844@3", "time_zone": "Asia/Yekaterinburg"}
    api.create_ticket("q_unclear", evidence=facts)
    evidence = snapshot_of(api.desk, 100_001)["evidence"]
    assert (evidence["screen"], evidence["time_zone"]) == ("390×844 @3x", "Asia/Yekaterinburg")
    api.create_ticket("site_down", evidence=facts, leave_out=["screen", "time_zone"])
    evidence = snapshot_of(api.desk, 100_002)["evidence"]
    assert (evidence["screen"], evidence["time_zone"]) == (None, None)
    assert set(errors_of(api.post("tickets", api.report(evidence={"screen": "large"})))) == {"evidence"}


def test_the_page_that_a_client_was_on_is_stored_as_the_form_stores_it(api: Caller) -> None:
    api.create_ticket("q_unclear", page="https://detal36.example/cart?token=qwerty12")
    assert snapshot_of(api.desk, 100_001)["evidence"]["page"] == "https://detal36.example/cart?token=***"
    api.create_ticket("site_down", page="javascript:alert(1)")
    assert snapshot_of(api.desk, 100_002)["evidence"]["page"] is None
    report = api.report("site_slow", "en", answers={"page_url": ""}, page="https://detal36.example/cart")
    problem = api.post("tickets", report).json
    assert problem["suggested"]["page_url"] == "https://detal36.example/cart"


def test_nothing_but_answers_can_be_set_from_outside(api: Caller) -> None:
    forged = {
        "number": 7,
        "token": "mine",
        "priority": "high",
        "created_at": "1999-01-01",
        "evidence": {"ip": "1.1.1.1"},
    }
    errors = errors_of(api.post("tickets", {**api.report(), **forged}))
    assert set(errors) == set(forged)
    errors = errors_of(api.post("tickets", api.report(answers={"fast_track": "yes"})))
    assert set(errors) == {"fast_track"}
    assert api.desk.query(TICKETS) == [(0,)]


@pytest.mark.parametrize("value", [5, 1.5, True, None, {"a": 1}, ["a"], [[]]])
def test_a_value_of_a_wrong_type_is_reported_at_its_question(api: Caller, value: object) -> None:
    answer = api.post("tickets", api.report(answers={"details": value}))
    assert errors_of(answer) == {"details": ["Передайте строку"]}


@pytest.mark.parametrize("value", [5, "search", {"a": 1}, [5], [None], [["search"]]])
def test_several_options_come_as_an_array_of_strings(make_api: Callable[..., Caller], value: object) -> None:
    api = make_api()
    situation, question = next(
        (situation.id, asked.question.id)
        for situation in api.desk.catalog.situations.values()
        for asked in api.desk.catalog.asked(situation)
        if asked.question.type == "choices" and not asked.show_when
    )
    answer = api.post("tickets", api.report(situation, "en", answers={question: value}))
    assert errors_of(answer)[question] == ["Pass an array of strings"]


def test_all_faults_are_reported_at_once_in_the_language_of_the_report(api: Caller) -> None:
    body = {"situation": "site_down", "language": "en", "answers": {"site_url": 5, "started": "tomorrow", "x": ""}}
    errors = errors_of(api.post("tickets", body))
    assert set(errors) == {"site_url", "x", "reach", "started", "details", "reg_name"}
    assert errors["site_url"] == ["Pass a string"]
    assert errors["reach"][0].isascii()


def test_a_refusal_suggests_what_the_report_says_elsewhere(api: Caller) -> None:
    report = api.report("pricing_all", answers={"details": "Нет цен с 9:40 на https://detal36.example", "site_url": ""})
    problem = api.post("tickets", report).json
    assert problem["suggested"]["site_url"] == "https://detal36.example"
    assert problem["errors"]["site_url"] == ["Адрес сайта: нашли в Ваших словах"]


def test_thousands_of_unknown_members_get_a_short_answer(api: Caller) -> None:
    answers = {f"question_{n}": "x" for n in range(5000)}
    answer = api.post("tickets", {"situation": "site_down", "answers": answers})
    assert answer.status_code == 422
    assert len(answer.data) < 10_000


def test_a_lone_surrogate_neither_breaks_the_answer_nor_the_letter(api: Caller) -> None:
    answer = api.post("tickets", api.report(answers={"details": "Белая \ud800 страница", "\ud800": "x"}))
    assert set(errors_of(answer)) == {"\ufffd"}
    api.create_ticket(answers={"details": "Белая \ud800 страница"})
    api.desk.run_worker()
    assert "Белая" in api.desk.inbox[0].get_body(("plain",)).get_content()
