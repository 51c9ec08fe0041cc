"""The subject of a ticket's letters to the desk, put together when it is accepted; it never changes afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, Situation, full_label
from wizard.catalog.phrasebook import Phrasebook
from wizard.catalog.questions import LongText
from wizard.container import Container
from wizard.intake.deciding import deciding_answers
from wizard.mail.subject import subject_line
from wizard.tickets.report import Report
from wizard.tickets.snapshot import AnswerSnapshot, Reporter
from wizard.triage.words import compiled
from wizard.triage.words import words as words_of
from wizard.values.secrets import mask_secrets

_READ = 400
"""Characters of the client's words that are looked at."""

_SHORT_NAME = 35
"""Characters of category and situation that leave room for what decides."""

_CLAUSE_END = re.compile(r"[.!?,;:…)\n]+\s*")


def short_name(catalog: Catalog, situation: Situation, language: str) -> str:
    """The situation in a few words: the catalog's own, else its label, with the category's where both are short."""
    if situation.subject:
        return in_language(situation.subject, language)
    full = full_label(catalog.category_of[situation.id], situation, language)
    return full if len(full) <= _SHORT_NAME else in_language(situation.label, language)


def subject_of(container: Container, report: Report, answers: Iterable[AnswerSnapshot], reporter: Reporter) -> str:
    """The subject behind tag and queue: situation, deciding answers or the client's own words, who.

    A secret that was sent as typed is masked here all the same: subjects stand in lists, logs and notifications.
    """
    catalog, language, settings = container.catalog, container.desk_language, container.settings
    situation = catalog.situations[report.situation]
    shown = shown_in_short(answers)
    who = reporter.registered_name or reporter.registered_email or reporter.reply_to or reporter.name or ""
    words = first_words(catalog, situation, shown) if settings.subject_words else ""
    return subject_line(
        short_name(catalog, situation, language),
        deciding_answers(catalog, situation, shown),
        words,
        _mask_of(container, report)(who),
        (settings.ticket_tag, settings.tag_of_desk),
    )


def with_masks(container: Container, report: Report, answers: Iterable[AnswerSnapshot]) -> tuple[AnswerSnapshot, ...]:
    """The answers, those that were sent as typed with what lists show of them."""
    mask = _mask_of(container, report)
    return tuple(
        replace(answer, masked=masked)
        if answer.id in report.as_typed and (masked := mask(answer.text)) != answer.text
        else answer
        for answer in answers
    )


def shown_in_short(answers: Iterable[AnswerSnapshot]) -> tuple[AnswerSnapshot, ...]:
    """The answers as subject and first lines may show them: none with a secret, even where one was sent as typed."""
    return tuple(replace(answer, text=answer.in_lists) for answer in answers)


def _mask_of(container: Container, report: Report) -> Callable[[str], str]:
    return partial(mask_secrets, names=container.catalog.phrasebook.secret_names) if report.as_typed else str


def first_words(catalog: Catalog, situation: Situation, answers: Iterable[AnswerSnapshot]) -> str:
    """How the client's own words begin, less greetings; where there are none, the error text."""
    texts = {answer.id: answer.text for answer in answers}
    asked = [asked.question for asked in catalog.asked(situation) if asked.question.id in texts]
    own = [question for question in asked if question.part == "words"]
    errors = [question for question in asked if question.part == "error"]
    others = [question for question in asked if question.part == "answer" and isinstance(question, LongText)]
    first = next((texts[question.id] for question in (*own, *errors, *others)), "")
    return without_greeting(first[:_READ], catalog.phrasebook)


def without_greeting(text: str, book: Phrasebook) -> str:
    """The text less what it begins with and which says nothing of the matter: "Добрый день! Срочно, помогите"."""
    fillers = compiled(book.fillers)
    start = 0
    for end in _CLAUSE_END.finditer(text):
        if not all(fillers.found_in((word,)) for word in words_of(text[start : end.start()])):
            break
        start = end.end()
    return text[start:] or text
