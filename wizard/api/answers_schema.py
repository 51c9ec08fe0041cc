"""The JSON Schema (2020-12) of a situation's answers, made from the catalog.

It stands in front of the form class, which judges every answer by itself: what the form takes, the schema takes too.
Answers are compared with it after clean-up (``cleaned``): white space around them dropped, blank ones left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wizard.api.bounded_validation import MOST_VALUES
from wizard.catalog.model_types import MaybeLocalised, When, in_language
from wizard.catalog.models import Asked, Catalog, Situation
from wizard.catalog.questions import Bounce, Choice, Choices, Files, LongText, Moment, Phone, Question, specify_input
from wizard.forms.parsers import FAR_TOO_LONG, SPECIFY_LENGTH
from wizard.values.datetimes import UNKNOWN
from wizard.values.phone import PHONE_LENGTH
from wizard.values.text import many_lines, one_line, to_nfc

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_EXAMPLES: dict[str, MaybeLocalised] = {
    "email": "name@company.example",
    "phone": "+7 900 000-00-00",
    "url": "https://company.example",
    "domain": "company.example",
    "ip": "203.0.113.25",
    # No date: an example that is true today must be true in a year.
    "datetime": {"ru": "вчера в 21:00", "en": "yesterday 21:00"},
    "ticket_number": "123456",
    "bounce": "550 5.1.1 <name@company.example>: user unknown",
}

MOST_OF_AN_OPTION = 200
"""Characters of which the form reads an option or a time."""
MOST_COMPOSED = 1000
"""Characters of a text that is compared in composed form; longer ones are compared with no pattern."""


def answers_schema(catalog: Catalog, situation: Situation, language: str) -> Schema:
    """The schema with titles, descriptions and examples in a language. The same arguments give equal schemas."""
    return _Situation(catalog, situation, language).schema()


def cleaned(catalog: Catalog, situation: Situation, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as the schema judges them: cleaned as the form cleans them, without those that are blank.

    What is of a wrong type, or asked by nobody, is left as it came.
    """
    questions: dict[str, Question | None] = {asked.question.id: asked.question for asked in catalog.asked(situation)}
    for id_, question in list(questions.items()):
        questions.update({specify_input(id_, option.id): None for option in getattr(question, "options", ())})
    texts = {id_: _clean(value, questions[id_]) if id_ in questions else value for id_, value in answers.items()}
    return {id_: value for id_, value in texts.items() if id_ not in questions or value not in ("", [])}


def _clean(value: Any, question: Question | None) -> Any:
    if isinstance(value, list) and len(value) <= MOST_VALUES and all(isinstance(option, str) for option in value):
        return [text for option in value if (text := one_line(option[:MOST_OF_AN_OPTION]))]
    # A text beyond all measure is not cleaned only to be found too long.
    if not isinstance(value, str) or len(value) > FAR_TOO_LONG:
        return value
    if isinstance(question, Choice | Moment):
        return one_line(value[:MOST_OF_AN_OPTION])
    text = many_lines(value) if question and _is_for_lines(question) else one_line(value)
    return to_nfc(text) if len(text) < MOST_COMPOSED else text


