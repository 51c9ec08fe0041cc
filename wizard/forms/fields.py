"""WTForms fields, one class for each way of answering.

A field is bound at every request, so that all that can be known before lies in its ``LocalisedQuestion``; and none of
WTForms' own messages can appear, since every fault is an ``InvalidAnswer`` with words of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from wtforms import Field

from wizard.catalog.questions import specify_input
from wizard.forms.evidence_answers import evidence_answer
from wizard.forms.localised import LocalisedQuestion
from wizard.forms.parsers import SPECIFY_LENGTH, parse_specified, reject_oversized
from wizard.texts import translate
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Value
from wizard.values.datetimes import UNKNOWN, is_unknown, parse_datetime
from wizard.values.invalid import InvalidAnswer
from wizard.values.precision import Precision
from wizard.values.text import one_line, replace_surrogates

if TYPE_CHECKING:
    from wizard.forms.report_form import ReportForm


class QuestionField(Field):
    """A question with what was typed for it.

    ``data`` is the answer, None until ``validate`` has parsed one; ``raw`` is what was typed, right or wrong.
    """

    question = property(attrgetter("localised.question"))
    kind = property(attrgetter("localised.question.type"))
    folded = property(attrgetter("localised.question.folded"))
    label = property(attrgetter("localised.label"))
    hint = property(attrgetter("localised.hint"))
    example = property(attrgetter("localised.example"))
    required = property(attrgetter("localised.required"))
    one_of = property(attrgetter("localised.one_of"))
    condition = property(attrgetter("localised.condition"))
    max_length = property(attrgetter("localised.max_length"))
    autocomplete = property(attrgetter("localised.autocomplete"))

    errors: list[str]  # type: ignore[assignment]  # WTForms begins with an empty tuple

    # Field.__init__ makes a label, flags and filters for each field of each request: all that lies in ``localised``.
    def __init__(self, localised: LocalisedQuestion, name: str, _form: ReportForm) -> None:
        self.localised = localised
        self.meta = _form.meta
        self._form = _form
        self.name = self.short_name = self.id = name
        self.data: Value | None = None
        self.errors = []
        self.applies = not localised.condition
        self.raw_list: list[str] = []
        self.prefilled = ""
        self.needs_confirmation = False
        self.specified: dict[str, str] = {}
        self._raw_specified: dict[str, str] = {}
        self.from_evidence = False
        self.precision: Precision | None = None
        """How exact an answer is that is a moment."""
        self.masked: dict[str, str] = {}
        """What was typed with secrets in it, masked, by input name; none of a question that is sent as typed."""
        self._masked_words: dict[str, str] = {}

    @property
    def raw(self) -> str:
        """What was typed, exactly, to be shown again; or the captured fact that the client is asked to confirm."""
        return self.raw_list[0] if self.raw_list and self.raw_list[0] else self.prefilled

    @property
    def options(self) -> list[dict[str, object]]:
        """The options, each with what a template shows of it."""
        return [
            {
                "id": option.id,
                "label": option.label,
                "hint": option.hint,
                "specify": option.specify,
                "checked": option.id in (self.raw_list or [self.prefilled]),
            }
            for option in self.localised.options
        ]

    def specify_raw(self, option_id: str) -> str:
        """What was typed beside an option."""
        return self._raw_specified.get(option_id, "")

    def raw_items(self) -> Iterable[tuple[str, str]]:
        """Everything typed, by input name, as a page needs it to send the same again."""
        yield from ((name, self.masked.get(name, typed)) for name, typed in self.typed_items())

    def typed_items(self) -> Iterable[tuple[str, str]]:
        """Everything typed, by input name, secrets and all."""
        yield from ((self.name, typed) for typed in self.raw_list if typed)
        yield from ((specify_input(self.name, option), typed) for option, typed in self._raw_specified.items() if typed)

    def draft_words(self, typed: str) -> str | None:
        """What a browser may keep in place of what was typed; None when that holds no secret."""
        return words if typed and (words := self._masked(typed)) != typed else None

    def _masked(self, text: str) -> str:
        """The text with its secrets masked, sought once a request: answers and drafts ask for the same words."""
        if self.localised.mask is None:
            return text
        if text not in self._masked_words:
            self._masked_words[text] = self.localised.mask(text)
        return self._masked_words[text]

    def _mask(self, name: str, text: str) -> str:
        """The text as it is accepted: secrets masked, unless the catalog or the client wants it as typed."""
        if self.name in self._form.as_typed:
            return text
        masked = self._masked(text)
        if masked != text:
            self.masked[name] = masked
        return masked

    def process(self, formdata: Any, *_: object, **__: object) -> None:
        """Bind what was typed; nothing is validated yet."""
        if formdata is None:
            return
        self.raw_list = [
            replace_surrogates("" if typed is None else str(typed)) for typed in formdata.getlist(self.name)
        ]
        for option in self.localised.options:
            if option.specify and (typed := formdata.get(option.name)):
                self._raw_specified[option.id] = replace_surrogates(str(typed))

    def prefill(self, value: str) -> None:
        """Show ``value`` in the blank input, for the client to keep or change; what was typed is never replaced.

        A required question that was left blank says where the value comes from in place of "enter …".
        """
        if not self.applies or any(self.raw_list):
            return
        self.prefilled = self._masked(value)
        if self.errors:
            self.errors = [translate(self.localised.language, "forms.from_text", label=self.localised.label)]
            self.needs_confirmation = True

    def validate(self, *_: object, **__: object) -> bool:
        """Parse the answer, or set the errors to show when there is none or it is invalid."""
        self.errors, self.data, self.specified, self.masked = [], None, {}, {}
        try:
            self.data = self.parse()
        except InvalidAnswer as invalid:
            self.errors.append(self.localised.error_text(invalid))
        else:
            if self.required and not self.is_answered():
                self.errors.append(self.localised.empty)
        return not self.errors

    def is_answered(self) -> bool:
        """Whether there is something that a required question can be content with."""
        return self.data is not None

    def parse(self) -> Value | None:
        """The answer that was typed, None when there is none.

        Raises:
            InvalidAnswer: it is invalid.
        """
        raise NotImplementedError

    def answers(self) -> Iterable[tuple[str, Value]]:
        """The answer by its key, then what was specified beside its options."""
        if self.applies and self.data is not None and not self.errors:
            yield self.name, self.data
            yield from ((specify_input(self.name, option), text) for option, text in self.specified.items())


class TextField(QuestionField):
    """An answer in one piece of text."""

    def parse(self) -> Value | None:
        text = self.localised.clean(reject_oversized(self.raw, self.max_length or 1000))
        if not text:
            return self._parse_evidence(self._form.evidence)
        parse = self.localised.parse
        assert parse is not None
        value = parse(text)
        if self.kind == "tail":
            # A whole key is not even shown again.
            self.raw_list = [value]
        return self._mask(self.name, value)

    def _parse_evidence(self, evidence: Evidence | None) -> str | None:
        fact = evidence_answer(evidence, self.question.evidence)
        if not fact:
            return None
        if self.question.evidence == "browser":
            self.from_evidence = True
            return fact[: self.max_length]
        if self.required:
            # A captured address may belong to another network than the broken one: the client decides (ux.md, point 8).
            self.prefilled = fact
            raise InvalidAnswer(f"forms.evidence.{self.question.evidence}", fact=fact)
        return None


class MomentField(QuestionField):
    """A date and time; a tick with the same name and the value ``unknown`` says "I do not know"."""

    @property
    def raw(self) -> str:
        """What was typed for the time itself."""
        return next((typed for typed in self.raw_list if typed and typed != UNKNOWN), self.prefilled)

    @property
    def is_unknown(self) -> bool:
        """Whether "I do not know" is ticked."""
        return UNKNOWN in self.raw_list

    def parse(self) -> Value | None:
        text = one_line(self.raw[:200])
        may_be_unknown = self.question.allow_unknown
        # A time that was given says more than the tick beside it.
        if not text or is_unknown(text):
            return UNKNOWN if may_be_unknown and (text or self.is_unknown) else None
        try:
            moment = parse_datetime(text, self._form.clock(timedelta(days=self.question.max_age_days)))
        except InvalidAnswer:
            if may_be_unknown and self.is_unknown:
                return UNKNOWN
            raise
        self.precision = moment.precision
        return moment.value


class ChoiceField(QuestionField):
    """One of the options."""

    def parse(self) -> Value | None:
        chosen = next((clean for typed in self.raw_list if (clean := one_line(typed[:200]))), None)
        if chosen is None:
            return None
        if chosen not in self.localised.option_ids:
            raise InvalidAnswer("forms.choice")
        self._parse_specified(chosen, (chosen,))
        return chosen

    def _parse_specified(self, answer: Value, chosen: tuple[str, ...]) -> None:
        # What depends on the choice is asked even while the line beside it is missing.
        self.data = answer
        for option in self.localised.options:
            if option.specify and option.id in chosen:
                text = one_line(reject_oversized(self.specify_raw(option.id), SPECIFY_LENGTH))
                if not text:
                    raise InvalidAnswer("forms.specify", option=option.label)
                self.specified[option.id] = self._mask(option.name, parse_specified(text))


class ChoicesField(ChoiceField):
    """One or more of the options, in the catalog's order."""

    def parse(self) -> Value | None:
        # Whoever names options more often than there are any has not ticked them.
        values = [clean for typed in self.raw_list if (clean := one_line(typed[:200]))]
        typed = set(values)
        if len(values) > len(self.localised.option_ids) or not typed <= self.localised.option_ids:
            raise InvalidAnswer("forms.choices")
        chosen = tuple(option.id for option in self.localised.options if option.id in typed)
        if not chosen:
            return None
        self._parse_specified(chosen, chosen)
        return chosen


class FilesField(QuestionField):
    """Files, which the caller has inspected and stored: here they are only counted."""

    def parse(self) -> Value | None:
        count = self._form.attached.get(self.name, 0)
        if count > self.question.max_files:
            raise InvalidAnswer("forms.files", most=self.question.max_files, count=count)
        return None

    def is_answered(self) -> bool:
        return bool(self._form.attached.get(self.name))


_FIELDS: dict[str, type[QuestionField]] = {
    "datetime": MomentField,
    "choice": ChoiceField,
    "choices": ChoicesField,
    "files": FilesField,
}


@dataclass(frozen=True)
class Unbound:
    """A field that waits for a form; WTForms' own kind merges dictionaries of options at each request."""

    localised: LocalisedQuestion
    name: None = None

    def bind(self, form: ReportForm, name: str, **_: object) -> QuestionField:
        """The field of one form."""
        field_class = _FIELDS.get(self.localised.question.type, TextField)
        return field_class(localised=self.localised, name=name, _form=form)
