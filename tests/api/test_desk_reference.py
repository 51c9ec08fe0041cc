"""The help desk's own number, told by an agent: follow-ups thread by it there, and the client sees it."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from api_client import Caller, errors_of
from installation import Installation
from smtp_servers import HostileServer
from sqlalchemy import select, update
from test_problems import problem_of

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket
from wizard.outbox.claim import Claim
from wizard.outbox.email_delivery import FinishedLetter, compose

TOKEN = "a-token-of-the-tests-0123456789"
OTHER_TOKEN = "another-token-of-the-tests-98765"
RT = "[rt.desk.example #{number}]"


@pytest.fixture
def make_agent(make_desk: Callable[..., Installation]) -> Callable[..., Caller]:
    """Make programs of an agent's, each with an installation of its own."""

    def make(**config: Any) -> Caller:
        desk = make_desk(AGENT_TOKENS=f"bot:{TOKEN},board:{OTHER_TOKEN}", **config)
        return Caller(desk, Authorization=f"Bearer {TOKEN}")

    return make


def tell(agent: Caller, ticket: object, reference: str | None, **more: str) -> Any:
    """Tell the desk's number of a ticket."""
    return agent.patch(f"tickets/{ticket}", {"desk_reference": reference, **more})


def subjects(agent: Caller) -> list[str]:
    """The subjects of what the desk got, after the worker has sent what was due."""
    agent.desk.run_worker()
    return [str(letter["Subject"]) for letter in agent.desk.inbox]


