"""Numbers count up from 100001 and are never given twice, on both databases and under load."""

from __future__ import annotations

import multiprocessing
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from sqlalchemy import delete, event, func, select, text

from app import create_app
from wizard.db.engine import db
from wizard.db.models import Ticket
from wizard.intake.accept import accept
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report


def report(words: str) -> Report:
    """A report of its own content."""
    answers = {"reach": "everyone", "details": words, "reg_name": "Detal 36"}
    return Report("site_down", "ru", "", answers, Evidence(time=datetime.now(UTC)))


def accept_many(instance: str, who: int, count: int) -> list[int]:
    """Accept reports in a process of its own; their numbers."""
    app = create_app({"INSTANCE_PATH": instance, "SECRET_KEY": "a key of the tests"})
    with app.app_context():
        container = app.extensions["zayavka"]
        return [accept(container, report(f"{who} {n}"), f"key {who} {n}").number for n in range(count)]


def test_eight_processes_on_one_sqlite_file_never_share_a_number(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk()
    instance = str(desk.container.settings.instance_path)
    context = multiprocessing.get_context("spawn")
    with context.Pool(8, initializer=_find_modules, initargs=(list(sys.path),)) as pool:
        numbers = [*chain.from_iterable(pool.starmap(accept_many, [(instance, who, 50) for who in range(8)]))]
    assert sorted(numbers) == list(range(100_001, 100_401))


def _find_modules(path: list[str]) -> None:
    sys.path[:] = path


def test_thirty_two_threads_on_postgresql_never_share_a_number(
    make_desk: Callable[..., Installation], fresh_postgresql: str
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)

    def number_of(n: int) -> int:
        with desk.app.app_context():
            return accept(desk.container, report(str(n)), f"key {n}").number

    with ThreadPoolExecutor(32) as pool:
        numbers = list(pool.map(number_of, range(400)))
    assert len(set(numbers)) == 400
    assert min(numbers) == 100_001


def test_a_number_is_not_given_again_after_its_ticket_was_deleted(desk: Installation) -> None:
    with desk.app.app_context():
        first = accept(desk.container, report("one"), "key one").number
        with db.engine.begin() as connection:
            connection.execute(delete(Ticket).where(Ticket.number == first))
        assert accept(desk.container, report("two"), "key two").number == first + 1


def test_sqlite_commits_reach_the_disk_and_writers_wait_for_one_another(desk: Installation) -> None:
    with desk.app.app_context(), db.engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_a_full_disk_gives_no_number_and_keeps_the_words_on_the_page(desk: Installation) -> None:
    check = desk.filled("site_down", details="Белая страница с утра. " * 150)
    with desk.app.app_context():
        make_full = _grow_no_more()
        refused = check.submit("send")
        event.remove(db.engine, "connect", make_full)
        db.engine.dispose()
    assert refused.status == 503
    assert refused.response.headers["Retry-After"]
    assert "Белая страница с утра" in refused.text
    assert desk.container.settings.support_inbox in refused.text
    assert desk.query(select(Ticket.number)) == []
    sent = refused.submit("send")
    assert sent.status == 200
    assert "[##100001##]" in sent.text


def _grow_no_more() -> Callable[..., None]:
    """Let the database file grow no further: SQLite then answers as on a full disk (SQLITE_FULL)."""

    def make_full(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # never below what is in use

    db.engine.dispose()
    event.listen(db.engine, "connect", make_full)
    return make_full


def test_a_long_reader_and_a_backup_stop_no_report(desk: Installation, tmp_path: Path) -> None:
    database = desk.container.settings.instance_path / "zayavka.db"
    with closing(sqlite3.connect(database)) as reader, closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchone()
        with desk.app.app_context():
            for n in range(20):
                accept(desk.container, report(str(n)), f"key {n}")
                if n == 10:
                    reader.backup(backup)
        assert reader.execute("SELECT count(*) FROM tickets").fetchone() == (0,), "the reader sees its own moment"
        assert backup.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert desk.query(select(func.count()).select_from(Ticket)) == [(20,)]


@pytest.mark.torture
def test_twenty_thousand_numbers_from_eight_processes_are_all_different(make_desk: Callable[..., Installation]) -> None:
    instance = str(make_desk().container.settings.instance_path)
    context = multiprocessing.get_context("spawn")
    with context.Pool(8, initializer=_find_modules, initargs=(list(sys.path),)) as pool:
        numbers = [*chain.from_iterable(pool.starmap(accept_many, [(instance, who, 2500) for who in range(8)]))]
    assert sorted(numbers) == list(range(100_001, 120_001))
