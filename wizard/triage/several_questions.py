"""Whether one text holds two questions ("a new question is a new ticket", rules.ru.txt)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.catalog.models import Catalog
from wizard.triage.suggest.ranker import LIKELY, Suggestion, native, suggest
from wizard.triage.vague import is_request
from wizard.triage.words import LONGEST, compiled, placed_words, words

LEAST_WORDS = 3
"""Words on either side of what opens a second question."""
MOST_PLACES = 4
"""Places at which a second question is looked for."""
NEAR = 600
"""Characters on either side of such a place that are compared."""

_NUMBERED = re.compile(r"(?:^|\n|[.;:!?,]\s)\s{0,4}(?:[1-9][).]|[-•])\s|\s[1-9]\)\s")
_END = re.compile(r"[.!?\n]\s*\W{0,3}$")


def several_questions(catalog: Catalog, text: str) -> bool:
    """Whether the parts of a text ask for different things; several facts about one matter are one question."""
    read = native(catalog, text[:LONGEST])
    return _adds_another(catalog, read) or _lists_several(catalog, read)


def _adds_another(catalog: Catalog, text: str) -> bool:
    adding = compiled(catalog.phrasebook.also)
    for before, opening, after in _openings(catalog, text):
        if len(words(before)) < LEAST_WORDS or len(words(after)) < LEAST_WORDS - 1:
            continue
        is_named = compiled(catalog.phrasebook.question_words).found_in(words(opening + after)[:5])
        if is_named and _own_words(catalog, after) >= LEAST_WORDS:
            return True
        is_added = adding.found_in(words(opening))
        if _own_words(catalog, after) > 1 and _are_apart(catalog, before, after, within_category=is_added):
            return True
    return False


def _openings(catalog: Catalog, text: str) -> Iterator[tuple[str, str, str]]:
    """What stands before a phrase that adds something, the phrase, and what stands behind it."""
    placed = placed_words(text)
    tokens = [word for word, _ in placed]
    adding, joining = compiled(catalog.phrasebook.also), compiled(catalog.phrasebook.joining)
    places = {start: end for start, end in adding.places(tokens)}
    for start, end in joining.places(tokens):
        # "And" opens something new at the beginning of a sentence only.
        begin = placed[start][1] - len(placed[start][0])
        if start and _END.search(text[max(0, begin - 8) : begin]):
            places.setdefault(start, end)
    for start, end in sorted(places.items())[:MOST_PLACES]:
        begin = placed[start][1] - len(placed[start][0])
        behind = placed[end - 1][1]
        yield text[max(0, begin - NEAR) : begin], text[begin:behind], text[behind : behind + NEAR]


def _lists_several(catalog: Catalog, text: str) -> bool:
    parts = [part for part in _NUMBERED.split(text)[1:] if len(words(part)) >= LEAST_WORDS][:4]
    categories = {catalog.category_of[about.situation].id for part in parts if (about := _about(catalog, part))}
    return len(categories) > 1


def _are_apart(catalog: Catalog, before: str, after: str, *, within_category: bool) -> bool:
    """Whether two parts are about different matters: another category, another situation, or a fault and a wish."""
    first, second = _about(catalog, before), _about(catalog, after)
    if first is None or second is None or first.situation == second.situation:
        return False
    if within_category or catalog.category_of[first.situation] is not catalog.category_of[second.situation]:
        return True
    return is_request(catalog.phrasebook, words(after)) != is_request(catalog.phrasebook, words(before))


def _own_words(catalog: Catalog, text: str) -> int:
    """How many words of a part name a matter of its own: "and what shall we do?" has none."""
    fillers = compiled(catalog.phrasebook.fillers)
    return sum(not fillers.found_in((word,)) for word in words(text))


def _about(catalog: Catalog, text: str) -> Suggestion | None:
    likeliest = next(iter(suggest(catalog, text, most=1)), None)
    return likeliest if likeliest and likeliest.score >= LIKELY else None
