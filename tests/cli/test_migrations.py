"""Which commands change the tables, what the others say, and that processes which start together do it once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade
from installation import Installation
from ports import free_port
from sqlalchemy import MetaData, create_engine, delete, insert, select, text
from uploads_under_test import stored_keys, upload

from wizard.db.engine import db
from wizard.db.migrate import known_versions, migrate_to_newest, register_migrations
from wizard.db.models import Delivery

ROOT = Path(__file__).parents[2]
NEWEST = known_versions()[-1]

NEWER = (
    f"Error: This database was made by a newer version (0999; this program knows up to {NEWEST}). "
    "Install that version, or restore a backup.\n"
)
LOOKING = [
    ("outbox", "list"), ("outbox", "list", "--json"), ("outbox", "retry"), ("outbox", "retry", "1"),
    ("outbox", "flush"), ("outbox", "release", "--yes"), ("files", "unknown"),
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Flask:
    """An app whose database has all tables."""
    if request.param == "sqlite":
        return make_app()
    return make_app(SQLALCHEMY_DATABASE_URI=request.getfixturevalue("fresh_postgresql"))


def version_of(app: Flask, new: str = "") -> str:
    """The version that a database says it has; set before to ``new``."""
    with app.app_context(), db.engine.begin() as connection:
        if new:
            connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": new})
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


def refusal(app: Flask, *command: str) -> str:
    """What a command says that does nothing."""
    result = app.test_cli_runner().invoke(args=list(command))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize("command", LOOKING)
def test_who_looks_after_the_outbox_changes_no_tables(migrated: Flask, command: tuple[str, ...]) -> None:
    register_migrations(migrated)
    with migrated.app_context():
        downgrade(revision="0003")
        db.engine.dispose()
    assert refusal(migrated, *command) == (
        f"Error: This database has version 0003; this program needs {NEWEST}. "
        "Run `flask db upgrade`, or start the service.\n"
    )
    assert version_of(migrated) == "0003"
    assert migrated.test_cli_runner().invoke(args=["db", "upgrade"]).exit_code == 0
    assert migrated.test_cli_runner().invoke(args=list(command)).exit_code == 0


@pytest.mark.parametrize("command", [*LOOKING, ("outbox", "run", "--until-idle"), ("db", "upgrade")])
def test_a_database_newer_than_the_program_gets_a_sentence(migrated: Flask, command: tuple[str, ...]) -> None:
    version_of(migrated, "0999")
    assert refusal(migrated, *command) == NEWER
    assert version_of(migrated) == "0999"


def environment(folder: Path) -> dict[str, str]:
    """Of a process on an instance folder."""
    return {**os.environ, "WIZARD_INSTANCE_PATH": str(folder), "WIZARD_SECRET_KEY": "a key of the tests"}


def test_the_service_does_not_start_on_a_database_newer_than_it(tmp_path: Path, empty_database: Path) -> None:
    shutil.copy(empty_database, tmp_path / "zayavka.db")
    with closing(sqlite3.connect(tmp_path / "zayavka.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
        database.commit()
    started = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment(tmp_path) | {"PORT": str(free_port())},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert started.returncode == 1
    assert NEWER in started.stderr + started.stdout
    assert "Traceback" not in started.stderr


def test_looking_makes_no_database(tmp_path: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "outbox", "list"], cwd=ROOT, env=environment(tmp_path),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert listed.returncode == 1
    assert "has no tables yet" in listed.stderr
    assert not (tmp_path / "zayavka.db").exists()


def test_a_database_that_cannot_be_reached_is_named_in_a_line(make_app: Callable[..., Flask]) -> None:
    app = make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    for command in ("list", "run"):
        said = refusal(app, "outbox", command)
        assert said.startswith("Error: The database cannot be read: ") and said.count("\n") == 1
        assert "WIZARD_SQLALCHEMY_DATABASE_URI" in said


FORMER = "0003"
WRITTEN_BY_FORMER = ("tickets", "outbox", "uploads")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_process_of_the_former_version_goes_on_inserting_is_sent_and_stays(
    make_desk: Callable[..., Installation], database: str, request: pytest.FixtureRequest
) -> None:
    """It names the columns that it knows, and no others."""
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    desk = make_desk(**where)
    register_migrations(desk.app)
    desk.enqueue(1, "Сообщение")
    file = upload(desk, b"11:05 slow\n")
    with desk.app.app_context():
        with db.engine.begin() as connection:
            own = dict(connection.execute(select(Delivery.__table__)).mappings().one())
            # The former version would send it as a second letter of the ticket.
            connection.execute(insert(Delivery), own | {"id": own["id"] + 1, "kind": "burst"})
        downgrade(revision=FORMER)
        former = MetaData()
        with db.engine.begin() as connection:
            former.reflect(connection, only=WRITTEN_BY_FORMER)
            tables = [former.tables[name] for name in WRITTEN_BY_FORMER]
            rows = [dict(connection.execute(select(table)).mappings().one()) for table in tables]
            for table in reversed(tables):
                connection.execute(delete(table))
        db.engine.dispose()
        migrate_to_newest(desk.app)
        rows[-1]["id"] = file.id
        with db.engine.begin() as connection:
            for table, row in zip(tables, rows, strict=True):
                connection.execute(insert(table), row)
    desk.run_worker()
    [letter] = desk.inbox
    assert "[##100001##]" in letter["Subject"]
    assert desk.query(text("SELECT state, is_suspect, crashes, waits_for FROM outbox")) == [("sent", False, 0, None)]
    assert desk.query(text("SELECT storage_key FROM uploads")) == [(None,)]
    assert stored_keys(desk) == {file.id}


EIGHT = """
import os, sys
from flask import Flask
from flask_migrate import upgrade
from wizard.db import engine
from wizard.db.engine import db
from wizard.db.migrate import migrate_to_newest, register_migrations

engine.SQLITE_WAIT = 0  # as if every migration took longer than a writer waits
app = Flask("eight")
app.config["SQLALCHEMY_DATABASE_URI"] = sys.argv[1]
db.init_app(app)
register_migrations(app)
reader, writer = os.pipe()
for number in range(8):
    if not os.fork():
        os.close(writer)
        os.read(reader, 1)  # until all are there
        if number % 2:
            migrate_to_newest(app)
        else:
            with app.app_context():
                upgrade()  # `flask db upgrade`
        sys.exit(0)
os.close(writer)
sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(8)))
"""
"""Processes that have all that they need in memory, and begin at one moment."""


@pytest.mark.parametrize("before", ["nothing", "0001"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_eight_processes_that_start_together_one_migrates_and_none_fails(
    tmp_path: Path, make_app: Callable[..., Flask], database: str, before: str, request: pytest.FixtureRequest
) -> None:
    is_sqlite = database == "sqlite"
    uri = f"sqlite:///{tmp_path}/zayavka.db" if is_sqlite else request.getfixturevalue("fresh_postgresql")
    if not is_sqlite or before != "nothing":
        app = make_app(SQLALCHEMY_DATABASE_URI=uri)
        migrate_to_newest(app)
        register_migrations(app)
        with app.app_context():
            downgrade(revision="base" if before == "nothing" else before)
            db.engine.dispose()
    migrated = subprocess.run([sys.executable, "-c", EIGHT, uri], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert migrated.returncode == 0, migrated.stderr
    engine = create_engine(uri)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM installation")).scalar() == 1
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == NEWEST
    engine.dispose()
