"""The pieces of a mail server's report in a pasted text: its answer, the addresses, the headers of the mail.

Linear in the length of the text. What is known of the wording of servers is data, in ``wording.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import islice
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from wizard.values.email import EMAIL_IN_TEXT, bare_address

WORDS = Path(__file__).with_name("wording.yaml")
LONGEST = 100_000
"""Characters that are read."""
MOST_ADDRESSES = 500
"""Places in a text at which addresses are read."""
LONGEST_ANSWER = 600
"""Characters taken of what a server said."""

_BRACKETED = re.compile(r"<([^\s<>]{3,320})>:")
_CODE = re.compile(
    r"(?<![\w.,:/\-])(?:#{0,2})([45][0-5]\d)"
    r"(?:[ \-]{1,2}#{0,2}([45]\.\d{1,3}\.\d{1,3})(?![\d.])|(?=[ \-:]{1,2}[^\s\d]))"
)
_STATUS = re.compile(r"(?<![\w.])#{0,2}([45]\.\d{1,2}\.\d{1,3})(?![\d.]\d)")
_STATUS_FIELD = re.compile(
    r"^[ \t>]{0,9}(?:status|статус): {0,3}([45]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE
)
_QUOTE_MARK = re.compile(r"^[ \t]{0,20}[>|][>| \t]{0,20}", re.MULTILINE)
_HEADER = re.compile(r"^[ \t]{0,20}([^\W\d_][\w\- ]{1,30}?)[ \t]{0,3}:[ \t]{0,5}(\S.{0,400})$")
_REPLY_CODE_ALONE = re.compile(
    r"(?:\b(?:said|responded|after|server|smtp|error|ответ\w{0,3}|сервер\w{0,2})\b|[;:'\"(<])[^\n]{0,60}$", re.I
)
_END = re.compile(
    r"\n\s{0,40}\n|(?<=[.!?]) (?=[А-ЯЁ])|\n-{2,}|\n[A-Z][\w-]{2,30}: |\n<[^\s>]{3,300}>|\(in reply to|##"
    r"|\n(?:Giving up|Reporting-MTA)"
)


class Meaning(BaseModel):
    """One reason for which mail comes back, and how it is distinguished from the others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    words: tuple[str, ...]
    ru: str
    en: str


