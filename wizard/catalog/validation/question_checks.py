"""Checks of the questions: a known section, a valid pattern and bounds, an input name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.catalog.models import RESERVED_INPUTS
from wizard.catalog.questions import specify_input
from wizard.catalog.validation.faults import Fault, unknown
from wizard.catalog.validation.index import Index
from wizard.catalog.yaml_nodes import Node

GROUPING_TYPES = ("url", "domain", "email", "short_text", "brand", "choice", "choices")
"""Types of which two answers are the same when they mean the same."""


def question_faults(index: Index) -> Iterator[Fault]:
    """Faults of the questions themselves."""
    asked_ids = {id_ for situation in index.situations for id_ in situation.question_ids}
    for id_, question in index.questions.items():
        if id_ not in asked_ids:
            yield question.key_fault(f'the question "{id_}" is never asked: no situation names it, identity neither')
        section = question.get("section")
        if section.word is not None and section.word not in index.sections:
            yield section.fault(unknown("section", section.word, index.sections))
        yield from _options(question)
        yield from _bounds(question)
        yield from _pattern(question)
        yield from _extraction_hints(question)
        yield from _groups_similar(question)
    yield from _input_names(index)


def _options(question: Node) -> Iterator[Fault]:
    first: dict[str, Node] = {}
    for option in question.get("options").elements():
        id_ = option.get("id")
        if id_.word is not None and first.setdefault(id_.word, id_) is not id_:
            yield id_.fault(f'duplicate option: "{id_.word}" already stands in line {first[id_.word].line}')


def _extraction_hints(question: Node) -> Iterator[Fault]:
    hints = question.get("told")
    hinted, ids = hints.get("option"), [option.get("id").word for option in question.get("options").elements()]
    if hinted.word is not None and hinted.word not in ids:
        yield hinted.fault(unknown("option", hinted.word, [id_ for id_ in ids if id_]))
    if hinted.word is None and hints.get("returned").word == "came_back":
        yield hints.get("returned").fault('"came_back" needs the "option" that it means')


def _groups_similar(question: Node) -> Iterator[Fault]:
    groups = question.get("groups_similar")
    if groups.value is not True:
        return
    kind, part = question.get("type").word, question.get("part").word
    if kind is not None and kind not in GROUPING_TYPES:
        allowed = ", ".join(GROUPING_TYPES)
        yield groups.fault(f"answers of the type {kind} do not tell what a report is about (types that do: {allowed})")
    elif part not in (None, "answer"):
        yield groups.fault(f'"part: {part}" is not what a report is about')


def _bounds(question: Node) -> Iterator[Fault]:
    shortest, longest = question.get("min_length"), question.get("max_length")
    if isinstance(shortest.value, int) and isinstance(longest.value, int) and shortest.value > longest.value:
        yield shortest.fault(f"min_length is more than max_length ({longest.value}): no answer fits")


def _pattern(question: Node) -> Iterator[Fault]:
    pattern = question.get("pattern")
    if pattern.word is None:
        return
    try:
        compiled = re.compile(pattern.word)
    except (re.error, OverflowError, RecursionError) as error:
        yield pattern.fault(f"not a regular expression: {error}")
        return
    example = question.get("example")
    texts = [example] if example.word is not None else [text for _, text in example.items()]
    for text in texts:
        if text.word is not None and not compiled.fullmatch(text.word):
            yield text.fault(f'the example "{text.word}" does not match the pattern {pattern.word}')


def _input_names(index: Index) -> Iterator[Fault]:
    """Every input of the form needs a name of its own: the form's buttons and the "other: …" lines have names too."""
    owners: dict[str, str] = {}
    for id_, question in index.questions.items():
        if id_ in RESERVED_INPUTS:
            yield question.key_fault(
                f'"{id_}" is the name of an input of the form itself (reserved: {", ".join(sorted(RESERVED_INPUTS))})'
            )
        owners[id_] = f'the question "{id_}"'
    for id_, question in index.questions.items():
        for option in question.get("options").elements():
            name = specify_input(id_, option.get("id").word or "")
            if option.get("specify").value is not True or option.get("id").word is None:
                continue
            if name in owners or name in RESERVED_INPUTS:
                owner = owners.get(name, "the form itself")
                yield option.fault(f'the input of "specify" would be called "{name}", as that of {owner}')
            owners.setdefault(name, f'the option "{option.get("id").word}" of "{id_}"')
