"""A catalog as an outline for people: which situation asks which questions, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.catalog.model_types import When, in_language
from wizard.catalog.models import Asked, Catalog, Situation
from wizard.catalog.questions import Choice, Choices, Question


def outline(catalog: Catalog, language: str) -> str:
    """The whole catalog as indented text, its words in one language. A ``*`` marks what must be answered.

    Raises:
        ValueError: the catalog does not have the language.
    """
    if language not in catalog.languages:
        raise ValueError(f'the catalog has no language "{language}" (allowed: {", ".join(catalog.languages)})')
    parts = (_head, _rules, _fast_track, _identity, _situations)
    return "\n\n".join("\n".join(part(catalog, language)) for part in parts) + "\n"


def _head(catalog: Catalog, language: str) -> Iterator[str]:
    yield f"{catalog.title[language]} ({catalog.id}, version {catalog.version})"
    counts = f"{len(catalog.categories)} categories, {len(catalog.situations)} situations, {len(catalog.questions)}"
    yield f"{counts} questions; languages: {', '.join(catalog.languages)}; time zone: {catalog.time_zone}"


def _rules(catalog: Catalog, language: str) -> Iterator[str]:
    yield "RULES"
    for rule in catalog.rules:
        yield f"  {rule.id}: {rule.in_short[language] if rule.in_short else rule.text[language]}"
        for item in rule.items:
            yield f"    - {item.text[language]}"
    for channel in catalog.channels:
        yield f"  {channel.label[language]}: {in_language(channel.address, language)}"


def _fast_track(catalog: Catalog, language: str) -> Iterator[str]:
    yield "OUT OF TURN"
    for rule in catalog.fast_track_rules:
        yield f"  {rule.id}: {rule.text[language]}"
        for situation in catalog.situations.values():
            if situation.fast_track and situation.fast_track.rule == rule.id:
                yield f"    {situation.id}{_condition(situation.fast_track.when)}"


def _identity(catalog: Catalog, language: str) -> Iterator[str]:
    yield f"WHO REPORTS, asked in every situation (one of {', '.join(catalog.identity.one_of)} is enough)"
    for id_ in catalog.identity.questions:
        yield "  " + _question(catalog.questions[id_], language)


def _situations(catalog: Catalog, language: str) -> Iterator[str]:
    for category in catalog.categories:
        yield f"{category.label[language].upper()} ({category.id})"
        for situation in category.situations:
            yield from _situation(catalog, situation, language)


def _situation(catalog: Catalog, situation: Situation, language: str) -> Iterator[str]:
    yield f"  {situation.label[language]} ({situation.id}{_queue(situation)})"
    for asked in catalog.asked(situation):
        if asked.required or asked.question.id not in catalog.identity.questions:
            yield "    " + _asked(asked, language)
    for lead in situation.leads:
        yield f"    > {lead.to}{_condition(lead.when)}"
    for rule in situation.priorities:
        yield f"    ! priority {rule.priority}{_condition(rule.when)}"


def _queue(situation: Situation) -> str:
    fast = f", out of turn by rule {situation.fast_track.rule}" if situation.fast_track else ""
    return fast + (f", priority {situation.priority}" if situation.priority != "normal" else "")


def _asked(asked: Asked, language: str) -> str:
    return f"{'*' if asked.required else '-'} {_question(asked.question, language)}{_condition(asked.show_when)}"


def _question(question: Question, language: str) -> str:
    options = (
        f": {', '.join(option.id for option in question.options)}" if isinstance(question, Choice | Choices) else ""
    )
    return f"{question.id}: {question.label[language]} [{question.type}{options}]"


def _condition(when: When) -> str:
    if not when:
        return ""
    return ", when " + " and ".join(f"{question} is {' or '.join(values)}" for question, values in when.items())
