"""A text as the words that stand for it: base forms, with typing errors, Latin spelling and slang undone."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from wizard.triage.words import words

LONGEST = 6000
"""Characters of a text that are read: a report says what it is about within them."""

_CYRILLIC = re.compile(r"[а-я]")
_LATIN_PAIRS = {
    # A "ця" there is in no Russian word: these are the ends of verbs.
    **{"tsya": "тся", "tsja": "тся", "tsia": "тся"},
    **{"shch": "щ", "sch": "щ", "yo": "ё", "jo": "ё", "zh": "ж", "kh": "х", "ts": "ц", "tz": "ц", "ch": "ч", "sh": "ш"},
    **{"yu": "ю", "ju": "ю", "iu": "ю", "ya": "я", "ja": "я", "ia": "я", "ye": "е", "je": "е", "yi": "ы", "ph": "ф"},
}
_LATIN_SIGNS = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхижклмнопкрстуввхыз", strict=True))
_LATIN_WORD = re.compile(r"(?<![\w@./-])[A-Za-z]+(?![\w@./-]\w)")
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
    if _CYRILLIC.search(word):
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
    spelt = _spelt(word), _spelt(_SHORT_I_OR_I.sub("й", word))
    found = (each for is_right in (known.__contains__, is_russian_word) for each in spelt if is_right(each))
    return next(found, spelt[0])


def _spelt(word: str) -> str:
    told = _SHORT_I.sub("й", word)
    return _LATIN.sub(lambda found: _LATIN_PAIRS.get(found[0]) or _LATIN_SIGNS[found[0]], told).replace("ё", "е")


class Vocabulary:
    """The words of a catalog, against which a word of a client is recognised."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.known: set[str] = set()
        for text in texts:
            self.known.update(words(text))
        self._nearly: dict[str, str] = {}
        for word in sorted(self.known):
            if len(word) >= 5 and _CYRILLIC.search(word):
                for shortened in (word, *_without_one(word)):
                    self._nearly.setdefault(shortened, word)
        self._recognised = lru_cache(maxsize=20_000)(self._recognise)

    def read(self, text: str) -> list[str]:
        """The words of a text in their base form, in order."""
        spoken = words(text[:LONGEST])
        is_latin = bool(spoken) and not any(_CYRILLIC.search(word) for word in spoken)
        is_transliterated = is_latin and self._is_russian_in_latin(spoken)
        return [self._recognised(word, is_transliterated) for word in spoken]

    def native(self, text: str) -> str:
        """The text itself; in Cyrillic letters when it is Russian typed in Latin ones."""
        spoken = words(text[:LONGEST])
        is_latin = bool(spoken) and not any(_CYRILLIC.search(word) for word in spoken)
        if not is_latin or not self._is_russian_in_latin(spoken):
            return text
        return _LATIN_WORD.sub(lambda found: transliterate(found.group().casefold(), self.known), text)

    def _is_russian_in_latin(self, spoken: Sequence[str]) -> bool:
        """Most of the words that English examples do not know are Russian ones once spelt in Cyrillic."""
        alphabetic = [word for word in spoken if word.isalpha() and len(word) > 2]
        foreign = [word for word in alphabetic if word not in self.known]
        russian = [word for word in foreign if self._corrected(transliterate(word, self.known)) is not None]
        return len(russian) * 2 > len(foreign) and len(russian) * 3 >= len(alphabetic)

    def _recognise(self, word: str, is_transliterated: bool) -> str:
        if word in self.known and not is_transliterated:
            return lemma(word)
        if is_transliterated and word.isalpha():
            word = transliterate(word, self.known)
        return lemma(self._corrected(word) or word)

    def _corrected(self, word: str) -> str | None:
        """The word itself when it is known; one that differs by one typing error; or None."""
        if word in self.known or is_russian_word(word):
            return word
        if len(word) < 5 or not _CYRILLIC.search(word):
            return None
        for shortened in (word, *_without_one(word)):
            if found := self._nearly.get(shortened):
                return found
        return None


def _without_one(word: str) -> list[str]:
    """The word less each of its letters: two words with a common member here differ by one typing error."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))] if len(word) < 30 else []


def _english_stem(word: str) -> str:
    for ending, least in (("ing", 6), ("ies", 5), ("ed", 5), ("es", 5), ("s", 4)):
        if word.isalpha() and word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
