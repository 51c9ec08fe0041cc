"""What the program knows of Russian and English for every catalog that does not say otherwise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

_WORDS = Path(__file__).parent / "words"
_FILES = ("matter.yaml", "politeness.yaml", "questions.yaml")


@cache
def built_in_phrasebook() -> dict[str, dict[str, list[str]]]:
    """The fields of ``Phrasebook`` as plain data, from the files of ``words/``."""
    merged: dict[str, dict[str, list[str]]] = {}
    for name in _FILES:
        merged |= yaml.safe_load((_WORDS / name).read_text(encoding="utf-8"))["phrasebook"]
    return merged
