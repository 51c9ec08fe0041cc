"""What tells similar reports is erased with a ticket's words, and so is what a burst letter says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import Result
from installation import Installation
from letters_under_test import plain_of
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket
from wizard.mailbox import maildir

Run = Callable[..., Result]
NAMES = ("irina", "oleg", "anna", "boris")


@pytest.fixture
def burst_desk(make_desk: Callable[..., Installation]) -> Installation:
    """Four tickets of a burst; their own letters went out, and the letter of the burst."""
    desk = make_desk(BURST_TICKETS=4)
    for name in NAMES:
        answers = desk.example_answers("pricing_supplier", contact_name=name, reg_email=f"{name}@detal36.example")
        body = {"situation": "pricing_supplier", "language": "ru", "answers": answers}
        assert desk.app.test_client().post("/api/v1/tickets", json=body).status_code == 201
    desk.run_worker()
    return desk


def owe_burst_again(desk: Installation) -> None:
    """Let the letter of the burst have failed at its first try."""
    with desk.app.app_context(), writing() as connection:
        again = update(Delivery).where(Delivery.kind == "burst").values(state="owed", due_at=datetime.now(UTC))
        connection.execute(again)
    desk.sink.received.clear()


def test_an_erased_ticket_has_no_keys_and_its_letter_no_counts(burst_desk: Installation, run: Run) -> None:
    keys = select(Ticket.similar_key, Ticket.client_key).order_by(Ticket.number)
    before = burst_desk.query(keys)
    assert all(similar and client for similar, client in before)
    assert len({similar for similar, _ in before}) == 1 and len({client for _, client in before}) == 4
    assert run(burst_desk, "privacy", "erase", 100_002, "--yes").exit_code == 0
    after = burst_desk.query(keys)
    assert after[1] == (None, None) and [after[0], *after[2:]] == [before[0], *before[2:]]
    details = select(Delivery.details).where(Delivery.ticket_number == 100_002)
    assert {row.details for row in burst_desk.query(details)} == {None}


def test_an_erased_ticket_is_not_in_a_burst_letter_that_is_still_to_go(burst_desk: Installation, run: Run) -> None:
    owe_burst_again(burst_desk)
    assert run(burst_desk, "privacy", "erase", 100_002, "--yes").exit_code == 0
    burst_desk.run_worker()
    [burst] = burst_desk.inbox
    assert "oleg" not in plain_of(burst) and "100002" not in plain_of(burst) and "anna" in plain_of(burst)
    details = select(Delivery.details).where(Delivery.kind == "burst")
    [(stored,)] = burst_desk.query(details)
    settled = {"at", "since", "until", "pause", "numbers", "count", "first", "shared"}
    assert set(json.loads(stored)) == settled, "numbers, and no words"


def test_one_that_belongs_to_the_erased_ticket_is_cancelled(burst_desk: Installation, run: Run) -> None:
    owe_burst_again(burst_desk)
    assert run(burst_desk, "privacy", "erase", 100_004, "--yes").exit_code == 0
    assert burst_desk.query(select(Delivery.id).where(Delivery.kind == "burst")) == []


def test_a_burst_letter_in_the_local_mailbox_goes_with_any_of_its_tickets(burst_desk: Installation, run: Run) -> None:
    mailbox = burst_desk.container.settings.instance_path / "mailbox"
    maildir.prepare(mailbox)
    for letter in burst_desk.sink.received:
        maildir.deliver(mailbox, letter.content)
    assert any(b"X-Burst-Tickets" in entry.read() for entry in maildir.entries(mailbox))
    assert run(burst_desk, "privacy", "erase", 100_003, "--yes").exit_code == 0
    left = [entry.read() for entry in maildir.entries(mailbox)]
    assert left and not any(b"X-Burst-Tickets" in letter for letter in left)
