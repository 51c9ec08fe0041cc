"""Phrases of a catalog, made ready once for all texts."""

from __future__ import annotations

from functools import lru_cache

from wizard.catalog.model_types import PhrasesByLanguage
from wizard.triage.words import Phrases


def compiled(phrases: PhrasesByLanguage) -> Phrases:
    """The phrases of every language: a client may mix them."""
    return _compiled(tuple(phrase for each in phrases.values() for phrase in each))


@lru_cache(maxsize=256)
def _compiled(entries: tuple[str, ...]) -> Phrases:
    return Phrases(entries)
