"""A question as one situation asks it in one language: all that never changes from client to client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Asked, Catalog
from wizard.catalog.questions import Question, TypedText, specify_input
from wizard.forms.parsers import Parser, max_length_of, parser_of
from wizard.texts import translate
from wizard.values.invalid import InvalidAnswer
from wizard.values.secrets import mask_secrets
from wizard.values.text import many_lines, one_line

WITHOUT_TEXT = frozenset({"choice", "choices", "datetime", "files"})
_LINES = frozenset({"long_text", "bounce"})
_OWN_EXAMPLES = {
    "email": "name@company.example",
    "phone": "+7 900 000-00-00",
    "url": "https://company.example",
    "domain": "company.example",
    "ip": "203.0.113.25",
}


@dataclass(frozen=True, slots=True)
class LocalisedOption:
    """One option in one language."""

    id: str
    label: str
    hint: str | None
    specify: bool
    name: str
    """Name of the input in which the option is specified."""


@dataclass(frozen=True, slots=True)
class LocalisedQuestion:
    """A question in one language, as one situation asks it."""

    question: Question
    language: str
    label: str
    hint: str | None
    example: str | None
    required: bool
    one_of: bool
    """One of several, of which any is enough: neither required by itself nor to be marked as optional."""
    condition: Mapping[str, tuple[str, ...]]
    options: tuple[LocalisedOption, ...]
    option_ids: frozenset[str]
    max_length: int | None
    autocomplete: str | None
    empty: str
    parse: Parser | None
    """Parses the cleaned text into the answer; None for questions that are not answered with text."""
    clean: Callable[[str], str]
    mask: Callable[[str], str] | None
    """Puts asterisks in place of secrets; None where nothing is typed that may hold any, or the catalog says so."""

    def error_text(self, invalid: InvalidAnswer) -> str:
        """What is said about an invalid answer."""
        example = self.example or _OWN_EXAMPLES.get(self.question.type) or self.label
        return invalid.translate(self.language, label=self.label, example=example)


def localise(catalog: Catalog, asked: Asked, language: str) -> LocalisedQuestion:
    """Prepare a question for the clients of one language."""
    question = asked.question
    label = in_language(question.label, language)
    return LocalisedQuestion(
        question=question,
        language=language,
        label=label,
        hint=in_language(question.hint, language) if question.hint else None,
        example=in_language(question.example, language) if question.example else None,
        required=asked.required,
        one_of=not asked.required and question.id in catalog.identity.one_of,
        condition=asked.show_when,
        options=_options(question, language),
        option_ids=frozenset(option.id for option in getattr(question, "options", ())),
        max_length=max_length_of(question),
        autocomplete=_autocomplete(question),
        empty=in_language(question.empty, language) if question.empty else _empty(question.type, label, language),
        parse=None if question.type in WITHOUT_TEXT else parser_of(question),
        clean=many_lines if question.type in _LINES else one_line,
        mask=partial(mask_secrets, names=catalog.phrasebook.secret_names) if masks_secrets(question) else None,
    )


def masks_secrets(question: Question) -> bool:
    """Whether asterisks take the place of secrets in what is typed for a question."""
    return isinstance(question, TypedText) and question.mask_secrets


def _options(question: Question, language: str) -> tuple[LocalisedOption, ...]:
    return tuple(
        LocalisedOption(
            id=option.id,
            label=in_language(option.label, language),
            hint=in_language(option.hint, language) if option.hint else None,
            specify=option.specify,
            name=specify_input(question.id, option.id),
        )
        for option in getattr(question, "options", ())
    )


def _autocomplete(question: Question) -> str | None:
    """What a browser may fill in: facts about the client only, never another's mailbox (WCAG 2.2, 1.3.5)."""
    own = {"email": "email", "phone": "tel"}.get(question.type) if question.part == "identity" else None
    return getattr(question, "autocomplete", None) or own


def _empty(kind: str, label: str, language: str) -> str:
    return translate(language, f"forms.empty.{kind if kind in WITHOUT_TEXT else 'text'}", label=label)
