"""The subject of a ticket's letters to the desk, put together when it is accepted; it never changes afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, Situation, full_label
from wizard.catalog.phrasebook import Phrasebook
from wizard.catalog.questions import Email, LongText, Phone
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


@dataclass(frozen=True)
class InShort:
    """What subject and first lines say of a report, with no secret in it, even where one was sent as typed."""

    deciding: tuple[str, ...]
    """The answers that decide."""
    words: str
    """How the client's own words begin, less greetings."""
    asked_for: tuple[str, ...]
    """The answers that decide and are neither told in free words nor of another person: mailboxes, telephones."""


def in_short(container: Container, report: Report, answers: Iterable[AnswerSnapshot]) -> InShort:
    """What tells this report from another one. Subjects stand in lists, logs and notifications: secrets are masked."""
    catalog, situation = container.catalog, container.catalog.situations[report.situation]
    shown = tuple(replace(answer, text=answer.in_lists) for answer in answers)
    guarded = () if container.settings.subject_words else [answer for answer in shown if _is_asked_for(catalog, answer)]
    return InShort(
        deciding_answers(catalog, situation, shown),
        first_words(catalog, situation, shown),
        deciding_answers(catalog, situation, guarded),
    )


def _is_asked_for(catalog: Catalog, answer: AnswerSnapshot) -> bool:
    return not isinstance(catalog.questions[answer.id], LongText | Email | Phone) and "@" not in answer.text


def subject_of(container: Container, report: Report, short: InShort, reporter: Reporter) -> str:
    """The subject behind tag and queue: situation, deciding answers or the client's own words, who."""
    settings = container.settings
    situation = container.catalog.situations[report.situation]
    who = reporter.registered_name or reporter.registered_email or reporter.reply_to or reporter.name or ""
    return subject_line(
        short_name(container.catalog, situation, container.desk_language),
        short.deciding if settings.subject_words else short.asked_for,
        short.words if settings.subject_words else "",
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
