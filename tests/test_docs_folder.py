"""``docs/`` is for readers: its links lead somewhere, and an installation runs without it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUNS = ("app.py", "wizard", "templates", "static", "migrations")
"""What a running installation consists of."""

ASK = """
import json, sys
from app import create_app
client = create_app({"INSTANCE_PATH": sys.argv[1]}).test_client()
print(json.dumps({place: client.get(place).status_code for place in sys.argv[2:]}))
"""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_repository_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_nothing_at_run_time_reads_the_docs(tmp_path: Path) -> None:
    for name in RUNS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    places = ["/api/v1/openapi.json", "/api/v1/docs", "/api/v1/situations/site_down", "/en/", "/en/embed/", "/embed.js"]
    program = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "instance"), *places],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(program.stdout) == dict.fromkeys(places, 200), program.stderr
