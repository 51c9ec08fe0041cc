"""``flask triage score``: how well labelled reports are read, as one JSON object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.score import UnreadableReports, read_reports, score

SAMPLES = Path(__file__).parent.parent / "data" / "reports.jsonl"


@pytest.fixture(scope="module")
def figures():
    return score(load_catalog(named_catalog("tradesoft")), read_reports(SAMPLES), worst=3)


@pytest.mark.parametrize(
    ("figure", "least"), [("situation_top1", 0.75), ("situation_top3", 0.92), ("category_top1", 0.9)]
)
def test_the_labelled_situations_are_found(figures, figure, least):
    assert figures[figure] >= least


@pytest.mark.parametrize(
    "finding", ["vague", "impolite", "multi_question", "ticket_number", "error_text", "bounce_text"]
)
def test_what_is_said_of_a_report_is_what_its_labels_say(figures, finding):
    assert figures[finding]["precision"] >= 0.9
    assert figures[finding]["recall"] >= 0.9
    assert figures[finding]["labelled"] > 0


def test_every_ticket_number_is_found(figures):
    assert figures["ticket_number"]["recall"] == 1.0
    assert figures["continues_ticket"] == 1.0


def test_the_worst_reports_are_shown_with_what_was_wrong(figures):
    assert len(figures["worst"]) == 3
    assert set(figures["worst"][0]) == {"id", "text", "wrong", "meant", "suggested"}


def test_a_line_that_is_no_report_is_named(tmp_path):
    (tmp_path / "reports.jsonl").write_text('{"text": "a"}\n{"no": 1}\n')
    with pytest.raises(UnreadableReports, match=r"reports\.jsonl:2: an object with"):
        read_reports(tmp_path / "reports.jsonl")


def test_the_command_prints_one_json_object(make_app, tmp_path):
    (tmp_path / "reports.jsonl").write_text(json.dumps({"text": "сайт не работает", "situation": "site_down"}) + "\n")
    printed = make_app().test_cli_runner().invoke(args=["triage", "score", str(tmp_path / "reports.jsonl")])
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.output)["reports"] == 1
    missing = make_app().test_cli_runner().invoke(args=["triage", "score", str(tmp_path / "none.jsonl")])
    assert missing.exit_code == 1
    assert "cannot be read" in missing.output
