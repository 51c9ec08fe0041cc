"""Translations: the program's own texts in every language (i18n), from the YAML files beside this one.

Each file holds ``key: {ru: …, en: …}``; both languages stand side by side, so that a missing one is seen at a glance
and stops the start. The questions are not here: those are the catalog's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import yaml

LANGUAGES = ("ru", "en")

Translator = Callable[..., str]


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for key, translations in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader).items():
            if key in texts or set(translations) != set(LANGUAGES):
                raise ValueError(f"{path.name}: {key}: each text stands once, in {', '.join(LANGUAGES)}")
            texts[key] = translations
    return texts


def translate(language: str, key: str, **values: object) -> str:
    """The text under ``key`` in a language, with ``{names}`` filled in.

    Raises:
        KeyError: there is no such text.
    """
    text = _texts()[key][language]
    return text.format(**values) if values else text


def translator(language: str) -> Translator:
    """``translate`` for one language: ``translator("ru")("form.continue")``."""
    return partial(translate, language)
