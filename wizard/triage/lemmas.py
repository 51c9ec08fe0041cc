"""Lemmas: the base forms of Russian and English words, and Russian that was typed in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache, lru_cache
from typing import Any

CYRILLIC = re.compile(r"[а-я]")
_LATIN_PAIRS = {
    # A "ця" there is in no Russian word: these are the ends of verbs.
    **{"tsya": "тся", "tsja": "тся", "tsia": "тся"},
    **{"shch": "щ", "sch": "щ", "yo": "ё", "jo": "ё", "zh": "ж", "kh": "х", "ts": "ц", "tz": "ц", "ch": "ч", "sh": "ш"},
    **{"yu": "ю", "ju": "ю", "iu": "ю", "ya": "я", "ja": "я", "ia": "я", "ye": "е", "je": "е", "yi": "ы", "ph": "ф"},
}
_LATIN_SIGNS = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхижклмнопкрстуввхыз", strict=True))
_SHORT_I = re.compile(r"(?<=[aeiouy])[yj](?![aeiou])")
_SHORT_I_OR_I = re.compile(r"(?<=[aeou])i(?![aeiou])")
"""In "zaitsev" it is "й", in "zainteresovan" it is "и"."""
_LATIN = re.compile("|".join(sorted(_LATIN_PAIRS, key=len, reverse=True)) + "|[a-z]")


@cache
def _analyzer() -> Any:
    # Imported here and once: 30 MB and a tenth of a second, which a process that reads no text need not pay.
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=20_000)
def lemma(word: str) -> str:
    """The dictionary form of a word; English endings are cut, so that forms of one word mostly meet."""
    if CYRILLIC.search(word):
        return str(_analyzer().parse(word)[0].normal_form).replace("ё", "е") if len(word) < 40 else word
    return _english_stem(word)


@lru_cache(maxsize=20_000)
def is_russian_word(word: str) -> bool:
    """Whether a dictionary knows the word."""
    return len(word) < 40 and bool(_analyzer().word_is_known(word))


def transliterate(word: str, known: Container[str] = frozenset()) -> str:
    """A word typed in Latin letters as it is said in Russian: ``ne rabotaet sait`` → ``не работает сайт``.

    Of two spellings that one of the ``known`` words has is taken, or else that of a word in the dictionary.
    """
    spellings = _in_cyrillic(word), _in_cyrillic(_SHORT_I_OR_I.sub("й", word))
    words = (spelled for is_word in (known.__contains__, is_russian_word) for spelled in spellings if is_word(spelled))
    return next(words, spellings[0])


def _in_cyrillic(word: str) -> str:
    word = _SHORT_I.sub("й", word)
    return _LATIN.sub(lambda match: _LATIN_PAIRS.get(match[0]) or _LATIN_SIGNS[match[0]], word).replace("ё", "е")


def _english_stem(word: str) -> str:
    for ending, least in (("ing", 6), ("ies", 5), ("ed", 5), ("es", 5), ("s", 4)):
        if word.isalpha() and word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
