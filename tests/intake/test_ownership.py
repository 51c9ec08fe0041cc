"""The files are this database's: a start with another one stops, and no sweep deletes what only that one knows."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_client import Caller
from click import ClickException
from installation import Installation
from server_process import Running
from sqlalchemy import delete, func, select, update
from uploads_under_test import age, age_uploads, stored_keys, upload

from wizard.db.engine import writing
from wizard.db.models import Installation as InstallationRow
from wizard.db.models import PendingUpload, TicketAttachment
from wizard.intake import retention
from wizard.intake.ownership import claim_files
from wizard.intake.retention import MOST_UNKNOWN, sweep, sweep_uploads
from wizard.intake.uploads import signed_name

ROOT = Path(__file__).parents[2]
OTHER = "0123456789abcdef" * 2


def with_files(desk: Installation, count: int) -> set[str]:
    """Let tickets have files that are old by now; their keys."""
    api = Caller(desk)
    for n in range(count):
        file = upload(desk, b"line %d\n" % n, caller=f"198.51.100.{n}")
        with desk.app.app_context():
            name = signed_name(desk.container, file)
        api.create_ticket(attachments=[name], answers={"details": f"Белая страница {n}"})
        age(desk, file.id)
    return stored_keys(desk)


def mark_of(desk: Installation) -> Path:
    return desk.container.store.owner_file


def sweep_now(desk: Installation) -> int:
    with desk.app.app_context():
        return sweep_uploads(desk.container, datetime.now(UTC))


def test_the_first_start_claims_the_files_of_a_former_version_and_the_next_one_finds_its_own(
    desk: Installation,
) -> None:
    keys = with_files(desk, 2)
    assert not mark_of(desk).exists()
    claim_files(desk.app)
    [(uuid,)] = desk.query(select(InstallationRow.uuid))
    assert mark_of(desk).read_text() == f"{uuid}\n"
    claim_files(desk.app)
    assert sweep_now(desk) == 0 and stored_keys(desk) == keys


def test_a_start_with_another_database_says_which_file_and_which_database(desk: Installation) -> None:
    claim_files(desk.app)
    mark_of(desk).write_text(f"{OTHER}\n")
    with pytest.raises(ClickException) as refused:
        claim_files(desk.app)
    assert "\n" not in refused.value.message
    assert str(mark_of(desk)) in refused.value.message
    assert "zayavka.db" in refused.value.message
    assert "WIZARD_SQLALCHEMY_DATABASE_URI" in refused.value.message


def test_no_password_is_told_when_the_start_stops(
    make_desk: Callable[..., Installation], fresh_postgresql: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql.replace("postgres:@", "postgres:geheim@"))
    mark_of(desk).parent.mkdir()
    mark_of(desk).write_text(OTHER)
    with pytest.raises(ClickException) as refused:
        claim_files(desk.app)
    assert "postgresql" in refused.value.message and "geheim" not in refused.value.message


def test_files_moved_on_purpose_are_claimed_once_their_mark_is_deleted(desk: Installation) -> None:
    keys = with_files(desk, 1)
    mark_of(desk).write_text(OTHER)
    mark_of(desk).unlink()
    claim_files(desk.app)
    assert stored_keys(desk) == keys


def test_files_without_a_mark_of_which_the_database_knows_none_are_not_claimed(
    desk: Installation, make_desk: Callable[..., Installation]
) -> None:
    keys = with_files(desk, 2)
    empty = make_desk()
    shutil.copytree(mark_of(desk).parent, mark_of(empty).parent)
    with pytest.raises(ClickException, match="knows none of the files"):
        claim_files(empty.app)
    assert not mark_of(empty).exists()
    assert stored_keys(empty) == keys


def test_a_folder_that_cannot_be_written_stops_the_start_with_one_line(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(ClickException, match="Read-only file system"):
        claim_files(desk.app)


def test_the_service_does_not_start_with_another_database_and_deletes_nothing(desk: Installation) -> None:
    keys = with_files(desk, 3)
    claim_files(desk.app)
    folder = desk.container.settings.instance_path
    wrong = f"sqlite:///{folder / 'wrong.db'}"
    running = Running(folder, WIZARD_SQLALCHEMY_DATABASE_URI=wrong, WIZARD_SECRET_KEY="a key of the tests")
    [line] = running.output().splitlines()
    assert running.process.returncode == 1
    assert line.startswith("Error: ") and str(mark_of(desk)) in line and "wrong.db" in line
    assert stored_keys(desk) == keys


def test_a_worker_does_not_start_with_another_database_and_deletes_nothing(
    desk: Installation, fresh_postgresql: str
) -> None:
    keys = with_files(desk, 3)
    claim_files(desk.app)
    worker = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "outbox", "run", "--until-idle"],
        cwd=ROOT,
        env={
            **os.environ,
            "WIZARD_INSTANCE_PATH": str(desk.container.settings.instance_path),
            "WIZARD_SQLALCHEMY_DATABASE_URI": fresh_postgresql,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert worker.returncode == 1
    [line] = worker.stderr.splitlines()
    assert str(mark_of(desk)) in line
    assert stored_keys(desk) == keys


@pytest.mark.parametrize(
    ("fault", "words"),
    [("another database", "names another database"), ("no mark", "is missing"), ("held", "flask outbox release")],
)
def test_the_sweep_of_a_running_service_deletes_nothing_either(
    desk: Installation, caplog: pytest.LogCaptureFixture, fault: str, words: str
) -> None:
    with_files(desk, 1)
    upload(desk, b"nobody sends this\n")
    age_uploads(desk)
    keys = stored_keys(desk)
    claim_files(desk.app)
    if fault == "another database":
        mark_of(desk).write_text(OTHER)
    elif fault == "no mark":
        mark_of(desk).unlink()
    else:
        with desk.app.app_context(), writing() as connection:
            connection.execute(update(InstallationRow).values(sweep_held=True))
    with desk.app.app_context(), caplog.at_level(logging.WARNING):
        sweep(desk.container, datetime.now(UTC))
    assert stored_keys(desk) == keys
    assert desk.query(select(func.count()).select_from(PendingUpload)) == [(1,)]
    [record] = [record for record in caplog.records if "no file is deleted" in record.getMessage()]
    assert words in record.getMessage()


def test_an_older_copy_of_the_database_costs_no_file(desk: Installation, caplog: pytest.LogCaptureFixture) -> None:
    """Restored by hand: the same id, but the newer half of the files is not in its tables."""
    keys = with_files(desk, 2 * MOST_UNKNOWN + 4)
    claim_files(desk.app)
    assert sweep_now(desk) == 0
    newer = desk.query(select(TicketAttachment.id).order_by(TicketAttachment.id).offset(MOST_UNKNOWN + 1))
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(TicketAttachment).where(TicketAttachment.id.in_([row.id for row in newer])))
    assert sweep_now(desk) == 0
    assert stored_keys(desk) == keys
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "nothing of 23 of 44 old files" in record.getMessage()
    assert "flask files unknown --delete" in record.getMessage()
    commands = desk.app.test_cli_runner()
    listed = commands.invoke(args=["files", "unknown"])
    assert listed.exit_code == 0 and listed.output.endswith("\n23 files.\n")
    with desk.container.sweep_lock.copying():
        refused = commands.invoke(args=["files", "unknown", "--delete"])
    assert refused.exit_code == 1 and "a backup is being made" in refused.output
    assert stored_keys(desk) == keys
    assert commands.invoke(args=["files", "unknown", "--delete"]).output.endswith("\n23 files deleted.\n")
    with desk.app.app_context():
        known = {row.storage_key for row in desk.query(select(TicketAttachment.storage_key))}
    assert stored_keys(desk) == known


def test_files_that_are_unknown_do_not_keep_expired_uploads(desk: Installation) -> None:
    upload(desk, b"nobody sends this\n")
    age_uploads(desk)
    [expired] = stored_keys(desk)
    for n in range(MOST_UNKNOWN + 1):
        desk.container.store.put(b"left", f"{n:032x}", 4)
        age(desk, f"{n:032x}")
    mark_of(desk).write_text(desk.query(select(InstallationRow.uuid))[0].uuid)
    assert sweep_now(desk) == 1
    assert expired not in stored_keys(desk) and len(stored_keys(desk)) == MOST_UNKNOWN + 1
    assert desk.query(select(PendingUpload.id)) == []


def test_the_command_deletes_nothing_that_is_another_databases(desk: Installation) -> None:
    keys = with_files(desk, 1)
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(TicketAttachment))
    mark_of(desk).write_text(OTHER)
    refused = desk.app.test_cli_runner().invoke(args=["files", "unknown", "--delete"])
    assert refused.exit_code == 1 and "nothing was deleted" in refused.output
    assert stored_keys(desk) == keys


def test_what_a_crash_left_without_a_row_is_deleted_when_it_is_old(desk: Installation) -> None:
    keys = with_files(desk, 1)
    claim_files(desk.app)
    for n in range(MOST_UNKNOWN):
        desk.container.store.put(b"left", f"{n:032x}", 4)
        age(desk, f"{n:032x}")
    desk.container.store.put(b"just now", "f" * 32, 8)
    assert sweep_now(desk) == MOST_UNKNOWN
    assert stored_keys(desk) == {*keys, "f" * 32}


def test_uploads_that_many_began_and_nobody_sent_do_not_stop_the_sweep(desk: Installation) -> None:
    keys = with_files(desk, 1)
    claim_files(desk.app)
    for n in range(3 * MOST_UNKNOWN):
        upload(desk, b"abandoned %d\n" % n, caller=f"198.51.100.{n}")
    age_uploads(desk)
    assert sweep_now(desk) == 3 * MOST_UNKNOWN
    assert stored_keys(desk) == keys


def test_a_sweep_that_dies_between_files_and_rows_is_finished_by_the_next_one(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_old: datetime) -> None:
        raise KeyboardInterrupt

    keys = with_files(desk, 1)
    claim_files(desk.app)
    for n in range(2 * MOST_UNKNOWN):
        upload(desk, b"abandoned %d\n" % n, caller=f"198.51.100.{n}")
    age_uploads(desk)
    with monkeypatch.context() as dying:
        dying.setattr(retention, "_forget_expired", dies)
        with pytest.raises(KeyboardInterrupt):
            sweep_now(desk)
    assert stored_keys(desk) == keys
    assert sweep_now(desk) == 0
    assert desk.query(select(PendingUpload.id)) == []


SWEEPER = """
import sys
from datetime import UTC, datetime
from app import create_app
from wizard.intake import retention
app = create_app()
retention.BATCH = 5
container = app.extensions["zayavka"]
with app.app_context():
    print("ready", flush=True)
    print(retention.sweep_uploads(container, datetime.now(UTC)), flush=True)