class Wording(BaseModel):
    """What is known of the wording of mail servers; the comments in the data say what each list is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    announced: Mapping[str, tuple[str, ...]]
    hinted: Mapping[str, tuple[str, ...]]
    answers: tuple[str, ...]
    recipient_after: tuple[str, ...]
    sender_after: tuple[str, ...]
    headers: Mapping[str, tuple[str, ...]]
    daemons: tuple[str, ...]
    meanings: Mapping[str, Meaning]
    temporary: Mapping[str, str]


@cache
def wording() -> Wording:
    """The data, read once."""
    return Wording.model_validate(yaml.safe_load(WORDS.read_text(encoding="utf-8")))


def plain(text: str) -> str:
    """A text as the data is written: lower case, one kind of apostrophe, ``е`` for ``ё``, spaces for line breaks."""
    return " ".join(text.lower().replace("’", "'").replace("ё", "е").split())


def without_quote_marks(text: str) -> str:
    """The part of a text that is read, without the marks of quotation at the beginnings of lines."""
    return _QUOTE_MARK.sub("", text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))


def is_announced(low: str) -> bool:
    """Whether a ``plain`` text holds a phrase that servers alone use."""
    return any(phrase in low for phrases in wording().announced.values() for phrase in phrases)


def is_hinted(low: str) -> bool:
    """Whether a ``plain`` text holds a phrase of servers that people use as well."""
    return any(phrase in low for phrases in wording().hinted.values() for phrase in phrases)


def server_answer(text: str, *, announced: bool) -> tuple[str, str]:
    """The status and the words of a server, as ``("5.1.1", "550 5.1.1 User unknown")``; empty where there are none.

    A reply code with an enhanced one is an answer by itself; a bare one needs words of a server behind it, and a bare
    enhanced code, which could be a version of anything, counts in an announced report only.
    """
    bare = None
    for seen, match in enumerate(_CODE.finditer(text)):
        if match[2]:
            return match[2], _sentence(text, match.start(1))
        if bare is None and seen < 200 and _is_answer(text, match, announced=announced):
            bare = match
    field = _STATUS_FIELD.search(text)
    if bare is not None:
        return field[1] if field else bare[1], _sentence(text, bare.start(1))
    if field and announced:
        return field[1], ""
    alone = _STATUS.search(text) if announced else None
    if alone:
        return alone[1], _line_around(text, alone)
    return "", ""


def addresses(text: str) -> dict[str, str]:
    """The addresses in a text in their order, by their lower case; those of mail systems are left out.

    What no letter could be sent to is none. Judging costs most, and no report names hundreds.
    """
    daemons = wording().daemons
    by_lower_case: dict[str, str] = {}
    for match in islice(EMAIL_IN_TEXT.finditer(text), MOST_ADDRESSES):
        lower = match[0].lower()
        if lower not in by_lower_case and not lower.startswith(daemons) and bare_address(match[0]):
            by_lower_case[lower] = match[0]
    return by_lower_case


def address_after(low: str, phrases: Iterable[str], known: Mapping[str, str]) -> str:
    """The first address that stands directly behind one of the phrases, in the order of the phrases."""
    for phrase in phrases:
        at = low.find(phrase)
        for _ in range(20):
            if at < 0:
                break
            after = low[at + len(phrase) : at + len(phrase) + 120]
            match = EMAIL_IN_TEXT.search(after)
            if match and match.start() < 40 and match[0] in known:
                return known[match[0]]
            at = low.find(phrase, at + len(phrase))
    return ""


def address_at_line(text: str, known: Mapping[str, str]) -> str:
    """The address with which a line begins, before a colon or alone: ``<a@b.example>: host … said``.

    With its brackets and the colon it counts within a line too: what is pasted into a field loses its line breaks.
    """
    for bracketed in _BRACKETED.finditer(text):
        if bracketed[1].lower() in known:
            return known[bracketed[1].lower()]
    for line in text.split("\n"):
        start = line.strip()[:330].lstrip("<")
        match = EMAIL_IN_TEXT.match(start)
        if match and match[0].lower() in known and start[match.end() :].lstrip(">").strip()[:1] in ("", ":", "("):
            return known[match[0].lower()]
    return ""


def header_blocks(text: str) -> list[dict[str, str]]:
    """The headers that are pasted along, in blocks of lines that follow one another: ``from, to, date``."""
    keys = {name: key for key, names in wording().headers.items() for name in names}
    blocks: list[dict[str, str]] = [{}]
    for line in text.split("\n"):
        match = _HEADER.match(line[:500])
        if match:
            key = keys.get(match[1].lower())
            if key == "from" and "from" in blocks[-1]:
                blocks.append({})
            if key:
                blocks[-1].setdefault(key, match[2].strip())
        elif not line[:1].isspace() and blocks[-1]:
            blocks.append({})
    return [block for block in blocks if len(block) > 1]


def parse_mail_date(text: str) -> datetime | None:
    """A date as mail writes it (RFC 5322), with its zone; None when it is none, or says no zone."""
    try:
        moment = parsedate_to_datetime(text[:100])
        # "-0000" says that the zone is unknown and the time is UTC (RFC 5322, 3.3).
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None and "-0000" in text else moment
        return moment if moment.tzinfo and 1990 <= moment.astimezone(UTC).year <= 2100 else None
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        return None


def _is_answer(text: str, code: re.Match[str], *, announced: bool) -> bool:
    """Whether words of a server stand behind a bare reply code, and what is before it does not make it an amount."""
    behind = plain(text[code.end() : code.end() + 160])
    if not any(word in behind for word in wording().answers):
        return False
    if announced:
        return True
    if text.startswith(":", code.end()):
        # "Error 450: account locked" may be said by any program.
        return False
    ahead = text[max(0, code.start() - 80) : code.start()]
    # A server's answer is English, whatever is around it.
    first = behind.lstrip(" -<")[:1]
    return first.isascii() and bool(not ahead.strip() or ahead.endswith("\n") or _REPLY_CODE_ALONE.search(ahead))


def _sentence(text: str, start: int) -> str:
    """What a server said from here on: to the end of its paragraph, in one line."""
    said = text[start : start + LONGEST_ANSWER]
    end = _END.search(said)
    return _one_line(said[: end.start()] if end else said)


def _line_around(text: str, match: re.Match[str]) -> str:
    start = text.rfind("\n", max(0, match.start() - 200), match.start()) + 1 or max(0, match.start() - 200)
    end = text.find("\n", match.end())
    return _one_line(text[start : end if end >= 0 else len(text)])


def _one_line(said: str) -> str:
    line = "".join(sign if sign.isprintable() else " " for sign in said[:LONGEST_ANSWER])
    return " ".join(line.split()).strip(" '\"»“”")
