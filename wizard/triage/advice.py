"""Advice to a client, given once before sending. Nothing here stops a report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, Situation
from wizard.catalog.questions import Question, TypedText, specify_input
from wizard.texts import translate
from wizard.tickets.report import Advice, Value
from wizard.triage.bounce.report import explain_bounce, parse_bounce
from wizard.triage.error_text import error_number_only, has_error_text
from wizard.triage.politeness import is_polite
from wizard.triage.scope import contradiction
from wizard.triage.several_questions import several_questions
from wizard.triage.ticket_numbers import continues_ticket, ticket_numbers
from wizard.triage.vague import ENOUGH_FACTS, ask_back, ask_for_text, says_too_little
from wizard.triage.verdict import holds
from wizard.values.datetimes import UNKNOWN
from wizard.values.secrets import mask_secrets

WITHOUT_FACT = frozenset({"choice", "choices", "files"})
"""Types of questions whose answer says no more than what kind of trouble it is."""


@dataclass(frozen=True)
class _OwnWords:
    """What a client wrote in their own words, and in answer to which questions."""

    by_question: Mapping[str, str]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.by_question.values())

    @property
    def question(self) -> str | None:
        """The first question that was answered in words."""
        return next(iter(self.by_question), None)


def give_advice(
    catalog: Catalog,
    situation: Situation,
    answers: Mapping[str, Value],
    language: str,
    *,
    with_tone: bool = True,
    as_typed: Collection[str] | None = None,
) -> tuple[Advice, ...]:
    """Everything worth saying about a report, in the language of whoever reads it.

    Without the tone it is for the desk: that is between the client and the form (ux.md, point 12). ``as_typed`` are
    the questions whose answers were not masked: no other one is searched for secrets again. None when nobody knows.
    """
    own_words = _OwnWords(
        {
            asked.question.id: text
            for asked in catalog.asked(situation)
            if asked.question.part == "words" and isinstance(text := answers.get(asked.question.id), str)
        }
    )
    return (
        *_leads(situation, answers, language),
        *_scope(catalog, situation, answers, own_words, language),
        *_vague(catalog, situation, answers, own_words, language),
        *_several(catalog, own_words, language),
        *_continues(catalog, own_words, language),
        *_bounce(catalog, situation, answers, language),
        *_secrets(catalog, situation, answers, language, as_typed),
        *(_rude(catalog, own_words, language) if with_tone else ()),
        *_unreachable(catalog, answers, language),
    )


def _leads(situation: Situation, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    for lead in situation.leads:
        if holds(lead.when, answers):
            yield Advice("lead", in_language(lead.say, language), to_situation=lead.to)


def _scope(
    catalog: Catalog, situation: Situation, answers: Mapping[str, Value], own_words: _OwnWords, language: str
) -> Iterator[Advice]:
    """Words that contradict the answer on which the queue depends; the answer still decides."""
    if situation.fast_track and (scope := contradiction(catalog, situation, answers, own_words.text)):
        yield Advice(
            "scope", translate(language, f"triage.scope_{scope}"), question=next(iter(situation.fast_track.when))
        )


def _vague(
    catalog: Catalog, situation: Situation, answers: Mapping[str, Value], own_words: _OwnWords, language: str
) -> Iterator[Advice]:
    """At most one request for more (ux.md, point 11). A number of an error is asked about first."""
    questions = {asked.question.id: asked.question for asked in catalog.asked(situation)}
    errors = {id_: text for id_, text in answers.items() if id_ in questions and questions[id_].part == "error"}
    for id_, text in errors.items():
        if isinstance(text, str) and _is_number(catalog, text) and (ask := ask_for_text(catalog, language)):
            yield Advice("vague", ask, question=id_)
            return
    has_error = any(isinstance(text, str) and has_error_text(catalog.phrasebook, text) for text in errors.values())
    facts = [id_ for id_, value in answers.items() if id_ in questions and _is_fact(catalog, questions[id_], value)]
    if has_error or len(facts) >= ENOUGH_FACTS:
        return
    if own_words.question and says_too_little(catalog, own_words.text, situation.id, answered=len(facts)):
        ask = ask_back(catalog, situation.id, own_words.text, language)
        if ask:
            yield Advice("vague", ask, question=own_words.question)


def _is_fact(catalog: Catalog, question: Question, value: Value) -> bool:
    """Whether an answer helps an agent to find the place: not who reports, not what was captured, not "unknown"."""
    is_asked = (
        question.part == "answer" and question.evidence != "browser" and question.id not in catalog.identity.questions
    )
    return is_asked and question.type not in WITHOUT_FACT and value != UNKNOWN


def _is_number(catalog: Catalog, text: str) -> bool:
    return text.strip(" №#.!").isdecimal() or error_number_only(catalog.phrasebook, text) is not None


def _several(catalog: Catalog, own_words: _OwnWords, language: str) -> Iterator[Advice]:
    if several_questions(catalog, own_words.text):
        yield Advice("several", translate(language, "triage.several"), question=own_words.question)


def _continues(catalog: Catalog, own_words: _OwnWords, language: str) -> Iterator[Advice]:
    if continues_ticket(catalog, None, own_words.text):
        number = ticket_numbers(own_words.text)[0]
        yield Advice("continues", translate(language, "triage.continues", number=number), question=own_words.question)


def _bounce(catalog: Catalog, situation: Situation, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    """What was parsed of a mail that came back, shown so that it can be corrected (ux.md, point 15)."""
    for asked in catalog.asked(situation):
        text = answers.get(asked.question.id)
        if asked.question.type == "bounce" and isinstance(text, str) and (bounce := parse_bounce(text)):
            code = f" ({bounce.status})" if bounce.status else ""
            explanation = translate(language, "triage.returned", code=code, meaning=explain_bounce(bounce, language))
            yield Advice("bounce", explanation, question=asked.question.id)


def _secrets(
    catalog: Catalog,
    situation: Situation,
    answers: Mapping[str, Value],
    language: str,
    as_typed: Collection[str] | None,
) -> Iterator[Advice]:
    """Said once, at the first answer that holds one: where they are masked, the client has wanted it as typed."""
    names = catalog.phrasebook.secret_names
    for asked in catalog.asked(situation):
        question = asked.question
        if not (isinstance(question, TypedText) and question.mask_secrets):
            continue
        if as_typed is not None and question.id not in as_typed:
            continue
        if any(mask_secrets(text, names) != text for text in _texts(question, answers)):
            yield Advice("secret", translate(language, "triage.secret"), question=question.id)
            return


def _texts(question: Question, answers: Mapping[str, Value]) -> Iterator[str]:
    """What was typed for a question: the answer itself, or the lines beside its options."""
    options = getattr(question, "options", None)
    names = [question.id] if options is None else [specify_input(question.id, option.id) for option in options]
    yield from (text for name in names if isinstance(text := answers.get(name), str))


def _rude(catalog: Catalog, own_words: _OwnWords, language: str) -> Iterator[Advice]:
    """Said once, words not quoted back; the queue does not depend on it."""
    if not is_polite(catalog.phrasebook, own_words.text):
        yield Advice("rude", in_language(catalog.politeness.rude, language), question=own_words.question)


def _unreachable(catalog: Catalog, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    if not any(answers.get(question) for question in catalog.identity.reply_to):
        yield Advice("no_address", translate(language, "triage.no_address"), question=catalog.identity.reply_to[0])
