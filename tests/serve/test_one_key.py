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


def machine(folder: Path, key: str = "", **variables: str) -> str:
    """Start a worker as a machine of its own does; what it says when it does not start."""
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(folder), **variables}
    if key:
        environment["WIZARD_SECRET_KEY"] = key
    command = [sys.executable, "-m", "flask", "--app", "app", "outbox", "run", "--until-idle"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr.strip()


def test_two_machines_with_two_keys_are_told_apart_and_a_key_is_changed_by_way_of_the_former_one(
    database: dict[str, str], tmp_path: Path
) -> None:
    assert machine(tmp_path / "a", KEY, **database) == ""
    printed = machine(tmp_path / "a", OTHER, **database)
    assert "WIZARD_SECRET_KEY" in printed
    assert "\n" not in printed
    assert KEY not in printed
    assert OTHER not in printed
    assert machine(tmp_path / "a", OTHER, WIZARD_SECRET_KEY_FALLBACKS=f'["{KEY}"]', **database) == ""
    assert "WIZARD_SECRET_KEY" in machine(tmp_path / "a", KEY, **database)
    assert machine(tmp_path / "a", OTHER, **database) == ""


def test_a_key_that_was_lost_is_replaced_by_a_command(start: Callable[..., Running], tmp_path: Path) -> None:
    assert machine(tmp_path / "instance") == ""
    (tmp_path / "instance" / "secret_key").unlink()
    assert "adopt-key" in start().output()
    command = [sys.executable, "-m", "flask", "--app", "app", "adopt-key"]
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(tmp_path / "instance")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert machine(tmp_path / "instance") == ""
