"""Validation errors of answers: an instruction or a description, never a reproach (ux.md, point 5)."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.texts import translate


class InvalidAnswer(ValueError):
    """An answer that failed validation; it carries its message in every language."""

    def __init__(self, key: str, *, words: Mapping[str, str] | None = None, **values: object) -> None:
        """``key`` names the text in ``texts/forms.yaml``, ``values`` fill it in; ``words``, by language, replace
        it.
        """
        super().__init__(key)
        self.key = key
        self.words = words
        self.values = values

    def translate(self, language: str, **more: object) -> str:
        """The message in a language; ``more`` are values that only the caller knows, as the label."""
        if self.words is not None:
            return self.words[language]
        values = {**more, **self.values}
        limit = values.get("limit")
        if isinstance(limit, int):
            values["signs"] = characters(language, limit)
        return translate(language, self.key, **values)


def characters(language: str, number: int) -> str:
    """The word for "characters" after a number, in the case that "up to …" asks for."""
    single = number % 10 == 1 and number % 100 != 11 if language == "ru" else number == 1
    return translate(language, "forms.sign" if single else "forms.signs")
