"""An answer as a person reads it: labels for options, dates in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Asked, Catalog
from wizard.catalog.questions import Choice, Choices, Moment, Question, specify_input
from wizard.texts import translate
from wizard.tickets.report import Value
from wizard.values.datetimes import UNKNOWN, datetime_text


def answer_text(
    catalog: Catalog,
    question: Question,
    value: Value,
    language: str,
    specified: Mapping[str, str] | str | None = None,
) -> str:
    """An answer in words.

    Args:
        specified: what was specified beside options, by option id; a plain text belongs to the first chosen option
            that asks for it.
    """
    if isinstance(question, Choice | Choices):
        return _options_text(question, value, language, specified)
    text = value if isinstance(value, str) else ", ".join(value)
    return _moment_text(text, catalog.time_zone, language) if isinstance(question, Moment) else text


def display(catalog: Catalog, asked: Asked, answers: Mapping[str, Value], language: str) -> str:
    """An answer as a person reads it, with what was written beside "other"."""
    question = asked.question
    return answer_text(catalog, question, answers[question.id], language, specified_in(question, answers))


def specified_in(question: Question, answers: Mapping[str, Value]) -> dict[str, str]:
    """What was specified beside the options of a question, by option id, out of all answers."""
    texts = {
        option.id: answers.get(specify_input(question.id, option.id)) for option in getattr(question, "options", ())
    }
    return {option: text for option, text in texts.items() if isinstance(text, str)}


def _moment_text(value: str, time_zone: str, language: str) -> str:
    if value == UNKNOWN:
        return translate(language, "forms.unknown")
    try:
        return datetime_text(datetime.fromisoformat(value), time_zone, language, "words")
    except (ValueError, OverflowError):
        return value


def _options_text(
    question: Choice | Choices, value: Value, language: str, specified: Mapping[str, str] | str | None
) -> str:
    chosen = (value,) if isinstance(value, str) else value
    if isinstance(specified, str):
        first = next((option.id for option in question.options if option.specify and option.id in chosen), None)
        specified = {first: specified} if first else {}
    texts = specified or {}
    labels = {option.id: in_language(option.label, language) for option in question.options}
    return ", ".join(
        f"{labels.get(id_, id_)}: {texts[id_]}" if texts.get(id_) else labels.get(id_, id_) for id_ in chosen
    )
