"""A backup is whole or none: made while reports come in, refused when a byte is wrong, never put over what is there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from click.testing import Result
from installation import Installation
from sqlalchemy import create_engine, func, insert, make_url, select

from wizard.backup.manifest import read_manifest, write_manifest
from wizard.db.engine import db, writing
from wizard.db.models import PendingUpload, Ticket, TicketAttachment
from wizard.files.storage import FileStore
from wizard.intake import retention
from wizard.intake.accept import accept
from wizard.intake.uploads import Incoming, receive
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

NewDesk = Callable[..., Installation]
Run = Callable[..., Result]

TICKETS = select(func.count()).select_from(Ticket)


def accept_with_file(desk: Installation, name: str) -> None:
    """Accept a report with a file of its own."""
    with desk.app.app_context():
        content = io.BytesIO(f"the log of {name}\n".encode() * 500)
        file = receive(desk.container, Incoming(f"{name}.txt", content), ("txt",), "203.0.113.25")
        answers = {"details": f"words of {name}", "reg_name": "Detal 36"}
        report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)), (file,))
        accept(desk.container, report, name)


def one_line(done: Result) -> str:
    """What a command that failed says."""
    assert done.exit_code != 0, done.output
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
    return done.output


def is_untouched(desk: Installation) -> bool:
    """Whether nothing was restored into it."""
    folder = desk.container.settings.files_folder
    return desk.query(TICKETS) == [(0,)] and not any(folder.rglob("*")) and not any(folder.parent.glob("secret_key*"))


def test_a_backup_made_while_reports_come_in_has_every_file_of_every_ticket_in_it(
    new_desk: NewDesk, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    stop, accepted = threading.Event(), []

    def client(who: int) -> None:
        for n in count():
            if stop.is_set():
                return
            accept_with_file(old, f"client {who} report {n}")
            accepted.append(who)

    def wait_for_more() -> None:
        """Wait until every client has had another report accepted."""
        before, until = len(accepted), time.monotonic() + 60
        while set(accepted[before:]) != set(range(4)):
            assert time.monotonic() < until, "no reports come in"
            stop.wait(0.01)

    all_keys = FileStore.all_keys

    def list_slowly(store: FileStore) -> list[str]:
        keys = list(all_keys(store))
        wait_for_more()
        return keys

    monkeypatch.setattr(FileStore, "all_keys", list_slowly)
    threads = [threading.Thread(target=client, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_for_more()
        done = old.app.test_cli_runner().invoke(args=["backup", str(tmp_path / "backup")])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert done.exit_code == 0, done.output
    assert "lost" not in done.output
    monkeypatch.setattr(FileStore, "all_keys", all_keys)
    assert run(new, "restore", tmp_path / "backup").exit_code == 0
    files = new.query(select(TicketAttachment.storage_key, TicketAttachment.sha256))
    assert [(len(files),)] == new.query(TICKETS)
    assert 4 <= len(files) <= len(accepted) - 4, "reports came in while it was made"
    store = new.container.store
    assert [key for key, sha256 in files if hashlib.sha256(store.read(key)).hexdigest() != sha256] == []


def test_a_command_that_makes_a_backup_says_what_the_storage_has_lost(
    desk: Installation, run: Run, tmp_path: Path
) -> None:
    accept_with_file(desk, "lost")
    [(key,)] = desk.query(select(TicketAttachment.storage_key))
    desk.container.store.path(key).unlink()
    done = run(desk, "backup", tmp_path / "backup")
    assert done.exit_code == 0
    assert f"The storage has lost 1 files of tickets; the backup lacks them too. The first: {key}" in done.output


@pytest.fixture
def backup(desk: Installation, run: Run, tmp_path: Path) -> Path:
    """A backup of two tickets with a file each."""
    for name in ("one", "two"):
        accept_with_file(desk, name)
    assert run(desk, "backup", tmp_path / "backup").exit_code == 0
    return tmp_path / "backup"


@pytest.mark.parametrize("name", ["database.sqlite", "secret_key", "manifest.json", "files/*/*"])
@pytest.mark.parametrize("damage", ["a byte is another", "cut short", "missing"])
def test_a_damaged_backup_is_refused_and_the_target_stays_as_it_was(
    make_desk: NewDesk, run: Run, backup: Path, name: str, damage: str
) -> None:
    path = sorted(backup.glob(name))[-1]
    content = path.read_bytes()
    middle = len(content) // 2
    if damage == "missing":
        path.unlink()
    else:
        flipped = bytes([content[middle] ^ 1])
        path.write_bytes(content[:middle] + (flipped + content[middle + 1 :] if damage == "a byte is another" else b""))
    new = make_desk()
    said = one_line(run(new, "restore", backup))
    assert "damaged" in said or (name, damage) == ("manifest.json", "missing")
    assert is_untouched(new)


def test_every_byte_of_the_manifest_counts(make_desk: NewDesk, run: Run, backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["last_number"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    assert "manifest.json is not what was written" in one_line(run(make_desk(), "restore", backup))


def test_a_backup_of_a_newer_program_is_refused(make_desk: NewDesk, run: Run, backup: Path) -> None:
    manifest = replace(read_manifest(backup), revision="9999")
    write_manifest(backup, manifest)
    new = make_desk()
    assert "newer" in one_line(run(new, "restore", backup))
    assert is_untouched(new)
    write_manifest(backup, replace(manifest, format=2))
    assert "format 2" in one_line(run(new, "restore", backup))


@pytest.mark.parametrize("name", ["more.txt", "files/00/more", "files/link"])
def test_a_file_that_the_manifest_does_not_name_is_refused(
    make_desk: NewDesk, run: Run, backup: Path, name: str
) -> None:
    path = backup / name
    path.parent.mkdir(exist_ok=True)
    if name == "files/link":
        path.symlink_to("/etc")
    else:
        path.write_text("more")
    new = make_desk()
    assert f"{name} does not belong to it" in one_line(run(new, "restore", backup))
    assert is_untouched(new)


def test_a_target_that_holds_anything_is_refused(
    desk: Installation, make_desk: NewDesk, run: Run, backup: Path
) -> None:
    assert "holds files" in one_line(run(desk, "restore", backup))
    tickets = make_desk()
    tickets.enqueue(1, "already here")
    assert "holds tickets" in one_line(run(tickets, "restore", backup))
    assert tickets.query(TICKETS) == [(1,)]
    files = make_desk()
    with files.app.app_context():
        receive(files.container, Incoming("a.txt", io.BytesIO(b"pending")), ("txt",), None)
    assert "holds files" in one_line(run(files, "restore", backup))


def test_a_database_that_somebody_has_open_is_refused(new_desk: NewDesk, run: Run, tmp_path: Path) -> None:
    old, new = new_desk(), new_desk()
    run(old, "backup", tmp_path / "backup")
    with new.app.app_context():
        url = db.engine.url
    service = create_engine(url)
    with closing(service.connect()) as connection:
        connection.execute(TICKETS)
        assert "is in use" in one_line(run(new, "restore", tmp_path / "backup"))
    service.dispose()
    assert is_untouched(new)
    assert run(new, "restore", tmp_path / "backup").exit_code == 0


def test_a_backup_of_the_other_database_is_refused(
    make_desk: NewDesk, run: Run, backup: Path, fresh_postgresql: str
) -> None:
    said = one_line(run(make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql), "restore", backup))
    assert "one of sqlite" in said
    assert "is postgresql" in said


def test_a_missing_pg_dump_is_told_before_anything_else(
    make_desk: NewDesk, run: Run, fresh_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = one_line(run(desk, "backup", tmp_path / "backup"))
    assert "pg_dump is not on PATH" in said
    assert "apt install postgresql-client" in said


def test_the_databases_password_stands_in_no_command_line(
    make_desk: NewDesk, run: Run, fresh_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = make_url(fresh_postgresql).set(password="p@ss word").render_as_string(hide_password=False)
    program, seen = tmp_path / "bin" / "pg_dump", tmp_path / "seen"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PGPASSWORD" "$@" > {seen}\necho refused >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    said = one_line(run(make_desk(SQLALCHEMY_DATABASE_URI=address), "backup", tmp_path / "backup"))
    assert "pg_dump failed: refused" in said
    password, *arguments = seen.read_text().splitlines()
    assert password == "p@ss word"
    assert f"/{make_url(address).database}" in " ".join(arguments)
    assert not [argument for argument in arguments if "p@ss" in argument or "***" in argument or "p%40ss" in argument]


def test_a_damaged_database_gives_no_backup(desk: Installation, run: Run, tmp_path: Path) -> None:
    desk.enqueue(200, "many")
    with desk.app.app_context():
        db.engine.dispose()
    path = desk.container.settings.instance_path / "zayavka.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    one_line(run(desk, "backup", tmp_path / "backup"))
    assert not (tmp_path / "backup" / "manifest.json").exists()


def test_no_room_for_a_backup_is_one_line(desk: Installation, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "there is no backup" in one_line(run(desk, "backup", tmp_path / "file" / "backup"))


def test_no_file_is_deleted_while_a_backup_copies_them(
    desk: Installation, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"id": "old", "name": "a.txt", "type": "text/plain", "size": 1, "sha256": "0" * 64, "sender": "somebody"}
    with desk.app.app_context(), writing() as connection:
        connection.execute(insert(PendingUpload), {**old, "created_at": datetime.now(UTC) - timedelta(hours=26)})
    left = []

    def sweep_meanwhile(_store: FileStore) -> list[str]:
        retention.sweep(desk.container, datetime.now(UTC))
        left.extend(desk.query(select(PendingUpload.id)))
        return []

    monkeypatch.setattr(FileStore, "all_keys", sweep_meanwhile)
    assert run(desk, "backup", tmp_path / "backup").exit_code == 0
    assert left == [("old",)]
    with desk.app.app_context():
        retention.sweep(desk.container, datetime.now(UTC))
    assert desk.query(select(PendingUpload.id)) == []
