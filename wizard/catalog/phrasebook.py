"""The phrasebook: what triage knows of Russian and English, unless a catalog overrides it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from wizard.catalog.model_types import CatalogModel, Id, Language, Localised, PhrasesByLanguage, Words

_WORDS = Path(__file__).parent / "words"
_FILES = ("matter.yaml", "politeness.yaml", "questions.yaml")


@cache
def built_in_phrasebook() -> dict[str, dict[str, list[str]]]:
    """The fields of ``Phrasebook`` as plain data, from the files of ``words/``."""
    merged: dict[str, dict[str, list[str]]] = {}
    for name in _FILES:
        merged |= yaml.safe_load((_WORDS / name).read_text(encoding="utf-8"))["phrasebook"]
    return merged


class VaguePhrase(CatalogModel):
    """Words that say too little, and the question to ask back."""

    id: Id
    phrases: Mapping[Language, tuple[Words, ...]]
    categories: tuple[Id, ...] = ()
    """Where it applies; everywhere when empty."""
    error_number: bool = False
    """Ask this when a text names an error's number without its text (rules: "не номер, а текст")."""
    ask: Localised


class Politeness(CatalogModel):
    """Texts about tone."""

    reminder: Localised
    rude: Localised


class Phrasebook(CatalogModel):
    """What is known of a language: how people insult, add a second question, name who is affected.

    Every entry is compared with ``words`` of a text (lower case, ``ё`` as ``е``, masking signs read as letters).
    An entry is one or more words; a word that ends in ``*`` stands for every word that begins so.
    """

    insults: PhrasesByLanguage = Field(default_factory=dict)
    """Words that insult whoever reads them, and phrases that do."""
    not_insults: PhrasesByLanguage = Field(default_factory=dict)
    """Words that look like one of ``insults`` and are none."""
    also: PhrasesByLanguage = Field(default_factory=dict)
    """What opens a second question: "а ещё", "заодно", "by the way"."""
    joining: PhrasesByLanguage = Field(default_factory=dict)
    """What does so at the beginning of a sentence only: "и", "плюс", "and"."""
    question_words: PhrasesByLanguage = Field(default_factory=dict)
    """What names a question as such: "вопрос", "просьба", "момент"."""
    continuing: PhrasesByLanguage = Field(default_factory=dict)
    """What says that a text belongs to an earlier ticket: "добавляю к заявке"."""
    new_question: PhrasesByLanguage = Field(default_factory=dict)
    """What says that it does not, although it names one: "вопрос закрыт", "теперь другое"."""
    secrets: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which a secret stands, beside those that ``values.secret_names`` knows: single ones, as typed."""
    everyone: PhrasesByLanguage = Field(default_factory=dict)
    """Scope words: all are affected ("ни у кого", "у всех", "от всех поставщиков")."""
    only_some: PhrasesByLanguage = Field(default_factory=dict)
    """Scope words: not all are affected ("только у нас", "один клиент", "от одного поставщика")."""
    fillers: PhrasesByLanguage = Field(default_factory=dict)
    """Words that say nothing of the matter: greetings, pleas, "срочно", "проблема"."""
    everyday: PhrasesByLanguage = Field(default_factory=dict)
    """Words of everyday speech that alone name no trade: "купить", "год". Not those of programs and shops."""
    requests: PhrasesByLanguage = Field(default_factory=dict)
    """What opens a question or a wish, which is whole without a fact: "как настроить", "пришлите", "можно ли"."""
    not_requests: PhrasesByLanguage = Field(default_factory=dict)
    """What looks like one of ``requests`` and is none: "какие-то"."""
    when: PhrasesByLanguage = Field(default_factory=dict)
    """Days and spans of time: "вчера", "с понедельника", "двадцать минут"."""
    company_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which quotation marks hold the name of a company, which says nothing of the matter: "ООО"."""
    error_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words that introduce the text of a message: "пишет", "ошибка", "says"."""
    failure_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words by which a program's message reports a failure: "не найден", "невозможно", "failed"."""
    name_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which quotation marks hold a name: "раздел", "поставщик", "ООО"."""
    parts_of_day: Mapping[Language, Mapping[Words, Words]] = Field(default_factory=dict)
    """Times in words, with what a client would type instead: "с утра" → "сегодня около 9:00"."""

    @property
    def secret_names(self) -> frozenset[str]:
        """The words of ``secrets`` in every language, in lower case."""
        return frozenset(word.lower() for words in self.secrets.values() for word in words)
