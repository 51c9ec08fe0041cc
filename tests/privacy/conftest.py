"""What tests of personal data ask for: commands, stores to search, time that has passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from installation import Installation
from sqlalchemy import select

from wizard.db.migrate import migrate_to_newest
from wizard.db.models import Ticket
from wizard.intake.ownership import claim_files
from wizard.privacy.sweep import sweep

Run = Callable[..., Result]


@pytest.fixture
def make_desk(make_desk: Callable[..., Installation]) -> Callable[..., Installation]:
    """Make installations that were started once: their files are theirs."""

    def make(**config: object) -> Installation:
        desk = make_desk(**config)
        migrate_to_newest(desk.app)
        claim_files(desk.app)
        return desk

    return make


@pytest.fixture
def run() -> Run:
    """Run a command as a person would."""

    def invoke(desk: Installation, *arguments: object, answer: str | None = None) -> Result:
        return desk.app.test_cli_runner().invoke(args=[str(argument) for argument in arguments], input=answer)

    return invoke


@pytest.fixture
def stores_with() -> Callable[[Installation, str], list[str]]:
    """The files of an installation in whose bytes a text stands, deleted or not: database, log, files, mailbox."""

    def search(desk: Installation, text: str) -> list[str]:
        folder = desk.container.settings.instance_path
        return [
            str(path.relative_to(folder))
            for path in sorted(folder.rglob("*"))
            if path.is_file() and text.encode() in path.read_bytes()
        ]

    return search


@pytest.fixture
def after_days() -> Callable[[Installation, float], bool]:
    """Let the hourly work be done so many days from now. Whether there is more of it."""

    def wait(desk: Installation, days: float) -> bool:
        with desk.app.app_context():
            return sweep(desk.container, datetime.now(UTC) + timedelta(days=days))

    return wait


@pytest.fixture
def numbers() -> Callable[[Installation], list[int]]:
    """Numbers of the tickets that are not erased."""

    def read(desk: Installation) -> list[int]:
        left = select(Ticket.number).where(Ticket.erased_at.is_(None)).order_by(Ticket.number)
        return [number for (number,) in desk.query(left)]

    return read
