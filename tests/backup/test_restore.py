"""A backup restored into an empty place: nothing is given twice, and what may have gone out waits for a person."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import downgrade
from installation import Installation
from sqlalchemy import create_engine, func, select, update

from wizard.db.engine import db
from wizard.db.models import Delivery, Ticket, TicketAttachment
from wizard.db.models import Installation as InstallationRow
from wizard.files.storage import FileStore

ROOT = Path(__file__).parents[2]
NUMBERS = select(Ticket.number).order_by(Ticket.number)
HELD = select(InstallationRow.outbox_held, InstallationRow.sweep_held)

NewDesk = Callable[..., Installation]
Run = Callable[..., Result]


def numbers_of(desk: Installation) -> set[int]:
    """The numbers of all its tickets."""
    return {row.number for row in desk.query(NUMBERS)}


def message_ids(desk: Installation, skip: int = 0) -> list[str]:
    """The Message-IDs of what the server received, less the first ones."""
    matches = [re.search(rb"^Message-ID: (<.+>)\r?$", letter.content, re.MULTILINE) for letter in desk.sink.received]
    return [match[1].decode() for match in matches[skip:] if match]


def send(desk: Installation, count: int, name: str) -> None:
    """Send reports with a file each."""
    for n in range(count):
        check = desk.filled("site_down", reg_email=f"{name}{n}@detal36.example", details=f"{name} {n} не открывается")
        assert check.submit("send").status == 200


def restored(run: Run, desk: Installation, folder: Path, *options: object) -> Result:
    """Restore, and see that it went well."""
    done = run(desk, "restore", folder, *options)
    assert done.exit_code == 0, done.output
    return done


@pytest.mark.parametrize("migrated", [False, True], ids=["no tables", "empty tables"])
def test_after_a_restore_no_number_and_no_message_id_is_given_twice(
    new_desk: NewDesk, run: Run, tmp_path: Path, migrated: bool
) -> None:
    old = new_desk()
    send(old, 2, "before")
    old.run_worker()
    assert run(old, "backup", tmp_path / "backup").exit_code == 0
    send(old, 3, "lost")
    old.run_worker()
    given, sent = numbers_of(old), message_ids(old)
    assert len(given) == 5
    assert len(set(sent)) == len(sent) > 5

    new = new_desk(migrated=migrated)
    done = restored(run, new, tmp_path / "backup")
    assert numbers_of(new) == {100_001, 100_002}
    send(new, 3, "after")
    assert run(new, "outbox", "release", "--yes").exit_code == 0
    new.run_worker()
    fresh = numbers_of(new) - {100_001, 100_002}
    assert len(fresh) == 3
    assert not fresh & given
    assert min(fresh) > 100_002 + 10_000
    assert f"The next number is {min(fresh)}." in done.output
    again = message_ids(new, skip=len(sent))
    assert {f"<ticket-{number}" for number in fresh} <= {message_id.partition(".")[0] for message_id in again}
    assert not set(again) & set(sent)


@pytest.mark.parametrize("where", ["in the folder of files", "by --last-number"])
def test_a_number_known_to_be_given_later_than_the_backup_counts_too(
    new_desk: NewDesk, run: Run, tmp_path: Path, where: str
) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    send(old, 1, "before")
    run(old, "backup", tmp_path / "backup")
    if where == "by --last-number":
        restored(run, new, tmp_path / "backup", "--last-number", 123_456)
    else:
        new.container.number_mark.raise_to(123_456)
        restored(run, new, tmp_path / "backup")
    send(new, 1, "after")
    assert numbers_of(new) == {100_001, 133_457}


def test_a_number_given_while_the_backup_was_made_counts_though_its_ticket_is_not_in_it(
    new_desk: NewDesk, run: Run, tmp_path: Path
) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    send(old, 1, "before")
    all_keys = FileStore.all_keys

    def accept_meanwhile(store: FileStore) -> Iterator[str]:
        # Files are copied after the database: what comes now is not in its copy.
        send(old, 2, "meanwhile")
        return all_keys(store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileStore, "all_keys", accept_meanwhile)
        assert run(old, "backup", tmp_path / "backup").exit_code == 0
    restored(run, new, tmp_path / "backup")
    send(new, 1, "after")
    assert numbers_of(new) == {100_001, 110_004}


def test_files_and_tickets_come_back_whole_and_open_under_the_same_links(
    new_desk: NewDesk, run: Run, tmp_path: Path
) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    content = b"11:05 504 Gateway Timeout\n"
    receipt = old.filled("site_down").submit("send")
    page = old.client.get(f"{receipt.address}follow-up/")
    assert page.submit("send", {"text": "Журнал"}, {"files": [("log.txt", content)]}).status == 200
    run(old, "backup", tmp_path / "backup")
    restored(run, new, tmp_path / "backup")
    assert new.client.get(receipt.address).text == old.client.get(receipt.address).text
    [(key, sha256)] = new.query(select(TicketAttachment.storage_key, TicketAttachment.sha256))
    assert new.container.store.read(key) == content
    assert hashlib.sha256(content).hexdigest() == sha256


def test_what_was_unsent_is_named_and_held_until_a_person_releases_it(
    new_desk: NewDesk, run: Run, tmp_path: Path
) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    send(old, 1, "sent")
    old.run_worker()
    send(old, 2, "unsent")
    with old.app.app_context(), db.engine.begin() as connection:
        lease = {"state": "sending", "lease_token": "0" * 32, "lease_until": datetime.now(UTC) + timedelta(hours=1)}
        connection.execute(update(Delivery).where(Delivery.state == "owed", Delivery.rank == 0).values(lease))
    run(old, "backup", tmp_path / "backup")
    assert "outbox release" in restored(run, new, tmp_path / "backup").output
    send(new, 1, "since")
    assert new.query(HELD) == [(True, True)]
    before = len(new.sink.received)
    new.run_worker()
    assert len(new.sink.received) == before, "something was sent though it is held"
    states = dict(new.query(select(Delivery.state, func.count()).group_by(Delivery.state)))
    assert "sending" not in states, "nobody is left who holds a lease"

    refused = run(new, "outbox", "release", answer="n\n")
    assert refused.exit_code != 0
    assert re.search(r"desk +2  ticket 100002, 100003\n", refused.output)
    assert re.search(r"acknowledgement +2  ticket 100002, 100003\n", refused.output)
    assert "only wait: 2." in refused.output or "only wait: 1." in refused.output
    assert new.query(HELD) == [(True, True)]

    assert run(new, "outbox", "release", answer="y\n").exit_code == 0
    assert new.query(HELD) == [(False, False)]
    assert "Nothing is held back" in run(new, "outbox", "release").output
    new.run_worker()
    assert {letter.split(".")[0] for letter in message_ids(new, skip=before)} >= {"<ticket-100002", "<ticket-100003"}


def test_the_backup_is_readable_by_nobody_else(new_desk: NewDesk, run: Run, tmp_path: Path) -> None:
    old = new_desk()
    send(old, 1, "secret")
    (tmp_path / "backup").mkdir(mode=0o755)
    assert run(old, "backup", tmp_path / "backup").exit_code == 0
    for path in [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("is_set", [False, True])
def test_the_secret_key_comes_back_unless_another_one_is_set(
    desk: Installation, make_app: Callable[..., Flask], run: Run, tmp_path: Path, is_set: bool
) -> None:
    run(desk, "backup", tmp_path / "backup")
    app = make_app(SECRET_KEY="another key of the tests" if is_set else None)
    app.config["SECRET_KEY"] = None
    new = Installation(app, desk.sink)
    done = restored(run, new, tmp_path / "backup")
    key = new.container.settings.instance_path / "secret_key"
    if is_set:
        assert not key.exists()
        assert "WIZARD_SECRET_KEY_FALLBACKS" in done.output
    else:
        assert key.read_text().strip() == "a key of the tests"
        assert "FALLBACKS" not in done.output
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_backup_of_older_tables_is_brought_to_the_newest(new_desk: NewDesk, run: Run, tmp_path: Path) -> None:
    old, new = new_desk(), new_desk(migrated=False)
    send(old, 1, "before")
    with old.app.app_context():
        downgrade(revision="0003")
    assert run(old, "backup", tmp_path / "backup").exit_code == 0
    restored(run, new, tmp_path / "backup")
    assert new.query(HELD) == [(True, True)]
    assert numbers_of(new) == {100_001}


DIES = """
import os, signal
import wizard.backup.restore
from flask.cli import main

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

