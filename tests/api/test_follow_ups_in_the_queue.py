"""A follow-up is seen in the queue until an agent has marked its ticket; the client's own reopens a closed one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from api_client import Caller
from flooding import wait_out_the_hour
from installation import Installation
from sqlalchemy import insert, select, text
from sqlalchemy import update as change

from wizard.api.queue import QueueQuery, states_of
from wizard.db.engine import db, reading, writing
from wizard.db.models import Ticket
from wizard.outbox import held

TOKEN = "a-token-of-the-tests-0123456789"
ADDRESS = "zakaz@detal36.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def agent(request: pytest.FixtureRequest, make_desk: Callable[..., Installation]) -> Caller:
    """An agent's program, on each of the databases."""
    where = {}
    if request.param == "postgresql":
        where["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
    return Caller(make_desk(AGENT_TOKENS=f"bot:{TOKEN}", **where), Authorization=f"Bearer {TOKEN}")


def create(agent: Caller, situation: str = "q_unclear", name: str = "Detal 36") -> str:
    """A ticket whose number and address together add a follow-up; its token."""
    answers = {"reg_name": name, "reg_email": ADDRESS}
    return str(agent.create_ticket(situation, answers=answers).json["token"])


def add_as_client(agent: Caller, token: str, words: str = "И вот ещё что") -> None:
    """A follow-up by the ticket's token."""
    assert agent.post(f"tickets/{token}/follow-ups", {"text": words}).status_code == 201


def add_by_number(agent: Caller, number: int, words: str = "Пишу по номеру") -> None:
    """A follow-up by somebody who knows number and address."""
    form = agent.desk.client.get("/ru/follow-up/")
    assert form.submit("send", {"number": str(number), "address": ADDRESS, "text": words}).status == 200


def queue(agent: Caller, query: str = "") -> list[dict[str, Any]]:
    """The entries of the queue."""
    entries: list[dict[str, Any]] = agent.get(f"queue{query}").json["tickets"]
    return entries


def numbers(agent: Caller, query: str = "") -> list[int]:
    """Their numbers."""
    return [entry["number"] for entry in queue(agent, query)]


def close(agent: Caller, number: int) -> dict[str, Any]:
    """Close a ticket; its entry."""
    entry: dict[str, Any] = agent.patch(f"tickets/{number}", {"state": "closed"}).json
    return entry


def test_the_clients_own_follow_up_reopens_a_closed_ticket(agent: Caller) -> None:
    token = create(agent)
    close(agent, 100_001)
    assert numbers(agent) == []
    before = datetime.now(UTC)
    add_as_client(agent, token)
    [entry] = queue(agent)
    assert (entry["state"], entry["state_by"], entry["unread_follow_up"]) == ("open", None, "verified")
    assert datetime.fromisoformat(entry["state_at"]).timestamp() >= int(before.timestamp())
    assert agent.get(f"tickets/{token}").json["state"] == "open"
    assert agent.patch("tickets/100001", {"state": "taken"}).json["unread_follow_up"] is None
    assert agent.patch("tickets/100001", {"state": "open"}).json["unread_follow_up"] is None


def test_somebody_elses_leaves_it_closed_and_shows_it_until_an_agent_has_marked_it(agent: Caller) -> None:
    create(agent)
    close(agent, 100_001)
    add_by_number(agent, 100_001)
    [entry] = queue(agent)
    assert (entry["state"], entry["state_by"], entry["unread_follow_up"]) == ("closed", "bot", "unverified")
    assert numbers(agent, "?state=closed") == [100_001]
    assert numbers(agent, "?state=open") == []
    assert numbers(agent, "?category=site") == [], "filters hold for it too"
    assert close(agent, 100_001)["unread_follow_up"] is None
    assert numbers(agent) == []


def test_what_the_client_wrote_is_not_hidden_by_what_anybody_wrote_later(agent: Caller) -> None:
    token = create(agent)
    add_by_number(agent, 100_001, "Первое")
    assert queue(agent)[0]["unread_follow_up"] == "unverified"
    add_as_client(agent, token, "Второе")
    add_by_number(agent, 100_001, "Третье")
    [entry] = queue(agent)
    assert (entry["unread_follow_up"], entry["follow_ups"]["count"]) == ("verified", 3)
    last = agent.get(f"tickets/{token}").json["follow_ups"][-1]["created_at"]
    assert entry["follow_ups"]["last_at"] == last


def test_a_taken_ticket_stays_taken_and_is_marked(agent: Caller) -> None:
    token = create(agent)
    agent.patch("tickets/100001", {"state": "taken"})
    add_as_client(agent, token)
    assert numbers(agent) == []
    [entry] = queue(agent, "?state=taken")
    assert (entry["state"], entry["state_by"], entry["unread_follow_up"]) == ("taken", "bot", "verified")


def test_the_same_message_sent_twice_does_not_reopen_what_was_closed_after_the_first(agent: Caller) -> None:
    token = create(agent)
    add_as_client(agent, token)
    close(agent, 100_001)
    add_as_client(agent, token)
    assert numbers(agent) == []


def test_pages_of_open_and_reappeared_tickets_follow_one_another_in_the_one_order(agent: Caller) -> None:
    low = next(name for name, situation in agent.desk.catalog.situations.items() if situation.priority == "low")
    for n, situation in enumerate([low, "q_unclear", "site_down", "q_unclear", "site_down", low, "q_unclear"]):
        create(agent, situation, f"ИП номер {n}")
    whole = numbers(agent)
    assert whole == [100_003, 100_005, 100_002, 100_004, 100_007, 100_001, 100_006]
    for number in (100_003, 100_004, 100_006):
        close(agent, number)
        add_by_number(agent, number, f"Пишу к {number}")
    close(agent, 100_007)
    whole.remove(100_007)
    for size in (1, 2, 3, 6):
        seen, cursor = [], ""
        while True:
            page = agent.get(f"queue?limit={size}{cursor}").json
            seen += [entry["number"] for entry in page["tickets"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert seen == whole


def test_a_held_follow_up_marks_and_reopens_only_when_it_is_released(
    make_desk: Callable[..., Installation], request: pytest.FixtureRequest
) -> None:
    wait_out_the_hour()
    for where in ({}, {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}):
        desk = make_desk(AGENT_TOKENS=f"bot:{TOKEN}", BUDGET_FOLLOW_UPS_HOUR=1, **where)
        agent = Caller(desk, Authorization=f"Bearer {TOKEN}")
        token = create(agent)
        add_as_client(agent, token, "В пределах")
        close(agent, 100_001)
        add_as_client(agent, token, "Сверх предела")
        add_by_number(agent, 100_001, "И это")
        assert numbers(agent) == []
        assert queue(agent, "?state=closed")[0]["unread_follow_up"] is None
        released = desk.app.test_cli_runner().invoke(args=["outbox", "release", "100001"])
        assert released.output == "2 held letters go out now.\n"
        [entry] = queue(agent)
        assert (entry["state"], entry["state_by"], entry["unread_follow_up"]) == ("open", None, "verified")


def test_a_released_follow_up_of_anybody_leaves_the_ticket_closed(agent: Caller) -> None:
    create(agent)
    close(agent, 100_001)
    add_by_number(agent, 100_001)
    with agent.desk.app.app_context():
        with writing() as connection:
            connection.execute(change(Ticket).values(unread_follow_up=None))
            connection.execute(text("UPDATE outbox SET state = 'held', held_for = 'spam' WHERE kind = 'follow_up'"))
        assert held.release([100_001], datetime.now(UTC)) == 1
    [entry] = queue(agent)
    assert (entry["state"], entry["unread_follow_up"]) == ("closed", "unverified")


def test_an_erased_ticket_is_in_no_list_whatever_came_to_it(agent: Caller) -> None:
    create(agent)
    close(agent, 100_001)
    add_by_number(agent, 100_001)
    erased = agent.desk.app.test_cli_runner().invoke(args=["privacy", "erase", "100001", "--yes"])
    assert erased.exit_code == 0, erased.output
    assert numbers(agent) == numbers(agent, "?state=closed") == []


def test_the_queue_is_read_by_its_indexes_and_sorts_no_table(agent: Caller) -> None:
    """Of thousands of closed tickets none is looked at: EXPLAIN names the index of each part."""
    ticket = {
        **{"created_at": datetime.now(UTC), "site": "", "language": "ru", "category": "site", "situation": "site_down"},
        **{"fast_track": False, "priority": "normal", "inbox": "support@desk.example", "record": "{}"},
    }
    states = ["open", *["closed"] * 49]
    rows = [{**ticket, "token": f"{n}", "queue_rank": n % 4, "state": states[n % 50]} for n in range(4000)]
    statement = QueueQuery(states_of(None), (Ticket.erased_at.is_(None),), 50).statement()
    with agent.desk.app.app_context():
        with writing() as connection:
            connection.execute(insert(Ticket), rows)
            connection.exec_driver_sql("ANALYZE")
        dialect = db.engine.dialect
        compiled = statement.compile(dialect=dialect)
        explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
        names = compiled.positiontup
        values = tuple(compiled.params[name] for name in names) if names else compiled.params
        with reading() as connection:
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {compiled}", values).all())
    assert "ix_tickets_queue" in plan and "ix_tickets_unread" in plan, plan
    assert not re.search(r"SCAN (tickets|outbox)\b|Seq Scan on tickets", plan), plan


def test_tickets_of_before_have_no_mark(agent: Caller) -> None:
    create(agent)
    assert queue(agent)[0]["follow_ups"] == {"count": 0, "last_at": None}
    assert agent.desk.query(select(Ticket.unread_follow_up)) == [(None,)]
