"""Whether a text insults or shouts. Angry without an insult is polite; the queue never depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.catalog.phrasebook import Phrasebook
from wizard.triage.words import LONGEST, compiled, words

SHOUTED_WORDS = 5
"""Words in capitals from which a text is shouted, if it is mostly capitals and exclaims."""

_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*]{1,2}[^\W\d_]){3,20}(?![^\W_])")
_MIXED = re.compile(r"[^\W_]{0,30}[а-яё][^\W_]{0,30}", re.IGNORECASE)
_LOOKALIKE = str.maketrans("aceopxyktmhbu0346@", "асеорхуктмнвиозчба")
_REPEATED = re.compile(r"(.)\1{2,}")
_MASKED = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,30}[*#@$%]{1,6}[^\W\d_]{0,30}")
_CAPITALS = re.compile(r"[^\W\d_]{2,}")


def is_polite(book: Phrasebook, text: str) -> bool:
    """Whether nothing in a text insults or shouts at whoever reads it."""
    read = text[:LONGEST]
    return not (_insults(book, read) or _shouts(book, read))


def _insults(book: Phrasebook, text: str) -> bool:
    insults, harmless = compiled(book.insults), compiled(book.not_insults)
    for variant in {text, _unmasked(text)}:
        tokens = words(variant)
        exempt = {at for start, end in harmless.places(tokens) for at in range(start, end)}
        if any(not exempt.issuperset(range(*place)) for place in insults.places(tokens)):
            return True
    stems = _stems(book)
    return any(_fits(masked.group(), stems) for masked in list(_MASKED.finditer(text))[:50])


def _unmasked(text: str) -> str:
    """Spelling that hides a word undone: letters set apart, drawn out, or taken from another alphabet."""
    joined = _SPACED.sub(lambda match: re.sub(r"[^\w]|_", "", match.group()), text)
    native = _MIXED.sub(lambda match: match.group().casefold().translate(_LOOKALIKE), joined)
    return _REPEATED.sub(r"\1", native)


def _fits(masked: str, stems: Iterable[str]) -> bool:
    """Whether a word with some letters starred out is an insult: ``д*бил`` is, ``2*3`` and ``м*`` are not."""
    shown = [sign for sign in masked.casefold().replace("ё", "е") if sign.isalpha()]
    if len(shown) < 2 or len(masked) < 4:
        return False
    word = masked.casefold().replace("ё", "е")
    return any(_hides(word, stem) for stem in stems if len(stem) >= 4)


def _hides(masked: str, stem: str) -> bool:
    """Whether a word begins like a stem, where a sign that is no letter stands for any, and some sign does."""
    begun = masked[: len(stem)]
    return not begun.isalpha() and all(
        shown == meant or not shown.isalpha() for shown, meant in zip(begun, stem, strict=False)
    )


def _shouts(book: Phrasebook, text: str) -> bool:
    if "!!" not in text and "??" not in text:
        return False
    tokens = _CAPITALS.findall(text)
    capitals = [word for word in tokens if word.isupper()]
    letters = sum(map(len, tokens))
    if len(capitals) < SHOUTED_WORDS or sum(map(len, capitals)) * 10 < letters * 7:
        return False
    # Brands and abbreviations stand in capitals too; whoever shouts says words of everyday speech.
    everyday = compiled(book.fillers)
    return sum(everyday.found_in(words(word)) for word in capitals) >= 2


def _stems(book: Phrasebook) -> list[str]:
    insults = [entry for entries in book.insults.values() for entry in entries if " " not in entry]
    return [entry.rstrip("*").replace("ё", "е") for entry in insults]
