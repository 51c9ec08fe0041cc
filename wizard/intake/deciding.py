"""The answers that tell one report of a situation from another, for its desk letter's subject and first lines."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from wizard.catalog.models import Catalog, Situation
from wizard.catalog.questions import Brand, PartNumber, Question, Url
from wizard.tickets.snapshot import AnswerSnapshot
from wizard.values.datetimes import UNKNOWN

MOST_DECIDING = 2
"""So many of them are shown; a part number and its brand are one."""


def deciding_answers(catalog: Catalog, situation: Situation, answers: Iterable[AnswerSnapshot]) -> tuple[str, ...]:
    """The first answers to the questions that the situation names as deciding, each in one line.

    "I do not know" is none of them. Of a web address only its host is shown; a brand stands behind its part number:
    ``("Emex", "OC 47 KNECHT")``. Nothing is shortened, nor masked beyond what the answers are already.
    """
    by_id = {answer.id: answer for answer in answers if answer.value != UNKNOWN and answer.text.strip()}
    texts: list[str] = []
    before: Question | None = None
    for id_ in situation.deciding:
        question = catalog.questions[id_]
        if id_ in by_id:
            text = _in_one_line(question, by_id[id_].text)
            if isinstance(question, Brand) and isinstance(before, PartNumber):
                texts[-1] = f"{texts[-1]} {text}"
            else:
                texts.append(text)
            before = question
    return tuple(texts[:MOST_DECIDING])


def _in_one_line(question: Question, text: str) -> str:
    text = " ".join(text.split())
    return (urlsplit(text).hostname or text) if isinstance(question, Url) else text
