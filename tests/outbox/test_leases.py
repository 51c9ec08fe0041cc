"""Who holds a letter: one worker at a time, until it is done or its lease ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from wizard.db.engine import db
from wizard.db.models import Delivery
from wizard.intake.accept import accept
from wizard.outbox import queue
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

LEASE = timedelta(minutes=5)


@pytest.fixture(params=["sqlite", "postgresql"])
def owing(make_desk: Callable[..., Installation], request: pytest.FixtureRequest) -> Installation:
    """An installation that owes forty letters, on each database."""
    where = {}
    if request.param == "postgresql":
        where = {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    with desk.app.app_context():
        for n in range(20):
            answers = {"details": f"Сообщение {n}", "reg_email": f"client{n}@shop{n}.example"}
            report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)))
            accept(desk.service, report, f"key {n}")
    return desk


def test_two_workers_never_hold_the_same_letter(owing: Installation) -> None:
    def claim_all(_: int) -> list[int]:
        claimed: list[int] = []
        with owing.app.app_context():
            while claims := queue.claim_due(datetime.now(UTC), LEASE, 3):
                claimed += [claim.id for claim in claims]
        return claimed

    with ThreadPoolExecutor(8) as pool:
        held = Counter(letter for claimed in pool.map(claim_all, range(8)) for letter in claimed)
    assert len(held) == 40
    assert set(held.values()) == {1}


def test_letters_to_the_desk_go_before_acknowledgements(owing: Installation) -> None:
    with owing.app.app_context():
        kinds = [claim.kind for claim in queue.claim_due(datetime.now(UTC), LEASE, 40)]
    assert kinds == ["desk"] * 20 + ["acknowledgement"] * 20


def test_a_letter_of_a_dead_worker_is_free_when_its_lease_ends(owing: Installation) -> None:
    now = datetime.now(UTC)
    with owing.app.app_context():
        dead = queue.claim_due(now, LEASE, 40)
        assert queue.claim_due(now + LEASE - timedelta(seconds=1), LEASE, 40) == []
        again = queue.claim_due(now + LEASE + timedelta(seconds=1), LEASE, 40)
        assert {claim.id for claim in again} == {claim.id for claim in dead}
        assert {claim.attempts for claim in again} == {2}
        assert not queue.mark_sent(dead[0], now), "a worker that lost its lease must not speak for the letter"
        assert queue.mark_sent(again[0], now)


def test_a_letter_given_back_was_not_tried(owing: Installation) -> None:
    now = datetime.now(UTC)
    with owing.app.app_context():
        queue.release(queue.claim_due(now, LEASE, 40))
        again = queue.claim_due(now, LEASE, 40)
        assert {claim.attempts for claim in again} == {1}
        for claim in again:
            queue.mark_failed(claim, owing.service, "451 later", now)
        later = now + timedelta(hours=1)
        queue.release(queue.claim_due(later, LEASE, 40))
        assert {claim.attempts for claim in queue.claim_due(later, LEASE, 40)} == {2}


def test_tries_come_later_and_later_and_end_at_the_configured_age(owing: Installation) -> None:
    now = datetime.now(UTC)
    waits: list[float] = []
    with owing.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(update(Delivery).where(Delivery.id != 1).values(state="sent"))
        while claims := queue.claim_due(now, LEASE, 1):
            is_dead = queue.mark_failed(claims[0], owing.service, "451 later", now)
            [(due, state)] = owing.query(select(Delivery.due_at, Delivery.state).where(Delivery.id == 1))
            if is_dead:
                break
            waits.append((due - now).total_seconds())
            now = due
    assert state == "dead"
    assert 60 <= waits[0] <= 300
    assert max(waits) <= 3600 * 1.25
    assert timedelta(days=4) < timedelta(seconds=sum(waits)) <= timedelta(days=5)


def test_the_same_letter_is_never_owed_twice(owing: Installation) -> None:
    with owing.app.app_context(), pytest.raises(IntegrityError), db.engine.begin() as connection:
        queue.enqueue_ticket(connection, owing.service, 100_001, "support@desk.example", None, datetime.now(UTC))