def test_follow_ups_carry_the_desks_tag_beside_ours_and_the_client_sees_its_number(
    make_agent: Callable[..., Caller],
) -> None:
    agent = make_agent(DESK_TAG=RT)
    token = agent.create_ticket().json["token"]
    assert agent.get(f"tickets/{token}").json["desk_reference"] is None
    assert tell(agent, 100_001, "4711").json["desk_reference"] == "4711"
    assert agent.get(f"tickets/{token}").json["desk_reference"] == "4711"
    assert agent.get("queue").json["tickets"][0]["desk_reference"] == "4711"
    agent.post(f"tickets/{token}/follow-ups", {"text": "И вот ещё что"})
    first, second = subjects(agent)
    assert second == f"Re: [rt.desk.example #4711] {first}" and first.startswith("[##100001##] ")
    for language, words in (("ru", "Номер в службе поддержки"), ("en", "Number at the support desk")):
        page = agent.desk.client.get(f"/{language}/tickets/{token}/")
        assert f"{words} 4711" in " ".join(page.text.split())
    assert tell(agent, 100_001, None).json["desk_reference"] is None
    agent.post(f"tickets/{token}/follow-ups", {"text": "И ещё"})
    assert subjects(agent)[2] == f"Re: {first}"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_where_the_desk_numbers_it_is_told_by_the_receipt_code_however_written(
    make_agent: Callable[..., Caller], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    agent = make_agent(NUMBERING="desk", **where)
    ticket = agent.create_ticket().json
    code = ticket["receipt"]
    lookalikes = str.maketrans("ABEKMHPCTXОБР", "АВЕКМНРСТХOBP")
    for n, written in enumerate([code, code.lower(), code.replace("-", " "), code.translate(lookalikes), code[4:]]):
        assert tell(agent, written, f"47{n}").json["desk_reference"] == f"47{n}"
    assert tell(agent, 100_001, "4711").status_code == 200, "by the number of the queue too"
    problem_of(tell(agent, "ОБР-0000-00", "4712"), 404, "not-found")
    problem_of(tell(agent, ticket["token"], "4712"), 404, "not-found")
    agent.post(f"tickets/{ticket['token']}/follow-ups", {"text": "И вот ещё что"})
    first, second = subjects(agent)
    assert second == f"Re: [##4711##] {first}" and "##" not in first, "TICKET_TAG is the desk's own there"


def test_the_same_call_again_changes_nothing_and_no_mark(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent()
    agent.create_ticket()
    agent.patch("tickets/100001", {"state": "taken"})
    with agent.desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(unread_follow_up="verified"))
    once = tell(agent, 100_001, "4711").json
    assert tell(agent, 100_001, "4711").json == once
    assert (once["state"], once["state_by"], once["unread_follow_up"]) == ("taken", "bot", "verified")


def test_number_and_mark_in_one_call_are_stored_together_or_not_at_all(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent()
    agent.create_ticket()
    entry = tell(agent, 100_001, "4711", state="taken").json
    assert (entry["desk_reference"], entry["state"]) == ("4711", "taken")
    other = Caller(agent.desk, Authorization=f"Bearer {OTHER_TOKEN}")
    problem_of(tell(other, 100_001, "4712", state="taken"), 409, "already-taken")
    assert agent.get("queue?state=taken").json["tickets"][0]["desk_reference"] == "4711"


def test_two_tickets_that_were_merged_there_have_the_same(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent()
    for situation in ("site_down", "pricing_all"):
        agent.create_ticket(situation)
    assert [tell(agent, number, "4711").status_code for number in (100_001, 100_002)] == [200, 200]


def test_what_could_be_more_than_a_number_is_refused(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent(DESK_TAG=RT)
    agent.create_ticket()
    for reference in (
        *("", " ", "[#4711]", "4711] [rt.desk.example #4712", "#4711", "4711\r\nBcc: a@evil.example", "47\u202e11"),
        *("4711\n4712", "4711 4712", "9" * 81, "=?utf-8?q?x?=", "４７１１", 4711, ["4711"], True),
    ):
        assert set(errors_of(agent.patch("tickets/100001", {"desk_reference": reference}))) == {"desk_reference"}
    assert agent.get("queue").json["tickets"][0]["desk_reference"] is None


@pytest.mark.parametrize("reference", ["SUP-12", "SUP-12-SUP-13"])
def test_what_forms_the_desks_tag_within_its_pattern_is_refused(
    make_agent: Callable[..., Caller], reference: str
) -> None:
    agent = make_agent(DESK_TAG="SUP-{number}")
    agent.create_ticket()
    [said] = errors_of(tell(agent, 100_001, reference))["desk_reference"]
    assert "без скобок" in said
    assert tell(agent, 100_001, "12").status_code == 200


def test_numbers_of_many_desks_are_taken_as_they_are(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent(DESK_TAG=RT)
    token = agent.create_ticket().json["token"]
    references = ["4711", "SUP-4711", "2026/11_28.4:7", "ЗН-0042", "9" * 80]
    for reference in references:
        assert tell(agent, 100_001, reference).json["desk_reference"] == reference
        agent.post(f"tickets/{token}/follow-ups", {"text": f"И вот ещё что: {reference}"})
        agent.desk.run_worker()
    sent = [str(letter["Subject"]) for letter in agent.desk.inbox[1:]]
    assert [subject.partition("#")[2].partition("]")[0] for subject in sent] == references


def test_only_agents_tell_it(make_agent: Callable[..., Caller]) -> None:
    agent = make_agent()
    agent.create_ticket()
    agent.headers = {}
    problem_of(tell(agent, 100_001, "4711"), 401, "unauthorised")
    assert agent.desk.query(select(Ticket.desk_reference)) == [(None,)]


def test_a_number_told_between_two_tries_changes_the_subject_and_nothing_else(
    make_agent: Callable[..., Caller],
) -> None:
    with HostileServer("rcpt_450") as refusing:
        agent = make_agent(DESK_TAG=RT, MAIL_PORT=refusing.port)
        token = agent.create_ticket().json["token"]
        agent.post(f"tickets/{token}/follow-ups", {"text": "И вот ещё что"})
        agent.desk.run_worker()
        before = composed(agent)
        assert composed(agent).content == before.content, "a retry gives the same bytes"
        tell(agent, 100_001, "4711")
        after = composed(agent)
    old, new = (message_from_bytes(letter.content, policy=default) for letter in (before, after))
    assert new["Subject"] == "Re: [rt.desk.example #4711] " + old["Subject"].removeprefix("Re: ")
    for message in (old, new):
        del message["Subject"]
    assert old.as_bytes() == new.as_bytes()


def composed(agent: Caller) -> FinishedLetter:
    """The follow-up's letter, as its next try sends it."""
    [row] = agent.desk.query(select(Delivery.__table__).where(Delivery.kind == "follow_up"))
    assert row.attempts == 1
    with agent.desk.app.app_context():
        return compose(agent.desk.container, Claim.of(row, token="x", ends=0))
