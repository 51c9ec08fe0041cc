"""``make audit``: Lighthouse's mobile profile on the start, form and check pages; fails below what is promised."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.__main__ import FORM, ROOT, serving

PROMISED = {"performance": 98, "accessibility": 100, "best-practices": 100}
ANSWERS = {
    "suppliers_scope": "all",
    "site_url": "https://detal36.example",
    "article": "OC 47",
    "brand": "KNECHT",
    "site_part": "storefront",
    "as_user": "opt-klient-17",
    "started": "unknown",
    "reg_email": "zakaz@detal36.example",
}


def audited(port: int) -> Iterator[dict[str, Any]]:
    """One run over the three pages."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("No Chromium: apt install chromium")
    command = ["node", "benchmarks/audit.mjs", f"http://127.0.0.1:{port}", FORM, json.dumps(ANSWERS)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "CHROME_PATH": chromium}, stdout=subprocess.PIPE, text=True, check=True
    )
    yield from map(json.loads, done.stdout.splitlines())


def main(runs: int) -> None:
    """Print the scores of each run and their medians."""
    scores: dict[tuple[str, str], list[int]] = {}
    with tempfile.TemporaryDirectory(prefix="zayavka-audit-") as folder, serving(Path(folder)) as (port, _, _):
        for run in range(runs):
            for audit in audited(port):
                marks = "  ".join(f"{name} {audit[name]}" for name in PROMISED)
                print(f"run {run + 1}  {audit['page']:<6}{marks}  {', '.join(audit['metrics'])}", flush=True)
                for flaw in audit["flaws"]:
                    print(f"       {flaw}")
                for name in PROMISED:
                    scores.setdefault((audit["page"], name), []).append(audit[name])
    below = {(page, name) for (page, name), values in scores.items() if statistics.median(values) < PROMISED[name]}
    for (page, name), values in scores.items():
        mark = f"  below {PROMISED[name]}" if (page, name) in below else ""
        print(f"{page:<6} {name:<15} median of {runs}: {statistics.median(values):g}{mark}")
    sys.exit(bool(below))


if __name__ == "__main__":
    main(int(os.environ.get("ROUNDS", "3")))
