"""``/readyz``: a report can be accepted now, and red for each thing that prevents it; each is made to happen."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from installation import Installation
from sqlalchemy import NullPool, create_engine, make_url, select, text

from wizard.db import engine, sqlite_file
from wizard.db.engine import db
from wizard.db.models import Installation as InstallationRow
from wizard.db.models import Ticket
from wizard.db.sqlite_file import PageCheck, look_through
from wizard.intake.accept import Unavailable
from wizard.web import readiness

TICKETS = select(Ticket.number)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out anew at every call."""
    monkeypatch.setattr(readiness, "INTERVAL", 0.0)


def ask(app: Flask) -> list[str]:
    """The faults of an app; none is answered with 200, any with 503."""
    answer = app.test_client().get("/readyz")
    body: dict[str, Any] = answer.get_json()
    assert (answer.status_code, body["status"]) == ((503, "red") if body["faults"] else (200, "ok"))
    assert answer.headers["Cache-Control"] == "no-store"
    return body["faults"]


def wait_for(app: Flask, faults: list[str], seconds: float = 30) -> None:
    """Ask until these are the faults."""
    until = time.monotonic() + seconds
    while (last := ask(app)) != faults:
        assert time.monotonic() < until, last
        time.sleep(0.1)


def file_of(app: Flask) -> Path:
    """The database of an app."""
    return Path(app.instance_path) / "zayavka.db"


