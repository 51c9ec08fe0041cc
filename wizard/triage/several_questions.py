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
    spoken = [word for word, _ in placed]
    adding, joining = compiled(catalog.phrasebook.also), compiled(catalog.phrasebook.joining)
    places = {start: end for start, end in adding.places(spoken)}
    for start, end in joining.places(spoken):
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
    found = {catalog.category_of[each.situation].id for part in parts if (each := _about(catalog, part))}
    return len(found) > 1


def _are_apart(catalog: Catalog, before: str, after: str, *, within_category: bool) -> bool:
    """Whether two parts are about different matters: another category, another situation, or a fault and a wish."""
    one, other = _about(catalog, before), _about(catalog, after)
    if one is None or other is None or one.situation == other.situation:
        return False
    if within_category or catalog.category_of[one.situation] is not catalog.category_of[other.situation]:
        return True
    return is_request(catalog.phrasebook, words(after)) != is_request(catalog.phrasebook, words(before))


def _own_words(catalog: Catalog, text: str) -> int:
    """How many words of a part name a matter of its own: "and what shall we do?" has none."""
    empty = compiled(catalog.phrasebook.fillers)
    return sum(not empty.found_in((word,)) for word in words(text))


def _about(catalog: Catalog, text: str) -> Suggestion | None:
    found = next(iter(suggest(catalog, text, most=1)), None)
    return found if found and found.score >= LIKELY else None
