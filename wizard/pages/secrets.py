"""Secrets in what was typed, passwords, keys, card numbers: redacted when the client asks for it (ux.md, point 14)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog
from wizard.catalog.questions import Question
from wizard.forms.report_form import ReportForm
from wizard.triage.secrets import redact_secrets, secrets_in
from wizard.values.secrets import card_numbers

FREE_TEXT = frozenset({"short_text", "long_text", "bounce"})
"""Types of questions that are answered in the client's own words."""


def redacted_input(catalog: Catalog, questions: Iterable[Question]) -> MultiDict[str, str]:
    """What was typed; with ``***`` for each secret when the client pressed the button that hides them."""
    if request.form.get("action") != "cut_out":
        return request.form
    redacted = MultiDict(request.form)
    for question in questions:
        if question.type in FREE_TEXT:
            texts = [
                redact_secrets(text, secrets_in(catalog.phrasebook, text)) for text in redacted.getlist(question.id)
            ]
            redacted.setlist(question.id, texts)
    return redacted


def holds_card(form: ReportForm) -> bool:
    """Whether an answer is refused that holds the number of a card and that ``redacted_input`` can rid of it."""
    fields = [form[question] for question in form.errors_by_question]
    return any(field.kind in FREE_TEXT and card_numbers(field.raw) for field in fields)
