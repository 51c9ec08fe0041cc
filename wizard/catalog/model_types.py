"""The types of which a catalog's models consist: ids, texts in every language, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, StringConstraints, Tag

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
OptionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Words = Annotated[str, StringConstraints(min_length=1)]

Localised = Mapping[Language, Words]
"""A text in every language of the catalog: ``{ru: Артикул, en: Part number}``."""


def _kind_of_text(value: object) -> str:
    return "texts" if isinstance(value, Mapping | list | None) else "text"


MaybeLocalised = Annotated[
    Annotated[Words, Tag("text")] | Annotated[Localised, Tag("texts")], Discriminator(_kind_of_text)
]
"""A text that may be the same in every language, as an example address is."""

PhrasesByLanguage = Mapping[Language, tuple[Words, ...]]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


When = Mapping[
    Id,
    Annotated[tuple[OptionId, ...], BeforeValidator(_as_list, json_schema_input_type=OptionId | tuple[OptionId, ...])],
]
"""A condition: every question named here has one of the values listed for it."""


class CatalogModel(BaseModel):
    """What all parts of a catalog share: no unknown key, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def in_language(text: MaybeLocalised, language: str) -> str:
    """The text in a language; a text without languages is the same in all."""
    return text if isinstance(text, str) else text[language]
