"""A text as words (tokens), and phrases that are looked for among them. Linear in the length of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from operator import eq, methodcaller
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.catalog.model_types import PhrasesByLanguage

LONGEST = 6000
"""Characters of a text that are read: a report says what it is about within them."""

_WORD = re.compile(r"[^\W_]+")
_Rest = tuple[Callable[[str], bool], ...]
"""What each further word of a phrase has to be."""


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in lower case, with ``ё`` as ``е``."""
    return tuple(_WORD.findall(text.casefold().replace("ё", "е")))


def placed_words(text: str) -> tuple[tuple[str, int], ...]:
    """The words of a text as ``words`` gives them, each with where it ends in the text as it was typed."""
    return tuple((word, match.end()) for match in _WORD.finditer(text) for word in words(match.group())[:1])


class Phrases:
    """Phrases of one or more words; a word that ends in ``*`` stands for every word that begins so.

    A later word may begin with ``*`` and then stands for every word that ends so: ``как *ть`` is "как настроить".
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._whole: dict[str, list[_Rest]] = defaultdict(list)
        self._begun: dict[str, list[_Rest]] = defaultdict(list)
        self._shortest = 99
        self._longest = 0
        for entry in entries:
            phrase = _patterns(entry)
            if not phrase:
                continue
            first, rest = phrase[0], tuple(map(_fitting, phrase[1:]))
            if first.endswith("*"):
                beginning = first[:-1]
                self._begun[beginning].append(rest)
                self._shortest = min(self._shortest, len(beginning))
                self._longest = max(self._longest, len(beginning))
            else:
                self._whole[first].append(rest)

    def found_in(self, tokens: Sequence[str]) -> bool:
        """Whether one of the phrases stands among the words."""
        return next(self._matches(tokens), None) is not None

    def places(self, tokens: Sequence[str]) -> list[tuple[int, int]]:
        """Where phrases stand, as ``(start, end)`` by words, the longest at each place, not overlapping."""
        places: list[tuple[int, int]] = []
        behind = 0
        for start, end in self._matches(tokens):
            if start >= behind:
                places.append((start, end))
                behind = end
        return places

    def _matches(self, tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Every word with which a phrase begins, and where the longest one ends."""
        # A long text says few different words, most of them begin nothing, and few that do go on as a phrase does.
        begun: dict[str, list[_Rest]] = {}
        going_on: dict[tuple[str, str], list[_Rest]] = {}
        for at, (word, following) in enumerate(pairwise([*tokens, ""])):
            rests = begun.get(word)
            if rests is None:
                rests = begun[word] = self._behind(word)
            if not rests:
                continue
            possible = going_on.get((word, following))
            if possible is None:
                possible = [rest for rest in rests if not rest or rest[0](following)]
                going_on[word, following] = possible
            for rest in possible:
                end = at + 1 + len(rest)
                if end <= len(tokens) and all(
                    fits(token) for fits, token in zip(rest, tokens[at + 1 : end], strict=True)
                ):
                    yield at, end
                    break

    def _behind(self, word: str) -> list[_Rest]:
        """What has to follow the word, for each phrase that begins with it; the longest first."""
        rests = list(self._whole.get(word, ()))
        for length in range(self._shortest, min(self._longest, len(word)) + 1):
            rests += self._begun.get(word[:length], ())
        return sorted(rests, key=len, reverse=True)


def _patterns(entry: str) -> list[str]:
    """The words of an entry, each with its ``*``; a lone ``*`` stands for any word."""
    patterns: list[str] = []
    for piece in entry.split():
        tokens = words(piece)
        if piece.startswith("*") and len(tokens) == 1:
            patterns.append(f"*{tokens[0]}")
            continue
        patterns += tokens[:-1]
        if tokens:
            patterns.append(f"{tokens[-1]}*" if piece.endswith("*") else tokens[-1])
        elif piece == "*":
            patterns.append("*")
    return patterns


def _fitting(pattern: str) -> Callable[[str], bool]:
    """Whether a word fits a pattern."""
    if pattern.endswith("*"):
        return methodcaller("startswith", pattern[:-1])
    return methodcaller("endswith", pattern[1:]) if pattern.startswith("*") else partial(eq, pattern)


def compiled(phrases: PhrasesByLanguage) -> Phrases:
    """The phrases of every language: a client may mix them."""
    return _compiled(tuple(phrase for entries in phrases.values() for phrase in entries))


@lru_cache(maxsize=256)
def _compiled(entries: tuple[str, ...]) -> Phrases:
    return Phrases(entries)
