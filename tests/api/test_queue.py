"""The queue of agents: in the rule's own order, page by page, and each ticket taken by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_client import Caller, errors_of
from flask import Flask
from installation import Installation
from letters_under_test import flat, json_of
from sqlalchemy import text
from test_problems import problem_of

from wizard.config.setting_types import SettingsError
from wizard.db.engine import db
from wizard.db.migrate import register_migrations

TOKEN = "a-token-of-the-tests-0123456789"
OTHER_TOKEN = "another-token-of-the-tests-98765"


def fill(agent: Caller) -> None:
    """Tickets of every rank, the slowest first."""
    low = next(situation.id for situation in agent.desk.catalog.situations.values() if situation.priority == "low")
    for n, situation in enumerate([low, "q_unclear", "site_down", "q_unclear", "site_down", low]):
        agent.create_ticket(situation, answers={"reg_name": f"ИП номер {n}"})


def places(tickets: list[dict[str, Any]]) -> list[tuple[bool, str, int]]:
    """What decides the order."""
    return [(entry["ticket"]["fast_track"], entry["ticket"]["priority"], entry["number"]) for entry in tickets]


def test_fast_track_comes_first_then_priority_then_arrival(agent: Caller) -> None:
    fill(agent)
    tickets = agent.get("queue").json["tickets"]
    rank = {"high": 1, "normal": 2, "low": 3}
    wanted = sorted(places(tickets), key=lambda place: (not place[0], rank[place[1]], place[2]))
    assert places(tickets) == wanted
    assert [entry["number"] for entry in tickets[:2]] == [100_003, 100_005]
    assert {priority for _, priority, _ in wanted} == {"high", "normal", "low"}


def test_an_entry_is_the_ticket_json_of_the_desks_letter(agent: Caller) -> None:
    agent.create_ticket("site_down")
    agent.desk.run_worker()
    [letter] = agent.desk.inbox
    [attached] = [part for part in letter.iter_attachments() if part.get_filename() == "ticket.json"]
    [entry] = agent.get("queue").json["tickets"]
    sent = json.loads(attached.get_content())
    assert sent["similar"] is not None
    assert entry["ticket"] == {**sent, "similar": None}, "which is counted once, for the letter"


def test_advice_on_tone_stays_between_the_client_and_the_form(agent: Caller) -> None:
    words = "Идиоты, по заявке ##204518## проблема осталась, с сайтом беда"
    answer = agent.create_ticket("q_unclear", answers={"details": words}).json
    shown = {advice["kind"]: advice["text"] for advice in answer["advice"]}
    assert {"rude", "continues"} <= set(shown)
    agent.desk.run_worker()
    [letter], [entry] = agent.desk.inbox, agent.get("queue").json["tickets"]
    for advice in (json_of(letter)["advice"], entry["ticket"]["advice"]):
        assert shown["continues"] in advice, "other advice does reach the desk"
        assert shown["rude"] not in advice
    letters = flat(agent.desk.all_sent)
    assert words in letters
    for remark in agent.desk.catalog.politeness.rude.values():
        assert remark not in letters


def test_high_priority_stands_before_what_came_earlier_without_any_fast_track(agent: Caller) -> None:
    agent.create_ticket("app_start", answers={"app_where": "one"})
    agent.create_ticket("order_missing")
    agent.create_ticket("app_start", answers={"app_where": "all"})
    tickets = agent.get("queue").json["tickets"]
    assert places(tickets) == [(False, "high", 100_002), (False, "high", 100_003), (False, "normal", 100_001)]
    agent.desk.run_worker()
    marks = ("X-Ticket-Number", "X-Ticket-Priority", "X-Ticket-Fast-Track", "Importance")
    assert sorted(tuple(letter[mark] for mark in marks) for letter in agent.desk.inbox) == [
        ("100001", "normal", "no", None),
        ("100002", "high", "no", None),
        ("100003", "high", "no", None),
    ]


def test_the_fast_track_stands_before_high_priority_that_came_earlier(agent: Caller) -> None:
    agent.create_ticket("order_missing")
    agent.create_ticket("site_down")
    tickets = agent.get("queue").json["tickets"]
    assert places(tickets) == [(True, "high", 100_002), (False, "high", 100_001)]


def test_pages_follow_one_another_while_tickets_come_and_go(agent: Caller) -> None:
    fill(agent)
    whole = [entry["number"] for entry in agent.get("queue").json["tickets"]]
    seen, cursor = [], ""
    while True:
        page = agent.get(f"queue?limit=2{cursor}").json
        seen += [entry["number"] for entry in page["tickets"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        agent.patch(f"tickets/{seen[0]}", {"state": "closed"})
        agent.create_ticket("site_down", answers={"details": f"Пришло посреди чтения {page['next']}"})
    assert len(seen) == len(set(seen)), "nothing twice"
    assert [number for number in seen if number in whole] == whole, "nothing skipped"


def test_filters_by_site_category_state_and_time(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text("shop: {}")
    agent = Caller(make_desk(SITES=str(path), AGENT_TOKENS=f"bot:{TOKEN}"), Authorization=f"Bearer {TOKEN}")
    agent.create_ticket("site_down", site="shop")
    agent.create_ticket("pricing_all")

    def numbers(query: str) -> list[int]:
        return [entry["number"] for entry in agent.get(f"queue?{query}").json["tickets"]]

    assert numbers("site=shop") == [100_001]
    assert numbers("site=") == [100_002]
    assert numbers("category=pricing") == [100_002]
    now = datetime.now(UTC)
    assert numbers(f"since={(now - timedelta(hours=1)).isoformat()}") == [100_001, 100_002]
    assert numbers(f"since={(now + timedelta(hours=1)).isoformat().replace('+', '%2B')}") == []
    assert numbers("since=2026-01-01") == [100_001, 100_002]
    agent.patch("tickets/100001", {"state": "taken"})
    assert numbers("state=open") == numbers("") == [100_002]
    assert numbers("state=taken") == [100_001]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("site=nobody", "site"),
        ("category=nothing", "category"),
        ("state=lost", "state"),
        ("since=yesterday", "since"),
        ("since=", "since"),
        ("cursor=", "cursor"),
        ("since=0001-01-01T00:00:00%2B23:59", "since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=1e9", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=OS45OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor"),
    ],
)
def test_a_wrong_query_is_reported_by_its_name(agent: Caller, query: str, name: str) -> None:
    assert set(errors_of(agent.get(f"queue?{query}"))) == {name}


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ключ"],
)
def test_without_an_agents_token_there_is_no_queue(agent: Caller, header: str | None) -> None:
    agent.create_ticket()
    agent.headers = {} if header is None else {"Authorization": header}
    for answer in (agent.get("queue"), agent.patch("tickets/100001", {"state": "closed"})):
        problem_of(answer, 401, "unauthorised")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "100001" not in answer.text


def test_where_no_agent_is_named_the_queue_is_closed(api: Caller) -> None:
    problem_of(api.get("queue", headers={"Authorization": f"Bearer {TOKEN}"}), 403, "forbidden")


@pytest.mark.parametrize(
    "value",
    ["bot", "bot:", "bot:short", f":{TOKEN}", f"b o t:{TOKEN}", f"a:{TOKEN},a:{OTHER_TOKEN}", f"a:{TOKEN},b:{TOKEN}"],
)
def test_agents_of_no_shape_stop_the_start_and_no_token_is_repeated(make_app: Callable[..., Flask], value: str) -> None:
    with pytest.raises(SettingsError) as fault:
        make_app(AGENT_TOKENS=value)
    assert "WIZARD_AGENT_TOKENS" in fault.value.message
    assert "\n" not in fault.value.message
    assert TOKEN not in fault.value.message and "short" not in fault.value.message


def test_tokens_come_from_the_environment_as_they_are_written(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_AGENT_TOKENS", f"bot:{TOKEN}, board:{OTHER_TOKEN}")
    settings = make_app().extensions["zayavka"].settings
    assert [agent.name for agent in settings.agent_tokens] == ["bot", "board"]
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_tickets_of_before_the_queue_get_their_places_in_it(
    make_desk: Callable[..., Installation], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    agent = Caller(make_desk(AGENT_TOKENS=f"bot:{TOKEN}", **where), Authorization=f"Bearer {TOKEN}")
    fill(agent)
    before = agent.get("queue").json
    with agent.desk.app.app_context():
        from flask_migrate import check, downgrade, upgrade

        register_migrations(agent.desk.app)
        downgrade(revision="0001")
        upgrade()
        check()
        with db.engine.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM tickets WHERE state = 'open'")).scalar() == 6
    assert agent.get("queue").json == before
