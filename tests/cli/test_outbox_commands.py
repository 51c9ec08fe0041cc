"""``flask outbox list``, ``retry`` and ``flush``: what a person sees of the outbox, and what they may do with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from installation import Installation
from smtp_servers import HostileServer
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket

NOW = datetime.now(UTC)
ROWS = select(Delivery.__table__).order_by(Delivery.id)


def run(desk: Installation, *arguments: str) -> Result:
    """A command of the outbox."""
    result = desk.app.test_cli_runner().invoke(args=["outbox", *arguments])
    assert result.exit_code == 0, result.output
    return result


def change(desk: Installation, delivery: int, **values: object) -> None:
    """Let a delivery be in another state."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.id == delivery).values(**values))


@pytest.fixture(params=["sqlite", "postgresql"])
def outbox(request: pytest.FixtureRequest, make_desk: Callable[..., Installation]) -> Installation:
    """Four letters: a dead one, one that waits for its next try, one that is due, one that was sent."""
    where = {}
    if request.param == "postgresql":
        where["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
    desk = make_desk(**where)
    desk.enqueue(4, "Сообщение")
    old = {"created_at": NOW - timedelta(days=2), "attempts": 9}
    change(desk, 1, state="dead", last_error="RCPT TO: 550 no such mailbox", crashes=3, **old)
    change(desk, 2, due_at=NOW + timedelta(hours=1), last_error="451 later", waits_for="mail.example:25", **old)
    change(desk, 4, state="sent", sent_at=NOW)
    return desk


def test_the_list_says_in_words_what_became_of_each(outbox: Installation) -> None:
    lines = run(outbox, "list").output.splitlines()
    assert [line.split()[:2] for line in lines] == [["4", "sent"], ["3", "waiting"], ["2", "waiting"], ["1", "dead"]]
    assert "ticket 100001  to support@desk.example  tries 9" in lines[3] and "no such mailbox" in lines[3]
    assert run(outbox, "list", "--state", "waiting").output == run(outbox, "list", "--state", "owed").output
    assert run(outbox, "list", "--state", "dead").output.splitlines() == [lines[3]]
    assert run(outbox, "list", "--ticket", "100002").output.splitlines() == [lines[2]]
    assert run(outbox, "list", "--ticket", "7").output == "No letters.\n"
    assert run(outbox, "list", "--limit", "2").output.splitlines() == lines[:2]


def test_where_the_desk_numbers_a_ticket_is_listed_by_its_receipt_code_however_written(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(NUMBERING="desk")
    desk.enqueue(2, "Сообщение")
    [(code,)] = desk.query(select(Ticket.receipt).where(Ticket.number == 100_001))
    for written in (code, code.lower(), code.replace("-", " "), code[4:], "100001"):
        [line] = run(desk, "list", "--ticket", written).output.splitlines()
        assert f"ticket 100001 ({code})  to support@desk.example" in line
    assert json.loads(run(desk, "list", "--json").output.splitlines()[-1])["receipt"] == code
    assert run(desk, "list", "--ticket", "9" * 18).output == "No letters.\n"
    for wrong in ("9" * 30, "кто-то"):
        refused = desk.app.test_cli_runner().invoke(args=["outbox", "list", "--ticket", wrong])
        assert refused.exit_code == 2 and "is no number and no receipt code" in refused.output
    change(desk, 1, state="held", held_for="spam")
    assert run(desk, "release", code.lower().replace("-", " ")).output == "1 held letters go out now.\n"


def test_programs_get_an_object_a_line(outbox: Installation) -> None:
    objects: list[dict[str, Any]] = [json.loads(line) for line in run(outbox, "list", "--json").output.splitlines()]
    sent, due, waiting, dead = objects
    assert [letter["state"] for letter in objects] == ["sent", "waiting", "waiting", "dead"]
    assert datetime.fromisoformat(sent["sent_at"]) == NOW
    assert due["last_error"] is None and due["sent_at"] is None
    assert datetime.fromisoformat(waiting["due_at"]) == NOW + timedelta(hours=1)
    assert (waiting["waits_for"], waiting["lane"]) == ("mail.example:25", "desk")
    created = (NOW - timedelta(days=2)).isoformat()
    assert dead == {
        "id": 1, "ticket": 100_001, "receipt": None, "kind": "desk",
            "recipient": "support@desk.example", "state": "dead",
        "lane": "desk", "attempts": 9, "due_at": dead["due_at"], "created_at": created, "sent_at": None,
        "last_error": "RCPT TO: 550 no such mailbox", "waits_for": None, "crashes": 3,
    }  # fmt: skip
    assert run(outbox, "list", "--json", "--ticket", "7").output == ""


def test_a_flush_makes_all_that_waits_due_and_nothing_younger(outbox: Installation) -> None:
    assert run(outbox, "flush").output == "1 letters are due now.\n"
    dead, waiting, *_ = outbox.query(ROWS)
    assert dead.state == "dead"
    assert waiting.due_at <= datetime.now(UTC) and waiting.waits_for is None
    assert waiting.created_at == NOW - timedelta(days=2), "it is as late as it was"
    outbox.run_worker()
    assert [row.state for row in outbox.query(ROWS)] == ["dead", "sent", "sent", "sent"]


def test_a_retry_takes_dead_ones_and_those_that_are_named(outbox: Installation) -> None:
    assert run(outbox, "retry", "2", "4").output == "1 letters are owed again.\n"
    _, waiting, _, sent = outbox.query(ROWS)
    assert waiting.due_at <= datetime.now(UTC)
    assert waiting.created_at == NOW - timedelta(days=2), "it is as late as it was"
    assert sent.state == "sent"
    assert run(outbox, "retry").output == "1 letters are owed again.\n"
    dead = outbox.query(ROWS)[0]
    assert (dead.state, dead.crashes) == ("owed", 0)
    assert dead.created_at > NOW, "or it would die at its first temporary failure"


def test_a_retry_takes_waiting_ones_too_when_asked(outbox: Installation) -> None:
    assert run(outbox, "retry", "--waiting").output == "2 letters are owed again.\n"
    outbox.run_worker()
    assert {row.state for row in outbox.query(ROWS)} == {"sent"}


def test_after_an_outage_a_flush_sends_at_once(make_desk: Callable[..., Installation]) -> None:
    with HostileServer("mail_451") as server:
        desk = make_desk(MAIL_PORT=server.port, OUTBOX_RETRY_FIRST=3600)
        desk.send("site_down")
        desk.run_worker()
        server.mode = "good"
        desk.run_worker()
        assert server.received == []
        assert run(desk, "flush").output == "2 letters are due now.\n"
        desk.run_worker()
        assert len(server.received) == 2
