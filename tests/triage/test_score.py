"""``flask triage score``: how well labelled reports are read, as one JSON object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.score import UnreadableReports, read_reports, score

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module", params=["reports.jsonl", "reports_synthetic.jsonl"])
def figures(request):
    return score(load_catalog(named_catalog("tradesoft")), read_reports(DATA / request.param), worst=3)


@pytest.mark.parametrize(
    ("figure", "least"), [("situation_top1", 0.75), ("situation_top3", 0.92), ("category_top1", 0.87)]
)
def test_the_labelled_situations_are_found(figures, figure, least):
    assert figures[figure] >= least


@pytest.mark.parametrize(
    ("finding", "precision", "recall"),
    [
        ("vague", 0.9, 0.9),
        ("impolite", 0.95, 0.9),
        ("multi_question", 0.85, 0.85),
        ("ticket_number", 1.0, 1.0),
        ("error_text", 0.95, 0.95),
        ("bounce_text", 0.95, 0.95),
    ],
)
def test_what_is_said_of_a_report_is_what_its_labels_say(figures, finding, precision, recall):
    assert figures[finding]["precision"] >= precision
    assert figures[finding]["recall"] >= recall
    assert figures[finding]["labelled"] > 0


def test_a_report_is_never_read_by_what_was_learned_from_itself():
    catalog = load_catalog(named_catalog("tradesoft"))
    [text] = [text for text in catalog.examples["acc_docs"]["ru"] if "акт за третий квартал на buh@" in text]
    meant = {"text": text, "situation": "q_howto", "category": "question"}
    lied = catalog.model_copy(update={"examples": {**catalog.examples, "q_howto": {"ru": (text,) * 3}}, "version": 999})
    assert score(lied, [meant])["situation_top1"] == 0.0


def test_most_tickets_that_are_named_are_told_from_new_questions(figures):
    assert figures["continues_ticket"] >= 0.9


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
