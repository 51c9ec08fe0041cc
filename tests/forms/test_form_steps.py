"""How a form is cut into steps, and what is checked at each of them (issue 5, point 1)."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.catalog.models import Catalog
from wizard.forms.factory import report_form
from wizard.forms.steps import MOST


@pytest.mark.parametrize("name", ["tradesoft", "hosting"])
def test_no_step_of_any_form_shows_more_than_four_questions_and_none_is_lost(name: str) -> None:
    catalog = load_catalog(named_catalog(name))
    for situation in catalog.situations.values():
        form = report_form(catalog, situation, "ru")()
        ids = [field.name for _, fields in form.steps for field in fields]
        assert sorted(ids) == sorted(asked.question.id for asked in form.asked), situation.id
        assert len({step.id for step, _ in form.steps}) == len(form.steps), situation.id
        for step, fields in form.steps:
            shown = [field.name for field in fields if field.required or not field.folded] or [fields[0].name]
            assert 0 < len(shown) <= MOST, (situation.id, step.id, shown)
            if {"article", "brand"} <= set(ids):
                assert ("article" in shown) == ("brand" in shown), "a part number and its brand stand side by side"


def test_a_long_section_is_cut_into_even_parts_in_the_order_of_the_questions() -> None:
    catalog = load_catalog(named_catalog("hosting"))
    steps = report_form(catalog, catalog.situations["mail_undelivered"], "ru")().steps
    assert [(step.id, step.is_continued, [field.name for field in fields]) for step, fields in steps[:2]] == [
        ("clarify", False, ["mailbox", "sent_at", "was_returned"]),
        ("clarify-2", True, ["returned_text", "mail_partner", "mail_scope"]),
    ]


def test_a_check_through_a_step_leaves_later_questions_alone(catalog: Catalog) -> None:
    make = report_form(catalog, catalog.situations["branching"], "ru")
    form = make(MultiDict({"email": "a@@b"}))
    assert not form.validate(through="facts")
    assert set(form.errors_by_question) == {"reach"}
    form = make(MultiDict({"reach": "everyone"}))
    assert form.validate(through="facts")
    for step in ("who", "", "no such step"):
        assert not form.validate(through=step)
        assert set(form.errors_by_question) == {"name"}
