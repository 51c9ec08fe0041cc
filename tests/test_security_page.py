"""``docs/security.md`` speaks of every requirement of ASVS 5.0.0 at level 1, and of tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from test_docs_folder import named_paths

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| V(\d+)\.(\d+)\.(\d+) \| [^|]+ \| (met|not met|not ours) \| [^|]{3,} \|$", re.MULTILINE)

LEVEL_1 = {
    "1": {"2": 5, "3": 2, "5": 1},
    "2": {"1": 1, "2": 2, "3": 1},
    "3": {"2": 2, "3": 1, "4": 2, "5": 3},
    "4": {"1": 1, "4": 1},
    "5": {"2": 2, "3": 2},
    "6": {"1": 1, "2": 8, "3": 2, "4": 2},
    "7": {"2": 4, "4": 2},
    "8": {"1": 1, "2": 2, "3": 1},
    "9": {"1": 3, "2": 1},
    "10": {"4": 5},
    "11": {"3": 2, "4": 1},
    "12": {"1": 1, "2": 2},
    "13": {"4": 1},
    "14": {"2": 1, "3": 1},
    "15": {"1": 1, "2": 1, "3": 1},
}
"""How many requirements of level 1 each section has; they are the first of their sections, counted from 1."""


def test_every_requirement_of_level_1_is_judged_in_its_order_with_a_word_where() -> None:
    wanted = [
        (chapter, section, str(number))
        for chapter, sections in LEVEL_1.items()
        for section, count in sections.items()
        for number in range(1, count + 1)
    ]
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert len(wanted) == 70
    assert [row[:3] for row in rows] == wanted


def test_the_page_names_tests_for_what_it_promises() -> None:
    promises = PAGE.read_text("utf-8").partition("## What is promised")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| pro"))]
    assert len(rows) > 10 and all("`tests/" in row for row in rows)
    assert len({path for path in named_paths(PAGE) if path.startswith("tests/")}) > 20


def test_the_way_to_report_a_hole_leads_there_and_back() -> None:
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text("utf-8")
    assert "(../SECURITY.md)" in PAGE.read_text("utf-8")
