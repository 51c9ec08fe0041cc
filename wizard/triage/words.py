"""A text as words, and phrases that are looked for among them. Linear in the length of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in lower case, with ``ё`` as ``е``."""
    return tuple(_WORD.findall(text.casefold().replace("ё", "е")))


def placed_words(text: str) -> tuple[tuple[str, int], ...]:
    """The words of a text as ``words`` gives them, each with where it ends in the text as it was typed."""
    return tuple((word, found.end()) for found in _WORD.finditer(text) for word in words(found.group())[:1])


class Phrases:
    """Phrases of one or more words; a word that ends in ``*`` stands for every word that begins so.

    A later word may begin with ``*`` and then stands for every word that ends so: ``как *ть`` is "как настроить".
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._whole: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._begun: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._shortest = 99
        self._longest = 0
        for entry in entries:
            phrase = tuple(_patterns(entry))
            if not phrase:
                continue
            first = phrase[0]
            if first.endswith("*"):
                beginning = first[:-1]
                self._begun[beginning].append(phrase)
                self._shortest = min(self._shortest, len(beginning))
                self._longest = max(self._longest, len(beginning))
            else:
                self._whole[first].append(phrase)

    def found_in(self, spoken: Sequence[str]) -> bool:
        """Whether one of the phrases stands among the words."""
        return any(self._length_at(spoken, at) for at in range(len(spoken)))

    def places(self, spoken: Sequence[str]) -> list[tuple[int, int]]:
        """Where phrases stand, as ``(start, end)`` by words, the longest at each place, not overlapping."""
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(spoken):
            length = self._length_at(spoken, at)
            if length:
                found.append((at, at + length))
            at += length or 1
        return found

    def _length_at(self, spoken: Sequence[str], at: int) -> int:
        """How many words the longest phrase that begins here has; 0 when none does."""
        word = spoken[at]
        candidates = list(self._whole.get(word, ()))
        for length in range(self._shortest, min(self._longest, len(word)) + 1):
            candidates += self._begun.get(word[:length], ())
        return max((len(phrase) for phrase in candidates if _stands(phrase, spoken, at)), default=0)


def _patterns(entry: str) -> list[str]:
    """The words of an entry, each with its ``*`` kept; a lone ``*`` stands for any word."""
    found: list[str] = []
    for piece in entry.split():
        spoken = words(piece)
        if piece.startswith("*") and len(spoken) == 1:
            found.append(f"*{spoken[0]}")
            continue
        found += spoken[:-1]
        found += [f"{spoken[-1]}*" if piece.endswith("*") else spoken[-1]] if spoken else ["*"] if piece == "*" else []
    return found


def _stands(phrase: Sequence[str], spoken: Sequence[str], at: int) -> bool:
    if at + len(phrase) > len(spoken):
        return False
    return all(_fits(pattern, word) for pattern, word in zip(phrase, spoken[at : at + len(phrase)], strict=True))


def _fits(pattern: str, word: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word.endswith(pattern[1:]) if pattern.startswith("*") else word == pattern