{place} = die
main()
"""
"""``flask`` that is killed when it calls one function."""


def killed(desk: Installation, place: str, *arguments: object) -> None:
    """Run a command in a process of its own that is killed half-way."""
    settings = desk.container.settings
    environment = {
        **os.environ,
        "WIZARD_INSTANCE_PATH": str(settings.instance_path),
        "WIZARD_SECRET_KEY": "a key of the tests",
        "WIZARD_SQLALCHEMY_DATABASE_URI": settings.database_uri,
    }
    with desk.app.app_context():
        db.engine.dispose()
    command = [sys.executable, "-c", DIES.format(place=place), "--app", "app", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


def test_a_restore_that_was_killed_stops_the_start_and_can_be_run_again(
    new_desk: NewDesk, run: Run, tmp_path: Path
) -> None:
    old, new = new_desk(), new_desk()
    send(old, 2, "before")
    for name in ("backup", "other"):
        run(old, "backup", tmp_path / name)
    # The database is in place, and nothing is held yet.
    killed(new, "wizard.backup.restore.migrate_to_newest", "restore", tmp_path / "backup")
    assert numbers_of(new) == {100_001, 100_002}
    started = run(new, "outbox", "run", "--until-idle")
    assert started.exit_code != 0
    assert "A restore was interrupted" in started.output
    refused = run(new, "restore", tmp_path / "other")
    assert "A restore of another backup was interrupted" in refused.output
    restored(run, new, tmp_path / "backup")
    assert numbers_of(new) == {100_001, 100_002}
    assert new.query(HELD) == [(True, True)]
    assert run(new, "outbox", "run", "--until-idle").exit_code == 0


@pytest.mark.parametrize("place", ["database.put_in_place", "migrate_to_newest"])
def test_a_restore_that_goes_on_loses_no_ticket_that_came_meanwhile(
    new_desk: NewDesk, run: Run, tmp_path: Path, place: str
) -> None:
    old, new = new_desk(), new_desk()
    send(old, 2, "before")
    run(old, "backup", tmp_path / "backup")
    killed(new, f"wizard.backup.restore.{place}", "restore", tmp_path / "backup")
    send(new, 1, "meanwhile")
    present = numbers_of(new)
    refused = run(new, "restore", tmp_path / "backup")
    assert refused.exit_code == 1 and "came after the restore was interrupted" in refused.output
    assert numbers_of(new) == present


def test_a_restore_that_goes_on_goes_not_on_beside_others(
    make_desk: NewDesk, run: Run, fresh_postgresql: str, postgresql_programs: None, tmp_path: Path
) -> None:
    old, new = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql), make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)
    run(old, "backup", tmp_path / "backup")
    with old.app.app_context():
        db.engine.dispose()
    killed(new, "wizard.backup.restore.database.put_in_place", "restore", tmp_path / "backup")
    other = create_engine(fresh_postgresql)
    with other.connect():
        refused = run(new, "restore", tmp_path / "backup")
        assert refused.exit_code == 1 and "is in use" in refused.output
    other.dispose()
    restored(run, new, tmp_path / "backup")


def test_a_disk_that_is_full_when_the_database_is_restored_is_one_line(
    desk: Installation, make_desk: NewDesk, run: Run, tmp_path: Path
) -> None:
    desk.enqueue(100, "many")
    run(desk, "backup", tmp_path / "backup")
    new = make_desk()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    command = [sys.executable, "-c", f"{limit}; from flask.cli import main; main()", "--app", "app", "restore"]
    settings = {"WIZARD_INSTANCE_PATH": new.app.instance_path, "WIZARD_SECRET_KEY": "a key of the tests"}
    done = subprocess.run(
        [*command, str(tmp_path / "backup")], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: The restore was interrupted: .+\. Mend that, and run it again\n", done.stderr)
    restored(run, new, tmp_path / "backup")
    assert len(numbers_of(new)) == 100


def test_a_backup_that_was_killed_is_no_backup(desk: Installation, run: Run, tmp_path: Path) -> None:
    send(desk, 2, "before")
    killed(desk, "os.sync", "backup", tmp_path / "backup")
    refused = run(desk, "restore", tmp_path / "backup")
    assert refused.exit_code != 0
    assert "not finished" in refused.output
    again = run(desk, "backup", tmp_path / "backup")
    assert "not empty" in again.output
