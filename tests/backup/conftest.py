"""Installations on both databases, each empty at first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from installation import Installation

from wizard.db.engine import db
from wizard.db.migrate import migrate_to_newest


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
