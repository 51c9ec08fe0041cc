"""Whether a report says enough to be acted on, and the one question to ask back when it does not."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog
from wizard.catalog.phrasebook import Phrasebook, VaguePhrase
from wizard.texts import translate
from wizard.triage.error_text import error_number_only
from wizard.triage.fact_kinds import facts_in
from wizard.triage.suggest.ranker import native
from wizard.triage.words import LONGEST, compiled, words

ENOUGH_FACTS = 2
"""Kinds of facts with which a text says where to look, if it says anything of the matter at all."""

ENOUGH_BESIDE_A_FACT = 5
"""Different words beyond ``fillers`` from which a text with a single fact says what happened."""

ENOUGH_FOR_A_WISH = 7
"""The same for a text without a fact in a situation in which something is asked or wished for."""

ENOUGH_WORDS = 3
"""The same for a text with more facts, and for a question or a wish: "how to set up a mailbox" lacks nothing."""


def says_too_little(catalog: Catalog, text: str, situation: str | None = None, answered: int = 0) -> bool:
    """Whether an agent would have to ask before doing anything.

    Many words without a fact say too little ("разберитесь, всё плохо, клиенты жалуются"), and so does an error's
    number without its text. ``situation`` is the one that is known or likely; ``answered`` is how many facts the client
    gave in answer to other questions.
    """
    book = catalog.phrasebook
    read = native(catalog, text[:LONGEST])
    tokens = words(read)
    fillers = compiled(book.fillers)
    matter = len({word for word in tokens if not (word.isdecimal() or fillers.found_in((word,)))})
    facts = len(facts_in(book, read)) + answered
    if is_request(book, tokens):
        return not facts and matter < ENOUGH_WORDS
    if facts >= ENOUGH_FACTS:
        return matter < ENOUGH_WORDS
    if facts:
        return matter < ENOUGH_BESIDE_A_FACT
    is_wish = situation in catalog.situations and catalog.situations[situation].wish
    return matter < ENOUGH_FOR_A_WISH or not is_wish


def is_request(book: Phrasebook, tokens: Sequence[str]) -> bool:
    """Whether a text asks how to do something or for something to be done, which is whole without a fact."""
    exempt = {at for start, end in compiled(book.not_requests).places(tokens) for at in range(start, end)}
    return any(not exempt.intersection(range(*place)) for place in compiled(book.requests).places(tokens))


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
    return translate(language, "triage.understood", situation=label, ask=ask)


def ask_for_text(catalog: Catalog, language: str) -> str | None:
    """What to ask when an error's number came without its text; None when the catalog has no words for it."""
    return next((in_language(group.ask, language) for group in catalog.vague if group.error_number), None)


def _group(catalog: Catalog, category: str | None, tokens: Sequence[str], number: str | None) -> VaguePhrase | None:
    """The group that asks: for an error's number, for a phrase that was said, for the category, or for anything."""
    if number:
        for group in catalog.vague:
            if group.error_number:
                return group
    fitting = [group for group in catalog.vague if not group.categories or category in group.categories]
    for group in fitting:
        if compiled(group.phrases).found_in(tokens):
            return group
    own = [group for group in catalog.vague if group.categories and group.categories[0] == category]
    return next(iter([*own, *(group for group in reversed(catalog.vague) if not group.categories)]), None)
