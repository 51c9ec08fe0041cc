"""All processes of a database share one secret key: a start with another one is refused (threats L14)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from server_process import ROOT, Running

KEY, OTHER = "the key of all machines", "the key of one machine"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Where a database is, that two machines use."""
    where = f"sqlite:///{tmp_path / 'shared.db'}"
    if request.param == "postgresql":
        where = request.getfixturevalue("fresh_postgresql")
    return {"WIZARD_SQLALCHEMY_DATABASE_URI": where}


def test_two_machines_with_two_keys_are_told_apart_and_a_key_is_changed_by_way_of_the_former_one(
    start: Callable[..., Running], database: dict[str, str]
) -> None:
    start(WIZARD_SECRET_KEY=KEY, **database).ready().stop()
    stranger = start(WIZARD_SECRET_KEY=OTHER, **database)
    printed = stranger.output().strip()
    assert stranger.process.returncode == 1
    assert "WIZARD_SECRET_KEY" in printed
    assert "\n" not in printed
    assert KEY not in printed
    assert OTHER not in printed
    start(WIZARD_SECRET_KEY=OTHER, WIZARD_SECRET_KEY_FALLBACKS=f'["{KEY}"]', **database).ready().stop()
    assert "WIZARD_SECRET_KEY" in start(WIZARD_SECRET_KEY=KEY, **database).output()
    start(WIZARD_SECRET_KEY=OTHER, **database).ready().stop()


def test_a_key_that_was_lost_is_replaced_by_a_command(start: Callable[..., Running], tmp_path: Path) -> None:
    start().ready().stop()
    (tmp_path / "instance" / "secret_key").unlink()
    assert "adopt-key" in start().output()
    command = [sys.executable, "-m", "flask", "--app", "app", "adopt-key"]
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(tmp_path / "instance")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert "[##100001##]" in start().ready().send("С новым ключом")
