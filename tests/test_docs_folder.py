"""``docs/`` is for readers: its links and paths lead somewhere, and an installation runs without it."""

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
GUIDES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
CODE_IS_NAMED_IN = [*(ROOT / name for name in GUIDES), *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("wizard", "tests", "templates", "static", "docs", ".ci", "migrations", "benchmarks")
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


def named_paths(document: Path) -> list[str]:
    """The paths in backticks, outside of blocks of code, that begin like one of this repository."""
    prose = re.sub(r"^ *```.*?^ *```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = [words.split()[0] for words in re.findall(r"`([^`\n]+)`", prose) if words.strip()]
    paths = [path for path in named if "/" in path and path.split("/")[0] in FOLDERS]
    if document.name == "architecture.md":
        # Code is explained room by room there: paths begin at the room.
        paths += [f"wizard/{path}" for path in named if path not in paths and re.fullmatch(r"\w+/[\w/]+\.py", path)]
    return paths


def exists(path: str) -> bool:
    """Whether a path as documents write it (``docs/*.md``, ``wizard/…``, ``tests/x.py::test_y``) leads to something."""
    return any(ROOT.glob(path.split("::")[0].replace("…", "*").rstrip("/")))


@pytest.mark.parametrize("document", CODE_IS_NAMED_IN, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert [path for path in named_paths(document) if not exists(path)] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_documents_about_the_code_name_paths(name: str) -> None:
    assert len(named_paths(ROOT / name)) > 10


def test_the_tests_that_contributing_runs_exist() -> None:
    arguments = re.findall(r'make test ARGS="([^"]*)"', (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    paths = [word for words in arguments for word in words.split() if word.startswith("tests/")]
    assert paths
    assert [path for path in paths if not exists(path)] == []


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
