"""What a subject says of a ticket behind its tag: what happened, what decides, who. One short line for a list of sixty.

Help desks read numbers and brackets of a subject as their own, so that none of a sender's stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from unicodedata import category, digit, normalize

from wizard.mail.sanitize import in_a_header, in_a_line, neutralise_tags
from wizard.values.receipt_code import hide_receipt_codes
from wizard.values.text import BLANKS

LONGEST_LINE = 78
"""Characters of a subject behind tag and queue."""

# What each part gets at least, in characters, when they do not fit side by side.
_LEAST_ANSWER = 20
_LEAST_WHO = 20
_LEAST_WORDS = 16
_LEAST_FURTHER = 8
# As much of a name as stands before answers, and before the client's own words, are cut further.
_WHO_BESIDE_ANSWERS = 24
_WHO_BESIDE_WORDS = 30

_BRACKETS = str.maketrans("[]#", "() ")
_LONG_NUMBER = re.compile("[0-9]{5,}")
_MARKS = {"Mn", "Mc", "Me"}
_LOOSE = " ,;:—–-"
# What no line should be cut behind: a mark that opens or joins, a preposition.
_LOOSE_END = re.compile(r"(?:\s+[^\W\d]{1,2}|[\s,;:—–\-.(«“/►]+)$")


def subject_line(
    situation: str, deciding: Sequence[str] = (), words: str = "", who: str = "", tags: Iterable[str] = ()
) -> str:
    """``Проценка пуста у всех поставщиков: OC90 Mahle — ИП Соколов А. В.``, of 78 characters at most.

    Args:
        situation: the catalog's own words; not empty.
        deciding: answers that tell one report from another. Long numbers in them are grouped: ``0986 4942 94``.
        words: the client's own, without long numbers: in place of answers, or behind them where room is left.
        who: the client, by whatever the desk knows them.
        tags: the patterns of ticket numbers, with ``{number}``, of which none may stand in the line.
    """
    answers = [answer for answer in map(_named, deciding) if answer]
    return sound_line(_share(_named(situation), answers, _said(words), _named(who)), tags)


def sound_line(line: str, tags: Iterable[str]) -> str:
    """A line without numbers of five digits, brackets, hashes, encoded words, ticket tags and receipt codes.

    It has 78 characters at most.
    """
    line = in_a_header(_grouped(_plain(line)), LONGEST_LINE) or "…"
    for tag in filter(None, tags):
        line = neutralise_tags(line, tag)
    return _shortened(line, LONGEST_LINE)


def _share(situation: str, answers: Sequence[str], words: str, who: str) -> str:
    """The parts on one line, each cut at a word where there is no room for all."""
    whole = ", ".join(answers) or words
    room = LONGEST_LINE - len(": ") * bool(whole) - len(" — ") * bool(who)
    situation = _shortened(situation, room - min(len(whole), _LEAST_ANSWER) - min(len(who), _LEAST_WHO))
    room -= len(situation)
    least_who = min(len(who), _WHO_BESIDE_ANSWERS if answers else _WHO_BESIDE_WORDS)
    first_room = max(min(len(whole), _LEAST_ANSWER), room - least_who)
    first = _side_by_side(answers, first_room) if answers else _shortened(words, first_room)
    who = _shortened(who, room - len(first))
    left = room - len(first) - len(who) - len("; ")
    if answers and words and left >= min(len(words), _LEAST_WORDS):
        first = f"{first}; {_shortened(words, left)}"
    line = f"{situation}: {first}" if first else situation
    return f"{line} — {who}" if who else line


def _side_by_side(answers: Sequence[str], room: int) -> str:
    """The answers, the first one shortened for the sake of those behind it where whole words of them fit."""
    first, rest = answers[0], ", ".join(answers[1:])
    beside = _shortened(first, max(room * 2 // 3, room - len(rest) - len(", ")))
    further = _shortened(rest, max(1, room - len(beside) - len(", ")))
    is_first_sound = beside == first or " " in beside
    is_further_sound = further == rest or (" " in further and len(further) >= _LEAST_FURTHER)
    return f"{beside}, {further}" if rest and is_first_sound and is_further_sound else _shortened(first, room)


def _shortened(text: str, longest: int) -> str:
    """At most ``longest`` characters, cut between words, or within a long one, with an ellipsis."""
    if len(text) <= longest:
        return text
    cut, behind = text[: longest - 1], text[longest - 1]
    whole = cut if behind == " " else cut.rpartition(" ")[0]
    cut = whole if len(whole) * 2 >= longest else cut
    while cut != (shorter := _LOOSE_END.sub("", cut)):
        cut = shorter
    return cut + "…"


def _named(text: str) -> str:
    text = _grouped(_plain(text))
    return text if _says_something(text) else ""


def _said(words: str) -> str:
    text = _LONG_NUMBER.sub("…", _plain(words)).strip(_LOOSE)
    return text if _says_something(text) else ""


def _says_something(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _plain(text: str) -> str:
    """One line without brackets, hashes and receipt codes, with digits of every script and shape as plain ones."""
    text = in_a_line(text)
    if not text.isascii():
        signs: list[str] = []
        for sign in text:
            # A keycap is a digit with marks: without them, neighbours are one number.
            if not (signs and signs[-1][-1].isdigit() and category(sign) in _MARKS):
                signs += filter(None, [_as_plain(sign)])
        text = "".join(signs)
    return hide_receipt_codes(" ".join(text.translate(_BRACKETS).split()))


@lru_cache(maxsize=4096)
def _as_plain(sign: str) -> str:
    """The sign; of one that stands for digits, a bracket or a hash, these; nothing for what is blank to the eye."""
    if sign in BLANKS:
        return ""
    folded = normalize("NFKC", sign)
    if not any(part in "[]#" or part.isdigit() for part in folded):
        return sign
    return "".join(str(digit(part, part)) for part in folded)


def _grouped(text: str) -> str:
    return _LONG_NUMBER.sub(lambda number: _in_groups(number[0]), text)


def _in_groups(digits: str) -> str:
    """Groups of four at most, none of a single digit: ``0986 4942 94``, ``458 12``."""
    ends = [*range(4, len(digits), 4), len(digits)]
    if len(digits) % 4 == 1:
        ends[-2] -= 1
    return " ".join(digits[start:end] for start, end in zip([0, *ends], ends, strict=False))
