"""Agents mark tickets: each is taken by one, and none is closed over what its client has just added."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from api_client import Caller, errors_of
from installation import Installation
from sqlalchemy import select
from test_follow_ups_in_the_queue import add_as_client, add_by_number, close, create, numbers, queue
from test_problems import problem_of

from wizard.db.models import Ticket

TOKEN = "a-token-of-the-tests-0123456789"
OTHER_TOKEN = "another-token-of-the-tests-98765"
MANY = {f"agent-{n}": f"agent-{n}-0123456789012345678901234567" for n in range(8)}


@pytest.fixture(params=["sqlite", "postgresql"])
def agent(request: pytest.FixtureRequest, make_desk: Callable[..., Installation]) -> Caller:
    """One of many agents' programs, on each of the databases."""
    where = {}
    if request.param == "postgresql":
        where["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
    tokens = {"bot": TOKEN, "board": OTHER_TOKEN, **MANY}
    desk = make_desk(AGENT_TOKENS=",".join(map(":".join, tokens.items())), **where)
    return Caller(desk, Authorization=f"Bearer {TOKEN}")


def taken_by_many(agent: Caller) -> list[int]:
    """The statuses that eight agents get who take one ticket at once."""

    def take(token: str) -> int:
        program = Caller(agent.desk, Authorization=f"Bearer {token}")
        return int(program.patch("tickets/100001", {"state": "taken"}).status_code)

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(take, MANY.values()))


def test_a_ticket_is_taken_by_one_closed_and_opened_again(agent: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    token = agent.create_ticket().json["token"]
    other = Caller(agent.desk, Authorization=f"Bearer {OTHER_TOKEN}")
    taken = agent.patch("tickets/100001", {"state": "taken"}).json
    assert (taken["state"], taken["state_by"]) == ("taken", "bot")
    assert agent.patch("tickets/100001", {"state": "taken"}).status_code == 200
    refused = problem_of(other.patch("tickets/100001", {"state": "taken"}), 409, "already-taken")
    assert "bot" in refused["detail"]
    assert agent.get("queue").json["tickets"] == []
    assert other.patch("tickets/100001", {"state": "closed"}).json["state_by"] == "board"
    problem_of(agent.patch("tickets/100001", {"state": "taken"}), 409, "already-taken")
    assert agent.patch("tickets/100001", {"state": "open"}).status_code == 200
    shown = agent.get(f"tickets/{token}")
    assert shown.json["state"] == "open"
    assert "board" not in shown.text and "state_by" not in shown.text, "who it was is the desk's own affair"
    assert "taken by bot" in caplog.text
    assert TOKEN not in caplog.text


def test_of_many_who_take_a_ticket_at_once_one_gets_it(agent: Caller) -> None:
    create(agent)
    assert taken_by_many(agent) == [200] + [409] * 7


def test_of_many_who_take_a_closed_ticket_with_a_follow_up_one_gets_it(agent: Caller) -> None:
    create(agent)
    close(agent, 100_001)
    add_by_number(agent, 100_001)
    assert taken_by_many(agent) == [200] + [409] * 7


def test_a_mark_of_no_shape_changes_nothing(agent: Caller) -> None:
    agent.create_ticket()
    for body in ({}, {"state": "lost"}, {"state": 5}, {"state": "taken", "by": "me"}, []):
        assert errors_of(agent.patch("tickets/100001", body))
    problem_of(agent.patch("tickets/7", {"state": "taken"}), 404, "not-found")
    for number in (2**63, -1, "x", "٣"):
        problem_of(agent.patch(f"tickets/{number}", {"state": "taken"}), 404, "not-found")
    assert agent.get("queue").json["tickets"][0]["state"] == "open"


def test_whoever_takes_the_first_of_the_queue_gets_it_until_the_queue_is_empty(agent: Caller) -> None:
    for n in range(3):
        create(agent, name=f"ИП номер {n}")
    close(agent, 100_001)
    add_by_number(agent, 100_001)
    close(agent, 100_003)
    taken = []
    while waiting := numbers(agent):
        entry = agent.patch(f"tickets/{waiting[0]}", {"state": "taken"}).json
        taken.append((entry["number"], entry["state"], entry["unread_follow_up"]))
        assert len(taken) < 4, "each is there once"
    assert taken == [(100_001, "taken", None), (100_002, "taken", None)]
    problem_of(agent.patch("tickets/100003", {"state": "taken"}), 409, "already-taken")


def test_a_mark_by_who_has_not_seen_the_last_follow_up_is_refused_if_it_says_how_many_were_seen(agent: Caller) -> None:
    token = create(agent)
    seen = queue(agent)[0]["follow_ups"]["count"]
    add_as_client(agent, token)
    late = {"state": "closed", "desk_reference": "4711", "follow_ups": seen}
    assert "1" in problem_of(agent.patch("tickets/100001", late), 409, "follow-up-came")["detail"]
    [entry] = queue(agent)
    assert (entry["state"], entry["desk_reference"], entry["unread_follow_up"]) == ("open", None, "verified")
    entry = agent.patch("tickets/100001", {**late, "follow_ups": entry["follow_ups"]["count"]}).json
    assert (entry["state"], entry["desk_reference"], entry["unread_follow_up"]) == ("closed", "4711", None)
    for body, name in (
        ({"follow_ups": 1}, "state"),
        ({"follow_ups": 1, "desk_reference": "4712"}, "state"),
        ({"state": "open", "follow_ups": -1}, "follow_ups"),
        ({"state": "open", "follow_ups": "1"}, "follow_ups"),
        ({"state": "open", "follow_ups": True}, "follow_ups"),
    ):
        assert set(errors_of(agent.patch("tickets/100001", body))) == {name}


def test_a_mark_waits_for_the_follow_up_that_is_being_stored_and_counts_it(
    agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the ticket's mark and the end of its transaction others see neither: the agent's call must wait."""
    token = create(agent)
    is_stored, may_end = Event(), Event()

    def wait(*_: object) -> None:
        is_stored.set()
        may_end.wait(1)

    monkeypatch.setattr("wizard.intake.follow_up.budgets.count_in_all", wait)
    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(add_as_client, agent, token)
        assert is_stored.wait(10)
        closing = pool.submit(agent.patch, "tickets/100001", {"state": "closed", "follow_ups": 0})
        adding.result()
        problem_of(closing.result(), 409, "follow-up-came")
    assert queue(agent)[0]["unread_follow_up"] == "verified"


def test_an_erased_ticket_takes_no_mark_and_no_number(agent: Caller) -> None:
    create(agent)
    erased = agent.desk.app.test_cli_runner().invoke(args=["privacy", "erase", "100001", "--yes"])
    assert erased.exit_code == 0, erased.output
    before = agent.desk.query(select(Ticket.state, Ticket.state_at, Ticket.desk_reference))
    for body in ({"desk_reference": "4711"}, {"desk_reference": None}, {"state": "taken"}, {"state": "closed"}):
        assert "number" in problem_of(agent.patch("tickets/100001?language=en", body), 410, "erased")["detail"]
    assert agent.desk.query(select(Ticket.state, Ticket.state_at, Ticket.desk_reference)) == before