"""


@pytest.mark.torture
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_sweep_killed_at_any_moment_costs_no_ticket_its_file_and_the_next_one_finishes(
    make_desk: Callable[..., Installation], request: pytest.FixtureRequest, database: str
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    keys = with_files(desk, 3)
    claim_files(desk.app)
    kills = int(os.environ.get("KILLS", "100"))
    environment = {
        **os.environ,
        "WIZARD_INSTANCE_PATH": str(desk.container.settings.instance_path),
        "WIZARD_SQLALCHEMY_DATABASE_URI": desk.container.settings.database_uri,
    }
    for kill in range(kills):
        for n in range(40):
            upload(desk, b"abandoned %d %d\n" % (kill, n), caller=f"198.51.100.{n}")
        age_uploads(desk)
        sweeper = subprocess.Popen(
            [sys.executable, "-c", SWEEPER], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert sweeper.stdout is not None and sweeper.stdout.readline() == "ready\n"
        time.sleep(0.06 * kill / kills)
        sweeper.kill()
        assert sweeper.wait(20) in (-signal.SIGKILL, 0)
        sweeper.stdout.close()
        assert keys <= stored_keys(desk)
    sweep_now(desk)
    assert stored_keys(desk) == keys
    assert desk.query(select(PendingUpload.id)) == []
