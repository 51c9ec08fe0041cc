"""Facts extracted from what a client wrote in their own words, so that nothing is typed twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from wizard.catalog.models import Catalog, Situation
from wizard.catalog.phrasebook import Phrasebook
from wizard.catalog.questions import ExtractionHints, Moment, Question
from wizard.triage.bounce.report import Bounce, parse_bounce
from wizard.triage.error_text import error_texts, technical_texts
from wizard.triage.lemmas import lemma
from wizard.triage.words import LONGEST, Phrases, compiled, placed_words, words
from wizard.values.datetimes import Clock, parse_datetime
from wizard.values.email import EMAIL_IN_TEXT
from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import parse_ip

_URL = re.compile(r"https?://[^\s<>\"«»]{4,300}", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![\w@./-])(?:[a-zа-яё0-9][a-zа-яё0-9-]{0,62}\.){1,3}(?:ru|рф|su|com|net|org|by|kz|ua|example)(?![\w-])",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]\d|\d)")
_PART = re.compile(
    r"(?i:артикул[а-яё]{0,3}|part(?: number)?|деталь|номер детали|sku)\s{0,2}[:№]?\s{0,2}"
    r"([A-ZА-Я]{1,3} \d{2,8}|[A-Za-zА-Я0-9][\w./-]{2,30})(?:[ ,(]{1,3}([A-Z][A-Z&-]{2,20})\b)?"
)
_PART_AND_BRAND = re.compile(
    r"(?<![\w-])((?=[A-Z0-9-]{0,20}\d)[A-Z0-9][A-Z0-9-]{4,20})[ ,(]{1,2}([A-Z][A-Z&-]{2,20})(?![\w-])"
)
_BRAND_AND_PART = re.compile(r"(?<![\w-])([A-Z][A-Z&]{2,20}) ((?=[A-Z0-9-]{0,20}\d)[A-Z0-9][A-Z0-9-]{4,20})(?![\w-])")
_DAY = r"(?:сегодня|вчера|позавчера|today|yesterday)"
_TIME = re.compile(
    rf"(?:({_DAY})[ ,]{{1,2}}(?:(?:с|в|около|примерно|since|at|from)[ ]){{0,2}})?"
    rf"(?<![\d.,:-])([01]?\d|2[0-3]):(\d\d)(?![\d:])(?:[ ]({_DAY}))?",
    re.IGNORECASE,
)


def extract_facts(
    catalog: Catalog, situation: Situation, text: str, now: datetime, attached_bounce: Bounce | None = None
) -> dict[str, str]:
    """What a text says in answer to the questions of a situation, by question id, as a client would type it.

    Each is only prefilled: the client sees it in its place and may change it. Nothing says who reports, and nothing
    decides the queue. ``now`` is aware; times without a day are meant in the catalog's zone. ``attached_bounce`` is a
    mail that came back as a file; without it, one that the text quotes is read.
    """
    bounce = attached_bounce or parse_bounce(text)
    questions = [asked.question for asked in catalog.asked(situation) if asked.question.part != "identity"]
    conditional = {asked.question.id for asked in catalog.asked(situation) if asked.show_when}
    facts = {}
    for question in questions:
        values = _from_bounce(catalog, question, bounce)
        # Of a question that stands under a condition, only a mail that came back is known to answer it.
        if question.id not in conditional:
            values = chain(values, _answers(catalog, question, text[:LONGEST], now))
        if value := next(values, None):
            facts[question.id] = value
    return facts


def _from_bounce(catalog: Catalog, question: Question, bounce: Bounce | None) -> Iterator[str]:
    if bounce and question.told and (value := bounce_fact(question.told, bounce, ZoneInfo(catalog.time_zone))):
        yield value


def _answers(catalog: Catalog, question: Question, text: str, now: datetime) -> Iterator[str]:
    if question.told:
        yield from extract_answers(question.told, text)
    if question.part == "error":
        yield from _messages(catalog.phrasebook, text)
    elif question.evidence == "page":
        yield from _pages(text)
    elif isinstance(question, Moment):
        clock = Clock(now, ZoneInfo(catalog.time_zone), timedelta(question.max_age_days))
        yield from _moments(catalog.phrasebook, text, clock)
    elif extractor := _EXTRACTORS.get(question.type):
        yield from extractor(text)


def _messages(book: Phrasebook, text: str) -> Iterator[str]:
    yield from (text[start:end] for start, end in error_texts(book, text))
    yield from technical_texts(text)


def _moments(book: Phrasebook, text: str, clock: Clock) -> Iterator[str]:
    """Times by the clock first; a part of the day ("с утра") where no other time is given."""
    exact = (f"{match[1] or match[4] or ''} {match[2]}:{match[3]}".strip() for match in _TIME.finditer(text))
    for time in chain(exact, _parts_of_day(book, text)):
        try:
            parse_datetime(time, clock)
        except InvalidAnswer:
            continue
        yield time


def _parts_of_day(book: Phrasebook, text: str) -> Iterator[str]:
    tokens = words(text)
    for phrases in book.parts_of_day.values():
        for start, end in compiled({"": tuple(phrases)}).places(tokens):
            matched = " ".join(tokens[start:end])
            yield next(time for phrase, time in phrases.items() if " ".join(words(phrase)) == matched)


def _pages(text: str) -> Iterator[str]:
    yield from (match.group().rstrip(".,;:!?)") for match in _URL.finditer(text))


def _urls(text: str) -> Iterator[str]:
    yield from _pages(text)
    yield from _domains(text)


def _domains(text: str) -> Iterator[str]:
    yield from (match.group() for match in _DOMAIN.finditer(EMAIL_IN_TEXT.sub(" ", text)))


def _ips(text: str) -> Iterator[str]:
    for match in _IP.finditer(text):
        try:
            yield parse_ip(match.group())
        except InvalidAnswer:
            continue


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    for match in _PART.finditer(text):
        if any(sign.isdigit() for sign in match[1]):
            yield match[1].rstrip(".,"), match[2]
    for match in _PART_AND_BRAND.finditer(text):
        yield match[1], match[2]
    for match in _BRAND_AND_PART.finditer(text):
        yield match[2], match[1]


def _part_numbers(text: str) -> Iterator[str]:
    yield from (part for part, _ in _parts(text))


def _brands(text: str) -> Iterator[str]:
    yield from (brand for _, brand in _parts(text) if brand)


_EXTRACTORS: dict[str, Callable[[str], Iterator[str]]] = {
    "url": _urls,
    "domain": _domains,
    "ip": _ips,
    "part_number": _part_numbers,
    "brand": _brands,
}


_SHAPES = {
    "number": re.compile(r"\d{2,12}(?:-\d{1,8})?(?![\w.,:/]\d|\w)"),
    "version": re.compile(r"\d{1,4}(?:\.\d{1,5}){1,3}(?![\w.]\d|\w)"),
    "login": re.compile(r"(?=[\w.@+-]{0,40}[a-z0-9])[A-Za-z][\w.@+-]{2,39}(?!\w)", re.ASCII),
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}(?!\w)"),
}
_VIN = re.compile(r"(?<!\w)(?=[A-Z0-9]{0,16}\d)(?=[A-Z0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}(?!\w)")
_BETWEEN = re.compile(r"(?:[ ,]{0,2}[^\W\d_]{1,15}){0,2}[\s:№#«\"'(=–—]{0,6}")
"""What may stand between a word and its answer: "заказ для примера № 45790"."""


def extract_answers(hints: ExtractionHints, text: str) -> Iterator[str]:
    """Every answer that the text gives, in order."""
    if hints.shape == "vin":
        yield from (match.group() for match in _VIN.finditer(text))
    if hints.after:
        yield from _after(hints, text)
    if hints.named:
        tokens = _base_forms(text)
        names = [name for name in hints.named if Phrases((" ".join(_base_forms(name)),)).found_in(tokens)]
        if names:
            yield ", ".join(names)


def bounce_fact(hints: ExtractionHints, bounce: Bounce, zone: ZoneInfo) -> str | None:
    """What a mail that came back answers, as a client would type it; None when it does not say."""
    if hints.returned == "came_back":
        return hints.option
    if hints.returned == "sent_at":
        return _typed(bounce.sent_at, zone)
    texts = {"recipient": bounce.recipient, "sender": bounce.sender, "report": _report(bounce)}
    return texts.get(hints.returned or "") or None


def _base_forms(text: str) -> list[str]:
    return [lemma(word) for word in words(text)]


def _after(hints: ExtractionHints, text: str) -> Iterator[str]:
    placed = placed_words(text)
    shape = _SHAPES[hints.shape]
    for _, end in compiled({"": hints.after}).places([word for word, _ in placed]):
        at = placed[end - 1][1]
        between = _BETWEEN.match(text, at)
        # The answer stands right behind, or behind a word or two that say no more.
        for begin in (_skip_signs(text, at), between.end() if between else at):
            if begin > at and (match := shape.match(text, begin)):
                yield match.group()
                break


def _skip_signs(text: str, at: int) -> int:
    while at < len(text) and text[at] in " :№#«\"'(=–—\n\t":
        at += 1
    return at


def _typed(moment: datetime | None, zone: ZoneInfo) -> str | None:
    # As a browser's own input for date and time has it.
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else None


def _report(bounce: Bounce) -> str:
    """Address, code and the server's words in one line."""
    response = bounce.said if bounce.status in bounce.said else f"{bounce.status} {bounce.said}".strip()
    return f"{bounce.recipient}: {response}" if bounce.recipient and bounce.recipient not in response else response
