"""Validation errors of a catalog: what is wrong, where, and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST_LISTED = 20
"""So many allowed words are listed in a fault; of longer lists the nearest word helps more than all of them."""


@dataclass(frozen=True, order=True)
class Fault:
    """One validation error, and the place to correct it."""

    file: str
    line: int
    """Counted from 1; 0 when the file itself cannot be read."""
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.problem}"


class CatalogError(ValueError):
    """A catalog that cannot be used. Its text is every fault, each on a line of its own."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        # Sorting by line brings the faults of one place together; a set drops what two checks report alike.
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def unknown(what: str, word: str, allowed: Iterable[str]) -> str:
    """Say that a word is not known, which one may have been meant, and which are allowed."""
    words = list(dict.fromkeys(allowed))
    matches = get_close_matches(word, words, n=1)
    guess = f'; did you mean "{matches[0]}"?' if matches else ""
    listed = ", ".join(words[:MOST_LISTED]) + (f", … ({len(words)} in all)" if len(words) > MOST_LISTED else "")
    return f'unknown {what} "{word}"{guess} (allowed: {listed or "none"})'
