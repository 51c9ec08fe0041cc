"""How a form is cut into steps: a section is a step, a long one is several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from wizard.catalog.models import Asked, Catalog, Section

MOST = 4
"""Questions that a step shows. Those that are folded away are not counted: they come when the client opens them."""


@dataclass(frozen=True)
class Step:
    """Some questions of one section, shown together."""

    id: str
    """The section's id, with a number from the second part on: ``clarify``, ``clarify-2``."""
    section: Section
    is_continued: bool
    questions: tuple[str, ...]


def steps_of(catalog: Catalog, questions: Sequence[Asked]) -> Iterator[Step]:
    """The steps of a situation, in order; together they hold every question once."""
    for section in catalog.sections:
        own = [asked for asked in questions if asked.question.section == section.id]
        for number, ids in enumerate(_parts(own), start=1):
            yield Step(section.id if number == 1 else f"{section.id}-{number}", section, number > 1, ids)


def _parts(questions: list[Asked]) -> Iterator[tuple[str, ...]]:
    folded = tuple(asked.question.id for asked in questions if asked.question.folded and not asked.required)
    shown = [asked for asked in questions if asked.question.id not in folded]
    # As even as can be: four and one would be a step for a single question.
    size = ceil(len(shown) / (ceil(len(shown) / MOST) or 1))
    part: tuple[str, ...] = ()
    for group in _groups(shown):
        if part and len(part) + len(group) > size:
            yield part
            part = ()
        part += group
    if part or folded:
        yield part + folded


def _groups(questions: list[Asked]) -> Iterator[tuple[str, ...]]:
    """The questions one by one, but a part number with the brand that stands beside it."""
    ids, types = [asked.question.id for asked in questions], [asked.question.type for asked in questions]
    at = 0
    while at < len(ids):
        width = 2 if types[at : at + 2] == ["part_number", "brand"] else 1
        yield tuple(ids[at : at + width])
        at += width
