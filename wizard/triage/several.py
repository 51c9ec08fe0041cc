"""Whether one text holds two questions ("a new question is a new ticket", rules.ru.txt)."""

from __future__ import annotations

import re

from wizard.catalog.schema import Catalog
from wizard.triage.language import LONGEST
from wizard.triage.phrases import compiled
from wizard.triage.suggest import suggest
from wizard.triage.words import words

LEAST_WORDS = 3
"""Words on either side of what opens a second question."""

SURE = 0.2
"""Likeness from which half a text is known to be about a situation."""

_NUMBERED = re.compile(r"(?:^|\n|[.;:!?,]\s)\s{0,4}(?:[1-9][).]|[-•])\s")


def several_questions(catalog: Catalog, text: str) -> bool:
    """Whether the parts of a text ask for different things; several facts about one matter are one question."""
    read = text[:LONGEST]
    return _adds_another(catalog, read) or _lists_several(catalog, read)


def _adds_another(catalog: Catalog, text: str) -> bool:
    spoken = words(text)
    asking = compiled(catalog.phrasebook.requests)
    for start, end in compiled(catalog.phrasebook.also).places(spoken):
        before, after = spoken[:start], spoken[end:]
        if len(before) < LEAST_WORDS or len(after) < LEAST_WORDS - 1:
            continue
        is_said = any(
            word.startswith(("вопрос", "question", "спросить", "ask")) for word in (*spoken[start:end], *after[:4])
        )
        if is_said or asking.found_in(after[:8]) or _differ(catalog, [" ".join(before), " ".join(after)]):
            return True
    return False


def _lists_several(catalog: Catalog, text: str) -> bool:
    parts = [part for part in _NUMBERED.split(text)[1:] if len(words(part)) >= LEAST_WORDS]
    return len(parts) > 1 and _differ(catalog, parts[:4])


def _differ(catalog: Catalog, parts: list[str]) -> bool:
    """Whether the parts are surely about different categories."""
    found = [next(iter(suggest(catalog, part, most=1)), None) for part in parts]
    categories = {catalog.category_of[each.situation].id for each in found if each and each.score >= SURE}
    return len(categories) > 1