def checkpoint(app: Flask) -> None:
    """Bring the log's pages into the file."""
    with closing(sqlite3.connect(file_of(app))) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_ready_means_that_a_commit_has_happened(
    make_app: Callable[..., Flask], database: str, request: pytest.FixtureRequest
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    app = make_app(**where)
    begun = datetime.now(UTC)
    assert ask(app) == []
    with app.app_context(), db.engine.connect() as connection:
        probed_at = connection.execute(select(InstallationRow.probed_at)).scalar_one()
    assert begun <= probed_at <= datetime.now(UTC)


def test_whoever_asks_often_costs_one_commit_a_second(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "INTERVAL", 1000.0)
    app = make_app()
    assert ask(app) == []
    with closing(sqlite3.connect(file_of(app))) as database:
        before = database.execute("PRAGMA data_version").fetchone()
        for _ in range(50):
            assert ask(app) == []
        assert database.execute("PRAGMA data_version").fetchone() == before


def test_while_one_thread_waits_for_the_database_the_others_have_an_answer(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(desk.app) == []
    with closing(sqlite3.connect(file_of(desk.app), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=ask, args=[desk.app])
        waiting.start()
        time.sleep(0.5)
        begun = time.monotonic()
        assert ask(desk.app) == []
        assert time.monotonic() - begun < 5, "SQLite's writers wait for ten seconds"
        monkeypatch.setattr(readiness, "STUCK", 0.0)
        assert ask(desk.app) == ["database_away"]
        other.execute("ROLLBACK")
        waiting.join()
    assert ask(desk.app) == []


def test_refused_writes_turn_it_red_though_reading_and_rolling_back_succeed(desk: Installation) -> None:
    assert ask(desk.app) == []
    with closing(sqlite3.connect(file_of(desk.app))) as database:
        database.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON installation BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        )
    assert ask(desk.app) == ["database_refuses_writes"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.getuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder]).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def take_all(filler: Path) -> None:
    """Write until nothing more can be written."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as full:
            assert full.errno == errno.ENOSPC


def test_a_full_disk_turns_it_red_and_room_green(small_disk: Path, make_desk: Callable[..., Installation]) -> None:
    file = small_disk / "zayavka.db"
    uri = f"sqlite:///{file}"
    template = make_desk()
    checkpoint(template.app)
    shutil.copy(file_of(template.app), file)
    # No reserve: the last byte is taken, and what turns it red is the commit.
    desk = make_desk(SQLALCHEMY_DATABASE_URI=uri, DISK_RESERVE_BYTES=0)
    desk.send("site_down")
    assert ask(desk.app) == []
    filler = small_disk / "filler"
    take_all(filler)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    wait_for(desk.app, ["database_refuses_writes"])
    refused = desk.filled("site_down", details="Второе сообщение").submit("send")
    assert refused.status == 503
    filler.unlink()
    wait_for(desk.app, [])
    desk.send("site_down", details="Третье сообщение")


def test_less_room_than_the_reserve_turns_it_red(small_disk: Path, make_app: Callable[..., Flask]) -> None:
    template = make_app()
    shutil.copy(file_of(template), small_disk / "zayavka.db")
    uri = f"sqlite:///{small_disk}/zayavka.db"
    assert ask(make_app(SQLALCHEMY_DATABASE_URI=uri, DISK_RESERVE_BYTES=2**20)) == []
    assert ask(make_app(SQLALCHEMY_DATABASE_URI=uri, DISK_RESERVE_BYTES=5 * 2**20)) == ["disk_full"]


def test_the_disk_of_the_files_counts_too(
    small_disk: Path, make_app: Callable[..., Flask], fresh_postgresql: str
) -> None:
    def make(reserve: int) -> Flask:
        app = make_app(SQLALCHEMY_DATABASE_URI=fresh_postgresql, DISK_RESERVE_BYTES=reserve)
        app.extensions["zayavka"].store._folder = small_disk / "files"
        return app

    assert ask(make(2**20)) == []
    assert ask(make(5 * 2**20)) == ["disk_full"]


def test_a_removed_database_turns_it_red_takes_no_report_and_is_not_made_anew(desk: Installation) -> None:
    desk.send("site_down")
    file = file_of(desk.app)
    moved = file.rename(file.with_name("elsewhere.db"))
    assert ask(desk.app) == ["database_file_replaced"]
    refused = desk.filled("site_down", details="Второе сообщение").submit("send")
    assert refused.status == 503
    with desk.app.app_context():
        db.engine.dispose()
    assert ask(desk.app) == ["database_file_replaced"]
    assert not file.exists()
    moved.rename(file)
    assert ask(desk.app) == []
    desk.send("site_down", details="Третье сообщение")
    assert desk.query(TICKETS) == [(100_001,), (100_002,)]


def test_a_replaced_database_turns_it_red_and_takes_no_report(desk: Installation, empty_database: Path) -> None:
    desk.send("site_down")
    file = file_of(desk.app)
    shutil.copy(empty_database, file.with_name("restored.db"))
    file.with_name("restored.db").replace(file)
    for rest in ("-wal", "-shm"):
        file.with_name(f"zayavka.db{rest}").unlink()
    assert ask(desk.app) == ["database_file_replaced"]
    with pytest.raises(Unavailable):
        desk.enqueue(1, "Второе сообщение")
    with closing(sqlite3.connect(file)) as restored:
        assert restored.execute("SELECT count(*) FROM tickets").fetchone() == (0,)


def damage_page(file: Path, name: str) -> None:
    """Overwrite a page in the middle of a table or an index: none that acceptance or the probe reads."""
    with closing(sqlite3.connect(file)) as database:
        leaves = database.execute(
            "SELECT pageno, pgsize FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", [name]
        ).fetchall()
    page, size = leaves[len(leaves) // 2]
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\x5a" * size)


@pytest.mark.parametrize("name", ["outbox", "ix_outbox_due", "tickets"])
def test_a_damaged_page_turns_it_red(desk: Installation, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "CHECK_EVERY", 1.0)
    desk.enqueue(100, "Сообщение")
    assert ask(desk.app) == []
    checkpoint(desk.app)
    damage_page(file_of(desk.app), name)
    wait_for(desk.app, ["database_damaged"])


def test_damage_that_work_meets_turns_it_red_at_once(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "CHECK_EVERY", 1000.0)
    desk.enqueue(100, "Сообщение")
    assert ask(desk.app) == []
    checkpoint(desk.app)
    damage_page(file_of(desk.app), "outbox")
    with desk.app.app_context():
        db.engine.dispose()
    assert ask(desk.app) == []
    desk.run_worker()
    assert ask(desk.app) == ["database_damaged"]


def test_a_look_through_the_pages_ends_in_time(desk: Installation) -> None:
    desk.enqueue(50, "Сообщение")
    assert look_through(str(file_of(desk.app)), 10).damage is None
    checkpoint(desk.app)
    damage_page(file_of(desk.app), "outbox")
    assert look_through(str(file_of(desk.app)), 10).damage
    assert look_through(str(file_of(desk.app)), 0).damage is None, "nothing is found in no time"


def test_short_looks_come_to_the_last_table_and_what_they_found_stays_known(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"CHECK_EVERY": 0.0, "CHECK_SHARE": 0, "CHECK_LONGEST": 1e-4}.items():
        monkeypatch.setattr(sqlite_file, name, value)
    desk.enqueue(50, "Сообщение")
    checkpoint(desk.app)
    damage_page(file_of(desk.app), "tickets")
    looks = []

    def look(*arguments: Any) -> sqlite_file.Look:
        looks.append(look_through(*arguments))
        return looks[-1]

    monkeypatch.setattr(sqlite_file, "look_through", look)
    with desk.app.app_context():
        check = PageCheck(str(file_of(desk.app)), db.engine.dialect)
    until = time.monotonic() + 30
    while not check.damage():
        assert time.monotonic() < until
        time.sleep(0.001)
    assert {look.unfinished for look in looks} - {None} and looks[-1].damage
    for former, look_after in pairwise(looks):
        assert look_after.first in (former.unfinished, former.unfinished or "outbox")
    monkeypatch.setattr(sqlite_file, "CHECK_LONGEST", 0.0)
    while looks[-1].damage:
        assert check.damage() and time.monotonic() < until
        time.sleep(0.001)
    time.sleep(0.1)
    assert check.damage(), "a look without time has found nothing"


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """A PostgreSQL that takes connections and says nothing, until it is closed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server


def uri_of(server: socket.socket) -> str:
    """The address of a server."""
    return f"postgresql+psycopg://nobody@127.0.0.1:{server.getsockname()[1]}/nothing"


def test_a_database_that_says_nothing_is_given_up(
    make_app: Callable[..., Flask], silent_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CONNECT_TIMEOUT", 2)
    begun = time.monotonic()
    assert ask(make_app(SQLALCHEMY_DATABASE_URI=uri_of(silent_server))) == ["database_away"]
    assert time.monotonic() - begun < 60


def test_a_first_check_that_hangs_holds_up_no_other_thread(
    make_app: Callable[..., Flask], silent_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "STUCK", 0.5)
    app = make_app(SQLALCHEMY_DATABASE_URI=f"{uri_of(silent_server)}?connect_timeout=60")
    hanging = threading.Thread(target=ask, args=[app])
    hanging.start()
    time.sleep(0.1)
    for address in ("/readyz", "/readyz?mail", "/readyz"):
        assert app.test_client().get(address).json["faults"] == ["database_away"]
    assert hanging.is_alive(), "the first check should hang still"
    silent_server.close()
    hanging.join()


@pytest.fixture
def away(fresh_postgresql: str) -> Callable[[str], None]:
    """Run statements on the server that has the database, from another one of its databases."""
    engine = create_engine(
        make_url(fresh_postgresql).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    name = make_url(fresh_postgresql).database

    def run(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement.replace("NAME", str(name))))

    return run


END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'NAME'"


def test_postgresql_away_turns_it_red_and_back(
    make_app: Callable[..., Flask], fresh_postgresql: str, away: Callable[[str], None]
) -> None:
    app = make_app(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    assert ask(app) == []
    away("ALTER DATABASE NAME WITH ALLOW_CONNECTIONS false")
    away(END_SESSIONS)
    wait_for(app, ["database_away"])
    away("ALTER DATABASE NAME WITH ALLOW_CONNECTIONS true")
    wait_for(app, [])


def test_postgresql_that_only_reads_turns_it_red(
    make_app: Callable[..., Flask], fresh_postgresql: str, away: Callable[[str], None]
) -> None:
    app = make_app(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    assert ask(app) == []
    away("ALTER DATABASE NAME SET default_transaction_read_only = on")
    away(END_SESSIONS)
    wait_for(app, ["database_refuses_writes"])
    away("ALTER DATABASE NAME RESET default_transaction_read_only")
    away(END_SESSIONS)
    wait_for(app, [])
