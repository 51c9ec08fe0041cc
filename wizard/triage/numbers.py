"""Numbers of earlier tickets in a text, and whether the text goes on with one of them."""

from __future__ import annotations

import re

from wizard.catalog.schema import Phrasebook
from wizard.triage.language import LONGEST
from wizard.triage.phrases import compiled
from wizard.triage.words import words

_TAG = re.compile(r"##\s{0,2}(\d{5,9})\s{0,2}##")
_NAMED = re.compile(
    r"(?:\b(?:заявк|заяв|тикет|обращени|запрос|инцидент)[а-яё]{0,3}|\b(?:ticket|request|case|incident|tt))"
    r"\s{0,3}(?:номер[а-яё]{0,2}|number|id|no\.?|n|№|#)?\s{0,2}[:№#]{0,2}\s{0,2}(\d{5,7})(?![\d.-]\d|\d)",
    re.IGNORECASE,
)


def ticket_numbers(text: str) -> tuple[str, ...]:
    """The digits of every ticket number that a text names, in any form met in the wild (design.md §4), each once."""
    read = text[:LONGEST]
    found = sorted((match.start(), match[1]) for pattern in (_TAG, _NAMED) for match in pattern.finditer(read))
    return tuple(dict.fromkeys(number for _, number in found))


def continues_ticket(book: Phrasebook, subject: str | None, text: str) -> bool | None:
    """Whether a text goes on with the ticket that it names; None when it names none.

    "A new question is a new ticket" (rules.ru.txt): words of closing or of another matter outweigh the number.
    """
    if not ticket_numbers(f"{subject or ''}\n{text}"):
        return None
    return not compiled(book.new_question).found_in(words(text[:LONGEST]))
