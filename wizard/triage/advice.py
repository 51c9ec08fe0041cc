"""What a client is told once before sending. Nothing here stops a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from wizard.catalog.schema import Catalog, Situation, in_language
from wizard.report import Advice, Value
from wizard.texts import say
from wizard.triage.verdict import holds

SHORT = 60
"""Characters up to which a text is searched for phrases that say too little."""

FACT = re.compile(r"https?:|\d:\d\d|[«“]|\b[A-ZА-Я]{2,}[- ]?\d")
"""A part number, a time, an address, a quoted message: a short text with one of these says something."""


def advice(catalog: Catalog, situation: Situation, answers: Mapping[str, Value], language: str) -> tuple[Advice, ...]:
    """Everything worth saying about a report, in the client's language."""
    return (
        *_leads(situation, answers, language),
        *_vague(catalog, situation, answers, language),
        *_unreachable(catalog, answers, language),
    )


def _leads(situation: Situation, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    for lead in situation.leads:
        if holds(lead.when, answers):
            yield Advice("lead", in_language(lead.say, language), to_situation=lead.to)


def _vague(catalog: Catalog, situation: Situation, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    """At most one request for more (ux.md, point 11)."""
    category = catalog.category_of[situation.id].id
    for asked in catalog.asked(situation):
        text = answers.get(asked.question.id)
        if asked.question.part != "words" or not isinstance(text, str) or len(text) > SHORT or FACT.search(text):
            continue
        bare = _bare(text)
        for phrase in catalog.vague:
            applies = not phrase.categories or category in phrase.categories
            if applies and any(_bare_phrase(words) in bare for each in phrase.phrases.values() for words in each):
                label = in_language(situation.label, language)
                told = say(language, "triage.understood", situation=label, ask=in_language(phrase.ask, language))
                yield Advice("vague", told, question=asked.question.id)
                return


def _unreachable(catalog: Catalog, answers: Mapping[str, Value], language: str) -> Iterator[Advice]:
    if not any(answers.get(question) for question in catalog.identity.reply_to):
        yield Advice("no_address", say(language, "triage.no_address"), question=catalog.identity.reply_to[0])


@cache
def _bare_phrase(words: str) -> str:
    return _bare(words)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("ё", "е")))
