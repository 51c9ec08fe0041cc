"""Schemathesis reads the OpenAPI document and tries to catch the service at not keeping to it.

Each call is tried with its examples, at the edges of its schemas, with generated values that fit and that do not, and
in chains along the document's links. Every check is on, negative data included. ``make fuzz`` does it for long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from server_process import ROOT, Running

AGENT_TOKEN = "a-token-of-the-tests-0123456789"
EXAMPLES, SEED = os.environ.get("EXAMPLES", "10"), os.environ.get("SEED", "20261124")
"""Cases for each call and phase; where the generator begins."""


def run_schemathesis(service: Running, folder: Path) -> tuple[dict[str, Any], str]:
    """What Schemathesis found out, as data and in words."""
    report = folder / "report.json"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / ".ci" / "schemathesis.toml")),
        *("run", f"{service.base}/api/v1/openapi.json", "--header", f"Authorization: Bearer {AGENT_TOKEN}"),
        # One thread: Hypothesis reads sources into trees, and two threads that do so at once break each other's count
        # of depth in Python before 3.13 ("AST constructor recursion depth mismatch").
        *("--max-examples", EXAMPLES, "--seed", SEED, "--workers", "1", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", str(report), "--no-color"),
    ]
    # Not in the sources: it caches what it learned in the folder in which it runs.
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert report.exists(), run.stdout + run.stderr
    return json.loads(report.read_text("utf-8")), run.stdout


def test_no_call_of_any_shape_is_answered_otherwise_than_the_document_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Running(
        tmp_path / "instance",
        WIZARD_AGENT_TOKENS=f"bot:{AGENT_TOKEN}",
        WIZARD_API_LIMIT="100000 per second",
        WIZARD_API_LIMIT_WRITING="100000 per second",
    )
    service.ready()
    try:
        result, words = run_schemathesis(service, tmp_path)
    finally:
        service.stop()
    log = service.output()
    assert result["failures"] == [] and result["errors"] == [], words
    assert result["complete"] and result["operations"]["tested"] == result["operations"]["total"] >= 10, words
    assert {phase["status"] for phase in result["phases"].values()} == {"success"}, words
    assert "unexpected fault" not in log and "Traceback" not in log
    cases = result["test_cases"]["generated"]
    assert cases >= 500
    with capsys.disabled():
        print(f"\nSchemathesis: {result['operations']['tested']} calls, {cases} cases, 0 faults, seed {result['seed']}")
