"""The text of an error message in a report, or only its number (rules.ru.txt: "не номер, а текст")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus

from wizard.catalog.phrasebook import Phrasebook
from wizard.triage.words import LONGEST, compiled, words

_QUOTED = re.compile(
    r"«(?P<angled>[^«»\n]{3,400})»|[“„](?P<curled>[^“”„\n]{3,400})[”“]|\"(?P<straight>[^\"\n«»]{3,400})\""
)
_TECHNICAL = re.compile(
    r"\b(?:ERR|NET|SSL|DNS|PROBE)_[A-Z_]{3,40}|\b[A-Za-z]{2,30}(?:Error|Exception)\b|\b(?:fatal|syntax|parse) error\b"
    r"|\b[45]\d\d (?:bad|not|internal|forbidden|service|gateway|too|unauthorized|request|payload)\b"
    r"|\b[45]\d\d[ -]\d\.\d{1,3}\.\d{1,3}\b|\b(?:bad gateway|gateway time-?out|internal server error|access violation"
    r"|access denied|connection refused|permission denied|too many connections|timed? ?out)\b",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\b(?:ERR|NET|SSL|DNS|PROBE)_[A-Z_]{3,40}"
    r"|\b[A-Z][A-Za-z]{2,30}(?:Error|Exception)\b(?:: [^\n«»\"]{3,120}?(?=[.;\n]|$))?"
    r"|(?:\b[45]\d\d )?\b(?:bad gateway|gateway time-?out|internal server error|service unavailable|not found|forbidden"
    r"|access violation|access denied|connection refused|permission denied|too many (?:connections|requests))\b",
    re.IGNORECASE,
)
_HTTP = re.compile(
    r"\b(?:http|ошибк[а-яё]{0,3}|код[а-яё]{0,2}|стату[а-яё]{0,2}|error|code|status)[ :№]{0,3}([45]\d\d)\b(?! \d)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:ошибк[аи]|сообщени[ея]|пишет|выда[её]т|на экране|error|says|message|on the screen)"
    r"[^:\n.!?]{0,25}:\s{0,2}([^\n]{12,})",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:ошибк[а-яё]{0,3}|код[а-яё]{0,2}(?: ошибки)?|error(?: code)?|code)\s{0,2}(?:номер|number|no\.?|n|№|#)?\s{0,2}"
    r"[:№#]?\s{0,2}((?:0x)?[a-f]{0,3}-?\d{1,8})\b",
    re.IGNORECASE,
)
_BEFORE = 48
"""Characters before a quotation in which its introduction stands."""


def has_error_text(book: Phrasebook, text: str) -> bool:
    """Whether a text quotes what a program said. A number alone is none, nor is a name in quotation marks."""
    read = text[:LONGEST]
    return bool(error_texts(book, read) or _TECHNICAL.search(read) or _SAID.search(read))


def error_texts(book: Phrasebook, text: str) -> tuple[tuple[int, int], ...]:
    """Where quoted messages stand, as ``(start, end)`` without the quotation marks."""
    return tuple(
        match.span(match.lastgroup or 0) for match in _QUOTED.finditer(text[:LONGEST]) if _is_message(book, text, match)
    )


def technical_texts(text: str) -> Iterator[str]:
    """Messages that programs give without quotation marks: ``502 Bad Gateway``, ``ERR_CONNECTION_TIMED_OUT``.

    An HTTP code that is named as one is given with the words that RFC 9110 gives it: they are what a server says.
    """
    read = text[:LONGEST]
    yield from (" ".join(match.group().split()) for match in _SPOKEN.finditer(read))
    for match in _HTTP.finditer(read):
        with suppress(ValueError):
            yield f"HTTP {match[1]} {HTTPStatus(int(match[1])).phrase}"


def error_number_only(book: Phrasebook, text: str) -> str | None:
    """The number of an error whose text is not given; None when there is none, or the text too."""
    match = _NUMBER.search(text[:LONGEST])
    return match[1] if match and not has_error_text(book, text) else None


def _is_message(book: Phrasebook, text: str, quoted: re.Match[str]) -> bool:
    """A message is introduced as one, or is a sentence of its own; a name follows the word for what it names."""
    before = words(re.split(r"[.!?\n»”]", text[max(0, quoted.start() - _BEFORE) : quoted.start()])[-1])
    said = quoted[quoted.lastgroup or 0]
    inside = words(said)
    if before and compiled(book.name_words).found_in(before[-1:]) and len(inside) < 5:
        return False
    if len(inside) > 1 and compiled(book.failure_words).found_in(inside):
        return True
    if compiled(book.error_words).found_in(before) or said.rstrip().endswith(("!", "…", "...")):
        return True
    # A name is short; what stands behind a colon, or is a sentence, was said by somebody.
    is_introduced = text[: quoted.start()].rstrip().endswith((":", "—", "–"))
    return len(inside) >= (2 if is_introduced else 4)