class _Situation:
    """One situation in one language, on the way to its schema."""

    def __init__(self, catalog: Catalog, situation: Situation, language: str) -> None:
        self.catalog, self.situation, self.language = catalog, situation, language
        self.asked = {asked.question.id: asked for asked in catalog.asked(situation) if not _takes_files(asked)}

    def schema(self) -> Schema:
        """The whole."""
        required = [id_ for id_, asked in self.asked.items() if self._is_required(asked) and not asked.show_when]
        rules = [*self._conditional(), *self._specified(), *self._identity()]
        return {
            "$schema": DIALECT,
            "title": in_language(self.situation.label, self.language),
            **self._described(self.situation.hint),
            "type": "object",
            "properties": dict(self._properties()),
            "required": required,
            **({"allOf": rules} if rules else {}),
            "additionalProperties": False,
            "x-attachments": [self._file(asked) for asked in self.catalog.asked(self.situation) if _takes_files(asked)],
        }

    def _file(self, asked: Asked) -> Schema:
        """Which files the situation takes: they are uploaded first and named in ``attachments``."""
        question = asked.question
        assert isinstance(question, Files)
        return {
            "question": question.id,
            "title": in_language(question.label, self.language),
            **self._described(question.hint),
            "required": asked.required,
            "max_files": question.max_files,
            "types": list(question.types),
            **({"when": {id_: list(values) for id_, values in asked.show_when.items()}} if asked.show_when else {}),
        }

    def _properties(self) -> Iterator[tuple[str, Schema]]:
        for id_, asked in self.asked.items():
            conditional = bool(asked.show_when)
            limits = {} if conditional else _limits(asked.question, self.language)
            yield id_, {**self._about(asked.question), **_type(asked.question), **limits}
            for option in getattr(asked.question, "options", ()):
                if option.specify:
                    labels = (in_language(label, self.language) for label in (asked.question.label, option.label))
                    title = ": ".join(labels)
                    yield specify_input(id_, option.id), {"title": title, "type": "string", "maxLength": FAR_TOO_LONG}

    def _about(self, question: Question) -> Schema:
        example = question.example or _EXAMPLES.get(question.type)
        options = getattr(question, "options", ())
        if options:
            example = options[0].id
        shown = in_language(example, self.language) if example else None
        examples: list[Any] = [[shown] if isinstance(question, Choices) else shown] if shown else []
        if isinstance(question, Moment) and question.allow_unknown:
            examples.append(UNKNOWN)
        return {
            "title": in_language(question.label, self.language),
            **self._described(question.hint),
            **({"examples": examples} if examples else {}),
        }

    def _described(self, hint: Any) -> Schema:
        return {"description": in_language(hint, self.language)} if hint else {}

    def _is_required(self, asked: Asked) -> bool:
        # The browser is what the caller's own headers say, when they say anything: the form asks when they do not.
        return asked.required and asked.question.evidence != "browser"

    def _conditional(self) -> Iterator[Schema]:
        """What counts only where the question is asked; an answer to a question that is not asked is passed over."""
        for id_, asked in self.asked.items():
            if not asked.show_when:
                continue
            then: Schema = {"properties": {id_: _limits(asked.question, self.language)}}
            if self._is_required(asked):
                then["required"] = [id_]
            yield {"if": self._holds(asked.show_when), "then": then}

    def _specified(self) -> Iterator[Schema]:
        """An option that asks to specify needs its line."""
        for id_, asked in self.asked.items():
            for option in getattr(asked.question, "options", ()):
                if option.specify:
                    chosen = self._holds({**asked.show_when, id_: (option.id,)})
                    name = specify_input(id_, option.id)
                    yield {
                        "if": chosen,
                        "then": {"required": [name], "properties": {name: {"maxLength": SPECIFY_LENGTH}}},
                    }

    def _identity(self) -> Iterator[Schema]:
        """One of the questions of identity is enough."""
        ids = [id_ for id_ in self.catalog.identity.one_of if id_ in self.asked]
        if ids:
            yield {"anyOf": [{"required": [id_], **self._only_if(self.asked[id_].show_when)} for id_ in ids]}

    def _only_if(self, when: When) -> Schema:
        return {"allOf": [self._holds(when)]} if when else {}

    def _holds(self, when: When) -> Schema:
        """A condition, with the conditions under which its own questions are asked."""
        whole: dict[str, tuple[str, ...]] = {}
        left = list(when.items())
        while left:
            id_, values = left.pop()
            known = whole.get(id_)
            whole[id_] = values if known is None else tuple(value for value in known if value in values)
            if known is None and id_ in self.asked:
                left.extend(self.asked[id_].show_when.items())
        properties = {id_: self._is_one_of(id_, values) for id_, values in whole.items()}
        return {"properties": properties, "required": list(properties)}

    def _is_one_of(self, id_: str, values: Iterable[str]) -> Schema:
        one_of = {"enum": list(values)}
        question = self.asked[id_].question if id_ in self.asked else None
        return {"contains": one_of} if isinstance(question, Choices) else one_of


def _type(question: Question) -> Schema:
    """The type, with a length beyond which no answer is looked at, whether it is asked for or not."""
    if isinstance(question, Choices):
        option = {"type": "string", "maxLength": MOST_OF_AN_OPTION}
        return {"type": "array", "maxItems": MOST_VALUES, "items": option}
    is_cut = isinstance(question, Choice | Moment)
    return {"type": "string", "maxLength": MOST_OF_AN_OPTION if is_cut else FAR_TOO_LONG}


def _limits(question: Question, language: str) -> Schema:
    """What an answer must keep to, besides its type.

    Addresses have no length of their own: of what is pasted around one, the form takes only the address.
    """
    if isinstance(question, Choice | Choices):
        options: Schema = {
            "oneOf": [
                {
                    "const": option.id,
                    "title": in_language(option.label, language),
                    **({"description": in_language(option.hint, language)} if option.hint else {}),
                }
                for option in question.options
            ]
        }
        if not isinstance(question, Choices):
            return options
        return {"maxItems": len(question.options), "items": {"type": "string", **options}}
    least, pattern = getattr(question, "min_length", 1), getattr(question, "pattern", None)
    most = PHONE_LENGTH if isinstance(question, Phone) else getattr(question, "max_length", None)
    return {
        **({"minLength": least} if least > 1 else {}),
        **({"maxLength": most} if most else {}),
        **({"pattern": f"^(?:{pattern})$"} if pattern else {}),
    }


def _takes_files(asked: Asked) -> bool:
    return isinstance(asked.question, Files)


def _is_for_lines(question: Question) -> bool:
    return isinstance(question, LongText | Bounce)
