"""The words of a catalog, by which a client's are recognised: with typing errors and Latin spelling undone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from wizard.triage.lemmas import CYRILLIC, is_russian_word, lemma, transliterate
from wizard.triage.words import LONGEST, words

_LATIN_WORD = re.compile(r"(?<![\w@./-])[A-Za-z]+(?![\w@./-]\w)")


class Vocabulary:
    """The words of a catalog, against which a word of a client is recognised."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.known: set[str] = set()
        for text in texts:
            self.known.update(words(text))
        self._nearest: dict[str, str] = {}
        for word in sorted(self.known):
            if len(word) >= 5 and CYRILLIC.search(word):
                for shortened in (word, *_deletions(word)):
                    self._nearest.setdefault(shortened, word)
        self._recognised = lru_cache(maxsize=20_000)(self._recognise)

    def read(self, text: str) -> list[str]:
        """The words of a text in their base form, in order."""
        tokens = words(text[:LONGEST])
        is_latin = bool(tokens) and not any(CYRILLIC.search(word) for word in tokens)
        is_transliterated = is_latin and self._is_russian_in_latin(tokens)
        return [self._recognised(word, is_transliterated) for word in tokens]

    def native(self, text: str) -> str:
        """The text itself; in Cyrillic letters when it is Russian typed in Latin ones."""
        tokens = words(text[:LONGEST])
        is_latin = bool(tokens) and not any(CYRILLIC.search(word) for word in tokens)
        if not is_latin or not self._is_russian_in_latin(tokens):
            return text
        return _LATIN_WORD.sub(lambda match: transliterate(match.group().casefold(), self.known), text)

    def _is_russian_in_latin(self, tokens: Sequence[str]) -> bool:
        """Most of the words that English examples do not know are Russian ones once spelt in Cyrillic."""
        alphabetic = [word for word in tokens if word.isalpha() and len(word) > 2]
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
        if len(word) < 5 or not CYRILLIC.search(word):
            return None
        for shortened in (word, *_deletions(word)):
            if near := self._nearest.get(shortened):
                return near
        return None


def _deletions(word: str) -> list[str]:
    """The word less each of its letters: two words with a common member here differ by one typing error."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))] if len(word) < 30 else []
