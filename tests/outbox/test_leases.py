"""Leases: one worker at a time holds a letter, until it is done or its lease ends; backoff, jitter, death."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from claims import claim_due
from installation import Installation
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from wizard.db.engine import db
from wizard.db.models import Delivery
from wizard.intake.accept import accept
from wizard.outbox import crashes, queue
from wizard.outbox.claim import Claim
from wizard.outbox.requeue import requeue
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

LEASE = timedelta(minutes=5)
DAY = timedelta(days=1)


@pytest.fixture
def queued(either_desk: Installation) -> Installation:
    """An installation whose outbox has forty letters that are due, on each database."""
    with either_desk.app.app_context():
        for n in range(20):
            answers = {"details": f"Сообщение {n}", "reg_email": f"client{n}@shop{n}.example"}
            report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)))
            accept(either_desk.container, report, f"key {n}")
    return either_desk


def claim_all(now: datetime) -> list[Claim]:
    """All letters that are due, each batch by a worker of its own."""
    claims: list[Claim] = []
    while batch := claim_due(now, 40):
        claims += batch
    return claims


def test_two_workers_never_hold_the_same_letter(queued: Installation) -> None:
    def claim_by_threes(_: int) -> list[int]:
        claimed: list[int] = []
        with queued.app.app_context():
            while claims := claim_due(datetime.now(UTC), 3):
                claimed += [claim.id for claim in claims]
        return claimed

    with ThreadPoolExecutor(8) as pool:
        held = Counter(letter for claimed in pool.map(claim_by_threes, range(8)) for letter in claimed)
    assert len(held) == 40
    assert set(held.values()) == {1}


def test_letters_to_the_desk_go_before_acknowledgements(queued: Installation) -> None:
    with queued.app.app_context():
        kinds = [[claim.kind for claim in claim_due(datetime.now(UTC), 40)] for _ in range(2)]
    assert kinds == [["desk"] * 20, ["acknowledgement"] * 20], "and never in one batch with them"


def test_a_claim_names_the_holder_and_the_end_of_the_lease(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        claims = claim_due(now, 3)
    assert len(claims) == 3
    assert {(claim.attempts, claim.follow_up) for claim in claims} == {(1, 0)}
    assert {claim.kind for claim in claims} == {"desk"}
    lease = select(Delivery.id, Delivery.lease_token, Delivery.lease_until).where(Delivery.state == "sending")
    assert sorted(queued.query(lease)) == sorted((claim.id, claim.token, now + LEASE) for claim in claims)


def test_a_letter_of_a_dead_worker_is_free_when_its_lease_ends(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        dead = claim_all(now)
        crashes.free_ended_leases(queued.container, now + LEASE - timedelta(seconds=1))
        assert claim_all(now + LEASE - timedelta(seconds=1)) == []
        crashes.free_ended_leases(queued.container, now + LEASE)
        again = claim_all(now + LEASE)
        assert {claim.id for claim in again} == {claim.id for claim in dead}
        assert {claim.attempts for claim in again} == {2}
        assert not queue.mark_sent(dead[0], now), "a worker that lost its lease must not speak for the letter"
        assert queue.mark_sent(again[0], now)
        crashes.free_ended_leases(queued.container, now + 10 * LEASE)
        long_after = claim_all(now + 10 * LEASE + crashes.PAUSE)
        assert len(long_after) == len(dead) - 1, "whoever looks long after the lease's end finds it free as well"


def test_a_released_letter_was_not_tried(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        queue.release(claim_due(now, 40))
        again = claim_due(now, 40)
        assert {claim.attempts for claim in again} == {1}
        for claim in again:
            queue.mark_failed(claim, queued.container, "451 later", now)
        later = now + timedelta(hours=1)
        queue.release(claim_due(later, 40))
        assert {claim.attempts for claim in claim_due(later, 40)} == {2}


def test_tries_come_later_and_later_and_end_at_the_configured_age(queued: Installation) -> None:
    now = datetime.now(UTC)
    waits: list[float] = []
    with queued.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(update(Delivery).where(Delivery.id != 1).values(state="sent"))
        while claims := claim_due(now, 1):
            is_dead = queue.mark_failed(claims[0], queued.container, "451 later", now)
            [(due, state)] = queued.query(select(Delivery.due_at, Delivery.state).where(Delivery.id == 1))
            if is_dead:
                break
            waits.append((due - now).total_seconds())
            now = due
    assert state == "dead"
    assert 60 <= waits[0] <= 300
    assert max(waits) <= 3600 * 1.25
    assert timedelta(days=4) < timedelta(seconds=sum(waits)) <= timedelta(days=5)


def test_the_same_letter_is_never_enqueued_twice(queued: Installation) -> None:
    with queued.app.app_context(), pytest.raises(IntegrityError), db.engine.begin() as connection:
        queue.enqueue_ticket(
            connection, queued.container, 100_001, "support@desk.example", None, datetime.now(UTC), fast_track=False
        )


def test_an_acknowledgement_is_given_up_after_a_day_and_a_letter_to_the_desk_is_not(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        claims = [replace(claim, attempts=99) for claim in claim_all(now)]
        dead = {claim.kind for claim in claims if queue.mark_failed(claim, queued.container, "451 later", now + DAY)}
        alive = {row.kind for row in queued.query(select(Delivery.kind).where(Delivery.state == "owed"))}
    assert (dead, alive) == ({"acknowledgement"}, {"desk"})


def test_of_what_a_server_says_at_length_the_beginning_is_kept(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        first, second = claim_due(now, 2)
        assert not queue.mark_failed(first, queued.container, "x" * 501, now)
        queue.mark_dead(second, queued.container, "y" * 501, now)
    errors = queued.query(select(Delivery.last_error).where(Delivery.id.in_([first.id, second.id])))
    assert sorted(row.last_error for row in errors) == ["x" * 500, "y" * 500]


def test_what_a_person_retries_is_the_dead_or_whatever_is_named(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        sent, dead, waiting, named = claim_due(now, 4)
        queue.mark_sent(sent, now)
        queue.mark_dead(dead, queued.container, "550 no such mailbox", now)
        for claim in (waiting, named):
            queue.mark_failed(claim, queued.container, "451 later", now)
        assert requeue([], now) == 1
        assert requeue([named.id, sent.id], now) == 1
        later = now + timedelta(seconds=1)
        assert {dead.id, named.id} <= {claim.id for claim in claim_due(later, 40)}
    assert queued.query(select(Delivery.state).where(Delivery.id.in_([sent.id, waiting.id]))) == [
        ("sent",),
        ("owed",),
    ]


def test_a_letter_whose_files_are_dropped_is_due_at_once_without_them(queued: Installation) -> None:
    now = datetime.now(UTC)
    with queued.app.app_context():
        [claim] = claim_due(now, 1)
        assert claim.with_files
        queue.drop_files(claim, now)
        [again] = [other for other in claim_due(now, 40) if other.id == claim.id]
    assert (again.id, again.with_files, again.attempts) == (claim.id, False, 2)


@pytest.mark.parametrize("attempts", range(1, 9))
def test_each_try_comes_twice_as_late_as_the_one_before_up_to_the_cap(desk: Installation, attempts: int) -> None:
    settings = desk.container.settings
    meant = timedelta(seconds=min(60 * 2 ** (attempts - 1), 3600))
    delays = [queue.retry_delay(attempts, settings) for _ in range(200)]
    assert meant <= min(delays) < 1.05 * meant
    assert 1.2 * meant < max(delays) <= 1.25 * meant


@pytest.mark.parametrize(
    ("kind", "values", "tries"),
    [
        # After 0, 1, 3, 7, 15, 31 and 63 minutes, and then every hour: in twelve hours, and in 144 minutes.
        ("desk", {}, 17),
        ("ticket.created", {}, 17),
        ("acknowledgement", {}, 8),
        ("desk", {"outbox_give_up_after": 1}, 3),
        ("desk", {"outbox_retry_first": 3600, "outbox_retry_cap": 60}, 721),
        ("desk", {"outbox_retry_first": 0.001, "outbox_retry_cap": 10**9}, 61),
    ],
)
def test_age_gives_up_nothing_that_was_not_tried_for_a_tenth_of_it(
    queued: Installation, kind: str, values: dict[str, float], tries: int
) -> None:
    container = replace(queued.container, settings=queued.container.settings.model_copy(update=values))
    now = datetime.now(UTC)
    with queued.app.app_context():
        first, second = (
            replace(claim, kind=kind, created_at=now - timedelta(days=365), attempts=tries - 1 + n)
            for n, claim in enumerate(claim_due(now, 2))
        )
        assert not queue.mark_failed(first, container, "451 later", now), "a clock that was a year behind dated it"
        assert queue.mark_failed(second, container, "451 later", now)


def test_after_twenty_doublings_a_delay_grows_no_more(desk: Installation) -> None:
    patient = desk.container.settings.model_copy(update={"outbox_retry_first": 0.001, "outbox_retry_cap": 10**9})
    for attempts in (21, 22, 5000):
        assert 0.001 * 2**20 <= queue.retry_delay(attempts, patient).total_seconds() <= 1.25 * 0.001 * 2**20
