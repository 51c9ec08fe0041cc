"""A worker that dies: what it held is free at once, tried one by one, and given up after three crashes of its own."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claims import claim_due, new_worker
from deadly_server import deadly_server
from endpoints import Endpoint
from installation import Installation
from smtp_servers import HostileServer
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from webhook_installation import SECRET, Shops, event_of
from worker_processes import Workers

from wizard.db.engine import SQLITE_WAIT, writing
from wizard.db.models import Delivery, Worker
from wizard.outbox import crashes, queue, worker
from wizard.outbox.leases import Leases
from wizard.outbox.queue import DESK_RANK
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.outbox.requeue import requeue
from wizard.outbox.smtp_client import SmtpClient
from wizard.outbox.webhook_events import WEBHOOK_RANK
from wizard.outbox.worker_lock import WorkerLock, locks_of_dead_workers

POISONED = str(Path(__file__).with_name("poisoned_worker.py"))
STATES = select(Delivery.state, func.count()).group_by(Delivery.state)
STANDING = select(Delivery.state, Delivery.is_suspect, Delivery.crashes, Delivery.attempts).order_by(Delivery.id)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Each database: the address of PostgreSQL, or nothing for SQLite."""
    return request.getfixturevalue("fresh_postgresql") if request.param == "postgresql" else ""


def on(database: str) -> dict[str, Any]:
    """The setting that names a database."""
    return {"SQLALCHEMY_DATABASE_URI": database} if database else {}


def test_a_letter_that_kills_every_worker_dies_after_three_of_its_own_and_the_others_go_out(
    make_desk: Callable[..., Installation], tmp_path: Path, database: str
) -> None:
    with Endpoint() as endpoint:
        webhook = {"url": endpoint.url, "secrets": [SECRET], "events": ["delivery.failed"]}
        sites = tmp_path / "sites.yaml"
        sites.write_text(json.dumps({"shop": {"webhook": webhook}}))
        desk = make_desk(SITES=str(sites), WEBHOOK_PRIVATE_ADDRESSES=True, **on(database))
        shop = Shops(desk.app, desk.sink)
        for count, name in ((10, "before"), (1, "poison"), (10, "after")):
            shop.report(count=count, name=name)
        # What is freed only when a lease ends is not freed here.
        workers = Workers(
            shop,
            shop.sink.port,
            database,
            OUTBOX_LEASE="300",
            SITES=str(sites),
            WEBHOOK_PRIVATE_ADDRESSES="true",
        )
        deaths = 0
        running = workers.start(POISONED)
        until = time.monotonic() + 180
        while not endpoint.calls:
            if running.poll() is not None:
                assert running.returncode == -6
                deaths += 1
                running = workers.start(POISONED)
            assert time.monotonic() < until, shop.query(STATES)
            time.sleep(0.05)
        running.terminate()
        assert running.wait(30) == 0
        [call] = endpoint.calls
    failure = event_of(call)["data"]
    assert failure["reason"] == "its worker died three times while sending it"
    assert deaths == 4, "the first time nobody knows which of the batch it was"
    assert sorted(shop.query(STATES)) == [("dead", 1), ("sent", 21)], "twenty letters and the event"
    # Another lane's letter may be at the server when the poison takes its worker with it.
    assert len({letter["Message-ID"] for letter in shop.inbox}) == 20
    assert len(shop.inbox) <= 20 + deaths
    letter = select(Delivery.ticket_number).where(Delivery.state == "dead")
    assert shop.query(letter) == [(failure["number"],)]


def test_what_a_killed_worker_held_is_sent_by_its_successor_at_once(
    make_desk: Callable[..., Installation], database: str
) -> None:
    with deadly_server() as server:
        desk = make_desk(**on(database))
        workers = Workers(desk, server.port, database, OUTBOX_LEASE="300")
        desk.enqueue(5, "killed")
        victim = workers.start()
        server.arm(victim.pid, "RCPT", countdown=2)
        assert victim.wait(30) == -9
        assert desk.query(select(func.count()).select_from(Worker)) == [(1,)]
        workers.finish(30)
        assert sorted(Counter(server.taken).values()) == [1] * 5
    assert {(row.is_suspect, row.crashes) for row in desk.query(STANDING)} == {(False, 0)}
    assert desk.query(select(Worker.name)) == []
    assert list((desk.container.settings.instance_path / "workers").iterdir()) == [], "both have left"


@pytest.fixture
def held(make_desk: Callable[..., Installation], database: str) -> Installation:
    """An installation with three letters, on each database, and a worker's app context."""
    desk = make_desk(**on(database))
    desk.enqueue(3, "held")
    return desk


def let_leases_end(desk: Installation, now: datetime) -> datetime:
    """Let all leases that were begun at ``now`` end. Returns the time after the pause that follows."""
    later = now + timedelta(seconds=desk.container.settings.outbox_lease)
    crashes.free_ended_leases(desk.container, later)
    return later + crashes.PAUSE


def test_after_a_crash_its_letters_are_claimed_one_by_one(held: Installation) -> None:
    now = datetime.now(UTC)
    with held.app.app_context():
        assert len(claim_due(now, 20)) == 3
        now = let_leases_end(held, now)
        process = new_worker()
        [first] = process.claim_to_desk(now)
        assert process.claim_to_desk(now) == [], "one of them at a time, or nobody knows which it was"
        assert len(new_worker().claim_to_desk(now)) == 1, "another process may try the next one"
        queue.mark_sent(first, now)
        process.end([first])
        assert len(process.claim_to_desk(now)) == 1


