"""Passwords, keys and card numbers in what was typed: cut out when the client asks for it (ux.md, point 14)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog
from wizard.catalog.questions import Question
from wizard.forms.report_form import ReportForm
from wizard.triage.secrets import redact_secrets, secrets_in
from wizard.values.secrets import card_numbers

FREE = frozenset({"short_text", "long_text", "bounce"})
"""Types of questions that are answered in the client's own words."""


def typed(catalog: Catalog, questions: Iterable[Question]) -> MultiDict[str, str]:
    """What was typed; with ``***`` for each secret when the client pressed the button that hides them."""
    if request.form.get("action") != "cut_out":
        return request.form
    hidden = MultiDict(request.form)
    for question in questions:
        if question.type in FREE:
            texts = [redact_secrets(text, secrets_in(catalog.phrasebook, text)) for text in hidden.getlist(question.id)]
            hidden.setlist(question.id, texts)
    return hidden


def holds_card(form: ReportForm) -> bool:
    """Whether an answer is refused that holds the number of a card and that ``typed`` can rid of it."""
    fields = [form[question] for question in form.errors_by_question]
    return any(field.kind in FREE and card_numbers(field.raw) for field in fields)
