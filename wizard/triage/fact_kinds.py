"""The kinds of facts that a text holds beyond the complaint itself, by which an agent finds the place."""

from __future__ import annotations

import re

from wizard.catalog.phrasebook import Phrasebook
from wizard.triage.error_text import error_number_only
from wizard.triage.scope import scope_in
from wizard.triage.ticket_numbers import without_ticket_numbers
from wizard.triage.words import compiled, words

_ADDRESS = re.compile(
    r"https?:|\b[\w-]{2,40}\.(?:ru|рф|com|net|org|example|su|by|kz|html?|php)\b|[\w.+-]{1,60}@\w|\b(?:\d{1,3}\.){3}\d",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\d.])(?:[01]?\d|2[0-4])[:.-][0-5]\d(?![\d.])")
_QUOTED = re.compile(r"[«“\"]([^»”\"]{3,400})[»”\"]|\bERR_\w")
_CODE = re.compile(
    r"(?<![\w.-])(?=[\w./-]{0,30}\d)(?=[\w./-]{0,30}[A-Za-zА-Яа-я])[A-Za-zА-Яа-я\d][\w./-]{2,30}(?![\w-])|\d{7,20}"
)
_LOGIN = re.compile(r"(?<![\w.-])[a-z]{2,20}(?:[-_][a-z]{1,20}){1,3}(?![\w-])", re.ASCII)
_NUMBER = re.compile(r"\d{2,}")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_BEFORE = 24
"""Characters before a quotation in which the word for what it names stands."""


def facts_in(book: Phrasebook, text: str) -> frozenset[str]:
    """The kinds of facts that a text holds.

    ``address``, ``clock`` (a time of day), ``when`` (a day, or how long), ``quoted``, ``code`` (a part number, a
    login), ``number``, ``scope`` (that all are affected). The number of an earlier ticket, or that of an error without
    its text, is none, and neither is the name of a company in quotation marks.
    """
    number = error_number_only(book, text)
    rest = without_ticket_numbers(text.replace(number, " ", 1) if number else text)
    kinds = {"quoted"} if any(_is_fact(book, rest, quoted) for quoted in _QUOTED.finditer(rest)) else set()
    if scope_in(book, rest) == "everyone":
        kinds.add("scope")
    if compiled(book.when).found_in(words(rest)):
        kinds.add("when")
    patterns = [("address", _ADDRESS), ("clock", _CLOCK), ("code", _CODE), ("number", _NUMBER)]
    # Among Russian words, one of Latin letters with a hyphen is a login; among English ones it is just a word.
    if _CYRILLIC.search(rest):
        patterns.insert(1, ("code", _LOGIN))
    for kind, pattern in patterns:
        # What one pattern has read, the next ones do not read again: an address is no number.
        rest, count = pattern.subn(" ", rest)
        if count:
            kinds.add(kind)
    return frozenset(kinds)


def _is_fact(book: Phrasebook, text: str, quoted: re.Match[str]) -> bool:
    before = words(text[max(0, quoted.start() - _BEFORE) : quoted.start()])
    return not (before and compiled(book.company_words).found_in(before[-1:]))
