"""``docs/api.md`` tells the truth: its commands are run as they stand there, and its answers compared."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from document import Document
from server_process import ROOT, Running

from wizard.api.problems import STATUS

DOCS = (ROOT / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| (\d{3}) \| `([a-z-]+)` \|", re.MULTILINE)
AGENT_TOKEN = "a-token-of-the-docs-0123456789"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """The service as ``make run`` starts it."""
    running = Running(tmp_path, WIZARD_AGENT_TOKENS=f"board:{AGENT_TOKEN}")
    try:
        yield running.ready()
    finally:
        running.process.terminate()
        running.process.wait(40)


class Shell:
    """One shell that runs the blocks one after another."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.process = subprocess.Popen(
            ["bash"],
            cwd=ROOT,
            env={**os.environ, "AGENT_TOKEN": AGENT_TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, block: str) -> str:
        """What the commands of a block print; each must succeed."""
        assert self.process.stdin and self.process.stdout
        here = block.replace("http://127.0.0.1:8000", self.base)
        self.process.stdin.write(f"set -e\n{here}\necho\necho '--- done'\n")
        self.process.stdin.flush()
        lines = iter(self.process.stdout.readline, "")
        printed = []
        for line in lines:
            if line == "--- done\n":
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"failed: {block}")

    def close(self) -> None:
        """Leave it."""
        self.process.communicate()


def is_like(shown: Any, answer: Any) -> bool:
    """Whether an answer is the one shown; ``…`` stands for what differs from time to time."""
    if isinstance(shown, dict):
        return (
            isinstance(answer, dict)
            and shown.keys() == answer.keys()
            and all(is_like(shown[name], answer[name]) for name in shown)
        )
    if isinstance(shown, list):
        return isinstance(answer, list) and len(shown) == len(answer) and all(map(is_like, shown, answer))
    if isinstance(shown, str) and "…" in shown:
        return re.fullmatch(".+".join(map(re.escape, shown.split("…"))), answer) is not None
    return bool(shown == answer)


def test_every_command_of_the_docs_works_and_answers_as_shown(service: Running) -> None:
    shell, printed, ran = Shell(service.base), "", 0
    for kind, block in BLOCK.findall(DOCS):
        if kind == "sh":
            printed = shell.run(block)
            ran += 1
            for line in filter(None, printed.splitlines()):
                json.loads(line)
        else:
            shown = json.loads(block.replace("http://127.0.0.1:8000", service.base))
            assert is_like(shown, json.loads(printed)), f"{block}\n{printed}"
    assert ran >= 12
    closed = json.loads(printed_last(shell))
    assert [ticket["number"] for ticket in closed["tickets"]] == [100_001]
    assert closed["tickets"][0]["state_by"] == "board"
    shell.close()
    service.process.terminate()
    assert re.search(r"INFO wizard\.api\.marks: ticket 100001: taken by board", service.output())


def printed_last(shell: Shell) -> str:
    """The tickets that the docs have closed."""
    return shell.run('curl -s "$API/queue?state=closed" -H "$AGENT"')


def test_the_table_of_problems_is_complete() -> None:
    documented = {(kind.replace("-", "_"), int(status)) for status, kind in ROW.findall(DOCS)}
    assert documented == set(STATUS.items())


def test_every_call_of_the_document_is_in_the_docs(desk: Any) -> None:
    for path in Document(desk.app).content["paths"]:
        name = path.removeprefix("/").split("{")[0].rstrip("/")
        assert re.search(rf"/{re.escape(name)}\b", DOCS), path