def test_no_suspect_of_another_sort_is_taken_while_one_waits_for_the_desk(held: Installation) -> None:
    now = datetime.now(UTC)
    soon, long_ago = now + timedelta(seconds=5), now - timedelta(minutes=2)
    ranks = {1: DESK_RANK, 2: ACKNOWLEDGEMENT_RANK, 3: WEBHOOK_RANK}
    with held.app.app_context():
        with writing() as connection:
            for place, rank in ranks.items():
                changed = update(Delivery).where(Delivery.id == place)
                due_at = soon if rank == DESK_RANK else long_ago
                connection.execute(changed.values(rank=rank, is_suspect=True, due_at=due_at))
        process = new_worker()
        assert process.claim_webhook(now) == process.claim_letters(now) == [], "its pause is soon over"
        [letter] = process.claim_letters(soon)
        assert letter.id == 1
        assert process.claim_webhook(soon) == [], "of two that are under way in a crash, nobody knows which it was"
        queue.mark_sent(letter, soon)
        process.end([letter])
        [webhook] = process.claim_webhook(soon)
        queue.release([webhook])
        process.end([webhook])
        with writing() as connection:
            stuck = {"state": "owed", "is_suspect": True, "due_at": long_ago}
            connection.execute(update(Delivery).where(Delivery.id == 1).values(**stuck))
        assert [claim.id for claim in process.claim_webhook(now)] == [3], "one that cannot go holds up nobody for long"


def test_only_crashes_one_after_another_count(held: Installation) -> None:
    now = datetime.now(UTC)
    with held.app.app_context():
        claim_due(now, 20)
        for _ in range(2):
            now = let_leases_end(held, now)
            for _ in range(3):
                claim_due(now, 20)
        now = let_leases_end(held, now)
        assert {(row.state, row.crashes) for row in held.query(STANDING)} == {("owed", 2)}
        sent, failed, released = [claim_due(now, 20)[0] for _ in range(3)]
        queue.mark_sent(sent, now)
        queue.mark_failed(failed, held.container, "450 later", now)
        queue.release([released])
        assert [tuple(row) for row in held.query(STANDING)] == [
            ("sent", False, 0, 4),
            ("owed", False, 0, 4),
            ("owed", True, 2, 3),
        ], "what was given back was not tried"
        claim_due(now, 20)
        let_leases_end(held, now)
        assert [(row.state, row.crashes) for row in held.query(STANDING)][2] == ("dead", 3)
        requeue([], now)
        assert [(row.state, row.crashes) for row in held.query(STANDING)][2] == ("owed", 0)


def test_the_lock_of_a_worker_ends_with_the_worker_and_not_with_a_process_that_it_forked(tmp_path: Path) -> None:
    lock = WorkerLock(tmp_path / "workers", "0123456789ab")
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        theirs.send(b"born")
        theirs.recv(1)
        os._exit(0)
    theirs.close()
    assert ours.recv(4) == b"born"
    with locks_of_dead_workers(tmp_path / "workers") as names:
        assert names == []
    lock.forget()
    with locks_of_dead_workers(tmp_path / "workers") as names:
        assert names == ["0123456789ab"]
    assert list((tmp_path / "workers").iterdir()) == []
    ours.close()
    assert os.waitpid(child, 0)[1] == 0, "it was there all the while"


def test_the_dead_stay_known_until_what_they_held_is_free(desk: Installation) -> None:
    folder = desk.container.settings.instance_path / "workers"
    folder.mkdir()
    (folder / "0123456789ab").touch()
    with pytest.raises(OSError, match="away"), locks_of_dead_workers(folder):
        raise OSError("the database is away")
    assert (folder / "0123456789ab").exists()
    desk.run_worker()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("is_away_at_the_end", [False, True])
def test_what_a_worker_could_not_give_back_at_its_stop_is_sent_by_the_next_one_at_once(
    held: Installation, monkeypatch: pytest.MonkeyPatch, is_away_at_the_end: bool
) -> None:
    stop = threading.Event()

    def find_it_away(*_: object) -> None:
        stop.set()
        raise OperationalError("UPDATE", {}, OSError("the database is away"))

    with monkeypatch.context() as away:
        away.setattr(SmtpClient, "deliver", lambda *_: stop.set())
        away.setattr(queue, "release", find_it_away)
        if is_away_at_the_end:
            away.setattr(Leases, "has_any", find_it_away)
        worker.run(held.app, stop, until_idle=True)
    assert sorted(row.state for row in held.query(STANDING)) == ["sending", "sending", "sent"]
    held.run_worker()
    assert {row.state for row in held.query(STANDING)} == {"sent"}
    assert list((held.container.settings.instance_path / "workers").iterdir()) == []


def test_a_database_away_while_a_batch_is_given_back_does_not_cost_the_batch_its_lease(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    release, calls = queue.release, []
    with HostileServer("mail_421") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.enqueue(5, "batch")
        database = desk.container.settings.instance_path / "zayavka.db"
        with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:

            def locked_at_first(*arguments: Any) -> None:
                calls.append(arguments)
                if len(calls) == 1:
                    other.execute("BEGIN IMMEDIATE")
                    threading.Timer(SQLITE_WAIT + 1, other.execute, ["ROLLBACK"]).start()
                release(*arguments)

            monkeypatch.setattr(queue, "release", locked_at_first)
            desk.run_worker()
    assert len(calls) == 2
    assert [(row.state, row.attempts) for row in desk.query(STANDING)] == [("owed", 1)] + [("owed", 0)] * 4
