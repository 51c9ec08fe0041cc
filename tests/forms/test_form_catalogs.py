"""The catalogs that ship with the program, filled in from their own examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog
from wizard.forms.display import answer_text, specified_in
from wizard.forms.factory import report_form
from wizard.forms.report_form import ReportForm

REPORTS = Path(__file__).parents[1] / "data" / "reports.jsonl"


@pytest.fixture(scope="module", params=["tradesoft", "hosting"])
def shipped(request: pytest.FixtureRequest) -> Catalog:
    """A catalog of the program's own."""
    return load_catalog(named_catalog(request.param))


def filled(catalog: Catalog, situation: str, language: str, option: int = 0, **typed: str) -> ReportForm:
    """A form filled in with the examples of its questions; ``option`` says which one is chosen."""
    data: MultiDict[str, str] = MultiDict()
    files: dict[str, int] = {}
    for asked in catalog.asked(catalog.situations[situation]):
        question = asked.question
        choices = getattr(question, "options", ())
        if question.type == "files":
            files[question.id] = 1
        elif choices:
            data[question.id] = choices[option % len(choices)].id
            data[f"{question.id}_{data[question.id]}"] = "уточнение"
        elif question.example:
            data[question.id] = in_language(question.example, language)
    data.update(typed)
    return report_form(catalog, catalog.situations[situation], language)(data, files)


@pytest.mark.parametrize("option", [0, 1, -1])
def test_every_situation_can_be_reported_with_its_own_examples(shipped: Catalog, option: int) -> None:
    for language in shipped.languages:
        for situation in shipped.situations:
            form = filled(shipped, situation, language, option)
            form.validate()
            # Examples of moments grow old; all others must fit.
            errors = {id_: said for id_, said in form.errors_by_question.items() if form[id_].kind != "datetime"}
            assert errors == {}, (situation, language)
            for id_, value in form.answers().items():
                if id_ in shipped.questions:
                    question = shipped.questions[id_]
                    assert answer_text(shipped, question, value, language, specified_in(question, form.answers()))


def test_every_blank_required_question_gets_an_instruction(shipped: Catalog) -> None:
    for language in shipped.languages:
        for situation in shipped.situations.values():
            form = report_form(shipped, situation, language)(MultiDict())
            assert not form.validate()
            required = {asked.question.id for asked in form.asked if asked.required and not asked.show_when}
            assert required <= set(form.errors_by_question)
            assert all(said for errors in form.errors_by_question.values() for said in errors)


def test_every_collected_report_fits_into_its_situation() -> None:
    catalog = load_catalog(named_catalog("tradesoft"))
    reports = [json.loads(line) for line in REPORTS.read_text("utf-8").splitlines()]
    assert reports
    for report in reports:
        for id_ in ("details", "goal", "steps", "error_text"):
            questions = catalog.asked(catalog.situations[report["situation"]])
            if id_ in {asked.question.id for asked in questions}:
                form = filled(catalog, report["situation"], report["lang"][:2], **{id_: report["text"]})
                form.validate()
                assert "Похоже" not in str(form.errors_by_question), report["id"]
                assert id_ not in form.errors_by_question or len(report["text"]) < 20, (report["id"], id_)
