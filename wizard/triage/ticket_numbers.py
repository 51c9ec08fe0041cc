"""Numbers of earlier tickets in a text, and whether the text goes on with one of them."""

from __future__ import annotations

import re

from wizard.catalog.models import Catalog
from wizard.triage.suggest.ranker import LIKELY, suggest
from wizard.triage.words import LONGEST, compiled, words

_TAG = re.compile(r"##\s{0,2}(\d{5,9})\s{0,2}##")
_NAMED = re.compile(
    r"(?:\b(?:заявк|заяв|тикет|обращени|запрос|инцидент)[а-яё]{0,3}|\b(?:ticket|request|case|incident|tt))"
    r"\s{0,3}(?:номер[а-яё]{0,2}|number|id|no\.?|n|№|#)?\s{0,2}[:№#]{0,2}\s{0,2}(\d{5,7})(?![\d.-]\d|\d)",
    re.IGNORECASE,
)


def ticket_numbers(text: str) -> tuple[str, ...]:
    """The digits of every ticket number that a text names, in any form met in the wild (design.md §4), each once."""
    read = text[:LONGEST]
    numbers = sorted((match.start(), match[1]) for pattern in (_TAG, _NAMED) for match in pattern.finditer(read))
    return tuple(dict.fromkeys(number for _, number in numbers))


def without_ticket_numbers(text: str) -> str:
    """The text less the numbers of earlier tickets."""
    for pattern in (_TAG, _NAMED):
        text = pattern.sub(" ", text)
    return text


def continues_ticket(catalog: Catalog, subject: str | None, text: str) -> bool | None:
    """Whether a text goes on with the ticket that it names; None when it names none.

    "A new question is a new ticket" (rules.ru.txt): words of closing or of another matter outweigh the number, words
    of going on outweigh the rest, and without either the matter of the subject is compared with that of the text.
    """
    if not ticket_numbers(f"{subject or ''}\n{text}"):
        return None
    tokens = words(text[:LONGEST])
    if compiled(catalog.phrasebook.new_question).found_in(tokens):
        return False
    if subject is None or compiled(catalog.phrasebook.continuing).found_in(tokens):
        return True
    before, now = (next(iter(suggest(catalog, without_ticket_numbers(part), most=1)), None) for part in (subject, text))
    if before is None or now is None or now.score < LIKELY:
        return True
    return catalog.category_of[before.situation] is catalog.category_of[now.situation]
