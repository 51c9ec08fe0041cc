"""What a text says in answer to a question, by the catalog's hints of how clients tell it (``ExtractionHints``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from wizard.catalog.questions import ExtractionHints
from wizard.triage.bounce.report import Bounce
from wizard.triage.lemmas import lemma
from wizard.triage.phrases import compiled
from wizard.triage.words import Phrases, placed_words, words

_SHAPES = {
    "number": re.compile(r"\d{2,12}(?:-\d{1,8})?(?![\w.,:/]\d|\w)"),
    "version": re.compile(r"\d{1,4}(?:\.\d{1,5}){1,3}(?![\w.]\d|\w)"),
    "login": re.compile(r"(?=[\w.@+-]{0,40}[a-z0-9])[A-Za-z][\w.@+-]{2,39}(?!\w)", re.ASCII),
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}(?!\w)"),
}
_VIN = re.compile(r"(?<!\w)(?=[A-Z0-9]{0,16}\d)(?=[A-Z0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}(?!\w)")
_BETWEEN = re.compile(r"(?:[ ,]{0,2}[^\W\d_]{1,15}){0,2}[\s:№#«\"'(=–—]{0,6}")
"""What may stand between a word and its answer: "заказ для примера № 45790"."""


def extract_answers(told: ExtractionHints, text: str) -> Iterator[str]:
    """Every answer that the text gives, in order."""
    if told.shape == "vin":
        yield from (found.group() for found in _VIN.finditer(text))
    if told.after:
        yield from _after(told, text)
    if told.named:
        spoken = _base_forms(text)
        names = [name for name in told.named if Phrases((" ".join(_base_forms(name)),)).found_in(spoken)]
        if names:
            yield ", ".join(names)


def bounce_fact(told: ExtractionHints, bounce: Bounce, zone: ZoneInfo) -> str | None:
    """What a mail that came back answers, as a client would type it; None when it does not say."""
    if told.returned == "came_back":
        return told.option
    if told.returned == "sent_at":
        return _typed(bounce.sent_at, zone)
    facts = {"recipient": bounce.recipient, "sender": bounce.sender, "report": _report(bounce)}
    return facts.get(told.returned or "") or None


def _base_forms(text: str) -> list[str]:
    return [lemma(word) for word in words(text)]


def _after(told: ExtractionHints, text: str) -> Iterator[str]:
    placed = placed_words(text)
    shape = _SHAPES[told.shape]
    for _, end in compiled({"": told.after}).places([word for word, _ in placed]):
        at = placed[end - 1][1]
        between = _BETWEEN.match(text, at)
        # The answer stands right behind, or behind a word or two that say no more.
        for begin in (_skip_signs(text, at), between.end() if between else at):
            if begin > at and (found := shape.match(text, begin)):
                yield found.group()
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
    told = bounce.said if bounce.status in bounce.said else f"{bounce.status} {bounce.said}".strip()
    return f"{bounce.recipient}: {told}" if bounce.recipient and bounce.recipient not in told else told
