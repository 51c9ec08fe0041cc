"""The answers that tell one report of a situation from another, for its desk letter's subject and first lines."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.catalog.models import Catalog, Situation
from wizard.catalog.questions import Brand, PartNumber, Question, Url
from wizard.tickets.snapshot import AnswerSnapshot
from wizard.values.datetimes import UNKNOWN
from wizard.values.secrets import mask_secrets
from wizard.values.url import host_of, page_of

MOST_DECIDING = 2
"""So many of them are shown; a part number and its brand are one."""


def deciding_answers(catalog: Catalog, situation: Situation, answers: Iterable[AnswerSnapshot]) -> tuple[str, ...]:
    """The first answers to the questions that the situation names as deciding, each in one line.

    "I do not know" is none of them. Of a site's address only the host is shown, of a page's the last part of its path
    too; a brand stands behind its part number: ``("Emex", "OC 47 KNECHT")``. Nothing else is shortened.
    """
    by_id = {answer.id: answer for answer in answers if answer.value != UNKNOWN and answer.text.strip()}
    texts: list[str] = []
    before: Question | None = None
    for id_ in situation.deciding:
        question = catalog.questions[id_]
        if id_ in by_id:
            text = _in_one_line(catalog, question, by_id[id_].text)
            if isinstance(question, Brand) and isinstance(before, PartNumber):
                texts[-1] = f"{texts[-1]} {text}"
            else:
                texts.append(text)
            before = question
    return tuple(texts[:MOST_DECIDING])


def _in_one_line(catalog: Catalog, question: Question, text: str) -> str:
    text = " ".join(text.split())
    if not isinstance(question, Url):
        return text
    if question.evidence != "page":
        return host_of(text) or text
    page = page_of(text) or text
    # What was percent-encoded has not been read by the masker.
    return mask_secrets(page, catalog.phrasebook.secret_names) if "%" in text else page
