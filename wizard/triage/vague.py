"""Whether a report says enough to be acted on, and the one question to ask back when it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.catalog.schema import Catalog, VaguePhrase, in_language
from wizard.texts import say
from wizard.triage.errors import error_number_only
from wizard.triage.language import LONGEST
from wizard.triage.phrases import compiled
from wizard.triage.words import words

ENOUGH = 5
"""Different words beyond ``fillers`` from which a text says what happened."""

ENOUGH_FOR_A_REQUEST = 2
"""The same for a question or a wish: "how to set up a mailbox" lacks nothing."""

FACT = re.compile(
    r"https?:|\b\d{1,2}[:.-]\d\d\b|[«“\"][^»”\"]{3,}|\b[\w-]{2,40}\.(?:ru|рф|com|net|org|example|su|by|kz|html?|php)\b"
    r"|[\w.+-]{1,60}@\w|\b(?:\d{1,3}\.){3}\d|\b(?=[\w.-]{0,30}\d)[A-ZА-Я\d][A-ZА-Я\d.-]{4,30}\b|\bERR_\w",
)
"""An address, a time, a quoted message, a part or order number: a text with one of these says something."""


def says_too_little(catalog: Catalog, text: str) -> bool:
    """Whether an agent would have to ask before doing anything. An error's number without its text says nothing."""
    book = catalog.phrasebook
    read = text[:LONGEST]
    number = error_number_only(book, read)
    if FACT.search(read.replace(number, "") if number else read):
        return False
    spoken = words(read)
    empty = compiled(book.fillers)
    matter = {word for word in spoken if not empty.found_in((word,)) and word != number}
    if compiled(book.requests).found_in(spoken):
        return len(matter) < ENOUGH_FOR_A_REQUEST
    return len(matter) < ENOUGH


def ask_back(catalog: Catalog, situation: str | None, text: str, language: str) -> str | None:
    """The one question that would help most, beginning with what is understood (ux.md, point 11)."""
    category = catalog.category_of[situation].id if situation in catalog.situations else None
    group = _group(catalog, category, words(text[:LONGEST]), error_number_only(catalog.phrasebook, text[:LONGEST]))
    if group is None:
        return None
    ask = in_language(group.ask, language)
    if situation not in catalog.situations:
        return ask
    label = in_language(catalog.situations[situation].label, language)
    return say(language, "triage.understood", situation=label, ask=ask)


def ask_for_text(catalog: Catalog, language: str) -> str | None:
    """What to ask when an error's number came without its text; None when the catalog has no words for it."""
    return next((in_language(group.ask, language) for group in catalog.vague if group.error_number), None)


def _group(catalog: Catalog, category: str | None, spoken: Sequence[str], number: str | None) -> VaguePhrase | None:
    """The group that asks: for an error's number, for a phrase that was said, for the category, or for anything."""
    if number:
        for group in catalog.vague:
            if group.error_number:
                return group
    fitting = [group for group in catalog.vague if not group.categories or category in group.categories]
    for group in fitting:
        if compiled(group.phrases).found_in(spoken):
            return group
    own = [group for group in catalog.vague if group.categories and group.categories[0] == category]
    return next(iter([*own, *(group for group in reversed(catalog.vague) if not group.categories)]), None)
