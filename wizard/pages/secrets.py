"""Secrets in what was typed (docs/decisions/0021-masked-by-default.md): what the check page got back from the client.

Its hidden inputs carry masked words. Beside them lie the words as typed, in inputs that no script stores, so that the
client can take the masking back: then the question's id comes as ``as_typed``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from flask import request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog
from wizard.catalog.questions import Question, specify_input
from wizard.forms.localised import masks_secrets
from wizard.forms.report_form import ReportForm
from wizard.values.card_numbers import card_numbers
from wizard.values.secrets import Secret, redact, secrets_in

FREE_TEXT = frozenset({"short_text", "long_text", "bounce"})
"""Types of questions that are answered in the client's own words."""

AS_TYPED = "as_typed"
"""Name of the inputs that hold the ids of questions whose answers are sent as typed."""


def typed_input(name: str) -> str:
    """The name of the check page's input with the words as typed: no question's id holds a full stop."""
    return f"typed.{name}"


def as_typed(questions: Iterable[Question]) -> frozenset[str]:
    """The ids of the questions whose answers the client wants sent as typed."""
    if request.form.get("action") == "cut_out":
        return frozenset()
    return frozenset(request.form.getlist(AS_TYPED)) & {question.id for question in questions}


def submitted_input(catalog: Catalog, questions: Iterable[Question]) -> MultiDict[str, str]:
    """What was typed: from a check page, the words behind its masked ones; whoever edits them gets the masked ones.

    With ``***`` for each secret and card number when the client pressed the button that hides them.
    """
    questions, action = list(questions), request.form.get("action")
    typed = MultiDict(request.form)
    taken_back = as_typed(questions)
    for question in questions:
        if action == "edit" and question.id not in taken_back:
            continue
        for name in _inputs(question):
            if words := request.form.get(typed_input(name)):
                typed[name] = words
    if action == "cut_out":
        _cut_out(catalog, questions, typed)
    return typed


def _cut_out(catalog: Catalog, questions: Iterable[Question], typed: MultiDict[str, str]) -> None:
    names = catalog.phrasebook.secret_names
    for question in questions:
        if question.type not in FREE_TEXT and not hasattr(question, "options"):
            continue
        kinds = None if masks_secrets(question) else ("card",)
        for name in _inputs(question):
            if texts := typed.getlist(name):
                typed.setlist(name, [_without(text, secrets_in(text, names), kinds) for text in texts])


def _without(text: str, secrets: Iterable[Secret], kinds: Collection[str] | None) -> str:
    return redact(text, [secret for secret in secrets if not kinds or secret.kind in kinds])


def _inputs(question: Question) -> Iterator[str]:
    """The names of the inputs in which a question is answered: its own, and the lines beside its options."""
    yield question.id
    yield from (specify_input(question.id, option.id) for option in getattr(question, "options", ()))


def holds_card(form: ReportForm) -> bool:
    """Whether an answer is refused that holds the number of a card and that ``submitted_input`` can rid of it."""
    fields = [form[question] for question in form.errors_by_question]
    return any(field.kind in FREE_TEXT and card_numbers(field.raw) for field in fields)
