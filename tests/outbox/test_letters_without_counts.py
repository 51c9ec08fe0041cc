"""What is counted, listed or noticed beyond a ticket never keeps a letter from the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from installation import Installation
from similar_reports import report, reports
from sqlalchemy import Connection, insert, select, text, update

from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox import burst, similar
from wizard.outbox.burst import BurstWatch

BURSTS = select(Delivery.id).where(Delivery.kind == "burst")


def fail(connection: Connection, *_: object) -> None:
    """What a newer table or a lost index does to a statement: on PostgreSQL the whole transaction is at its end."""
    connection.execute(text("SELECT no_such_column FROM outbox"))


def test_a_count_that_fails_keeps_no_letter_and_every_retry_goes_without_too(
    make_either: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_either(BURST_TICKETS=4)
    numbers = reports(desk, 5)
    with monkeypatch.context() as patch:
        patch.setattr(similar, "_read_clients", fail)
        desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in desk.inbox] == [str(number) for number in numbers]
    assert "letters go without the number of similar reports" in caplog.text and "no_such_column" not in caplog.text
    with desk.app.app_context(), writing() as connection:
        again = update(Delivery).where(Delivery.ticket_number == numbers[-1], Delivery.kind == "desk")
        connection.execute(again.values(state="owed", due_at=datetime.now(UTC)))
    desk.run_worker()
    first, second = (
        letter.content for letter in desk.sink.received if f"X-Ticket-Number: {numbers[-1]}".encode() in letter.content
    )
    assert first == second


@pytest.mark.parametrize("details", [None, "[]", '{"since": "2026-11-28T12:00:00+00:00"}'])
def test_a_broken_row_of_a_burst_keeps_no_letter_and_no_other_burst(
    make_either: Callable[..., Installation], details: str | None
) -> None:
    desk = make_either(BURST_TICKETS=4)
    numbers = reports(desk, 5)
    other = report(desk, situation="q_unclear", details="Ещё")
    now = datetime.now(UTC)
    row = {"kind": "burst", "recipient": "support@desk.example", "occasion": "broken", "details": details, "rank": 0}
    with desk.app.app_context(), writing() as connection:
        connection.execute(insert(Delivery), {**row, "ticket_number": other, "due_at": now, "created_at": now})
    desk.run_worker()
    assert {letter["X-Ticket-Number"] for letter in desk.inbox} == {str(number) for number in [*numbers, other]}
    [(state, attempts)] = desk.query(select(Delivery.state, Delivery.attempts).where(Delivery.occasion == "broken"))
    assert (state, attempts) == ("owed", 1), "it is tried again later, like any letter that cannot be composed"
    assert len(desk.query(BURSTS)) == 2


@pytest.mark.parametrize("step", ["notice", "list_tickets", "ready"])
def test_a_step_of_a_burst_that_fails_keeps_no_letter(
    make_either: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk = make_either(BURST_TICKETS=4)
    monkeypatch.setattr(BurstWatch, step, lambda _self, connection, *_: fail(connection))
    numbers = reports(desk, 5)
    desk.run_worker()
    reached = [letter["X-Ticket-Number"] for letter in desk.inbox if letter["X-Ticket-Number"]]
    assert reached == [str(number) for number in numbers]
    assert "hour=4 " in str(desk.inbox[4]["X-Ticket-Similar"]), "what was counted stays"


def test_a_list_that_failed_is_made_at_the_next_try(
    make_either: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_either(BURST_TICKETS=4)
    reports(desk, 4)
    with monkeypatch.context() as patch:
        patch.setattr(burst, "_OWN_LETTERS", text("SELECT no_such_column FROM outbox WHERE 1 IN :numbers"))
        desk.run_worker()
    assert len(desk.inbox) == 4
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.kind == "burst").values(due_at=datetime.now(UTC)))
    desk.run_worker()
    assert "(обращений: 4)" in desk.inbox[-1]["Subject"]


def test_a_letter_of_an_unknown_kind_waits_for_a_newer_version_and_is_sent_as_no_other(
    make_either: Callable[..., Installation],
) -> None:
    desk = make_either()
    number = report(desk)
    with desk.app.app_context(), writing() as connection:
        own = select(Delivery.__table__).where(Delivery.kind == "desk")
        row = dict(connection.execute(own).mappings().one()) | {"kind": "of_2027"}
        del row["id"]
        connection.execute(insert(Delivery.__table__), row)
    desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in desk.inbox] == [str(number)]
    [(state, error)] = desk.query(select(Delivery.state, Delivery.last_error).where(Delivery.kind == "of_2027"))
    assert state == "owed" and error
