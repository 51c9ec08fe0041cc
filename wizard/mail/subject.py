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
_LEAST_FURTHER = 8
_LEAST_BESIDE = 16
# And where answers, words and client stand side by side. More than the least goes to answers first, then to words,
# then to the client.
_LEAST_ANSWER_OF_ALL = 13
_LEAST_WHO_OF_ALL = 15
_LEAST_WORDS = 10
_GOOD_WORDS = 20
_GOOD_ANSWERS = 24
# As much of a name as stands before answers, and before the client's own words, are cut further.
_WHO_BESIDE_ANSWERS = 24
_WHO_BESIDE_WORDS = 30

_READ = 2 * LONGEST_LINE
"""Characters of a part that are looked at: cleaning goes sign by sign."""

_BRACKETS = str.maketrans("[]#", "() ")
# All that may stand for a digit, a bracket, a hash or for nothing; the rest is as plain as ASCII.
_UNUSUAL = re.compile("[^ -~\u0400-\u0481\u048a-\u052f«»–—“”„…№]")
_PAGE = re.compile(r"([^\s/]+\.[^\s/.]+)(?:/…)?(/[^/]+)")
_LONG_NUMBER = re.compile("[0-9]{5,}")
_MARKS = {"Mn", "Mc", "Me"}
_LOOSE = " ,;:—–-"
_WORD_ENDS = " ,;:!?)»”"
# What no line should be cut behind: a mark that opens or joins, a preposition.
_LOOSE_END = re.compile(r"(?:\s+[^\W\d]{1,2}|[\s,;:—–\-.(«“/►]+)$")


def subject_line(
    situation: str, deciding: Sequence[str] = (), words: str = "", who: str = "", tags: Iterable[str] = ()
) -> str:
    """``Проценка пуста у всех поставщиков: OC90 Mahle — ИП Соколов А. В.``, of 78 characters at most.

    Args:
        situation: the catalog's own words; not empty.
        deciding: answers that tell one report from another. Long numbers in them are grouped: ``0986 4942 94``.
        words: the client's own, without long numbers: in place of answers, or behind them with ten signs at least.
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
    if answers and words:
        return _share_of_all(situation, answers, words, who)
    whole = ", ".join(answers) or words
    room = LONGEST_LINE - len(": ") * bool(whole) - len(" — ") * bool(who)
    situation = _shortened(situation, room - min(len(whole), _LEAST_ANSWER) - min(len(who), _LEAST_WHO))
    room -= len(situation)
    least_who = min(len(who), _WHO_BESIDE_ANSWERS if answers else _WHO_BESIDE_WORDS)
    first_room = max(min(len(whole), _LEAST_ANSWER), room - least_who)
    first = _side_by_side(answers, first_room) if answers else _shortened(words, first_room)
    return _line(situation, first, _shortened(who, room - len(first)))


def _share_of_all(situation: str, answers: Sequence[str], words: str, who: str) -> str:
    """Answers and words: client and answers are cut to their least before words are left out or cut to a few signs."""
    room = LONGEST_LINE - len(": ; ") - len(" — ") * bool(who)
    least_answers = min(len(", ".join(answers)), _LEAST_ANSWER_OF_ALL)
    least_who = min(len(who), _LEAST_WHO_OF_ALL)
    situation = _shortened(situation, room - least_answers - least_who - min(len(words), _LEAST_WORDS))
    room -= len(situation)
    spare = room - min(len(", ".join(answers)), _GOOD_ANSWERS) - least_who
    for_words = min(len(words), max(_LEAST_WORDS, min(_GOOD_WORDS, spare)))
    room_of_two = room - for_words
    who_beside = max(least_who, min(len(who), _WHO_BESIDE_ANSWERS, room_of_two - _LEAST_ANSWER))
    first = _side_by_side(answers, max(least_answers, room_of_two - who_beside))
    who = _shortened(who, room_of_two - len(first))
    return _line(situation, f"{first}; {_shortened(words, room - len(first) - len(who))}", who)


def _line(situation: str, first: str, who: str) -> str:
    line = f"{situation}: {first}" if first else situation
    return f"{line} — {who}" if who else line


def _side_by_side(answers: Sequence[str], room: int) -> str:
    """The answers, the first one shortened for the sake of those behind it where whole words of them fit."""
    first, rest = answers[0], ", ".join(answers[1:])
    beside = _shortened_answer(first, max(room * 3 // 5, room - len(rest) - len(", ")))
    further = _shortened(rest, max(1, room - len(beside) - len(", ")))
    is_first_sound = beside == first or (" " in beside and len(beside) >= _LEAST_BESIDE)
    is_further_sound = further == rest or (" " in further and len(further) >= _LEAST_FURTHER)
    return f"{beside}, {further}" if rest and is_first_sound and is_further_sound else _shortened_answer(first, room)


def _shortened_answer(text: str, longest: int) -> str:
    """As ``_shortened``; a page loses of its host and keeps its own name: ``detal36…/disc.html``."""
    page = _PAGE.fullmatch(text)
    if page is None or len(text) <= longest:
        return _shortened(text, longest)
    host = page[1][: max(0, longest - len(page[2]) - 1)]
    return _shortened(f"{host}…{page[2]}", longest)


def _shortened(text: str, longest: int) -> str:
    """At most ``longest`` characters, cut between words, or within a long one, with an ellipsis."""
    if len(text) <= longest:
        return text
    cut, behind = text[: longest - 1], text[longest - 1]
    whole = cut if behind in _WORD_ENDS else cut.rpartition(" ")[0]
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
    text = in_a_line(text[:_READ])
    if _UNUSUAL.search(text):
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
