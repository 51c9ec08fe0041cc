"""Text of strangers sanitised for the place where it goes: a header, a file name, a body.

Against header injection, bidi and invisible characters, and ticket tags of the client's.

``ticket.json`` alone carries it raw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import category, normalize

from wizard.values.text import (
    BIDI,
    BLANKS,
    CONTROLS,
    INVISIBLE_CATEGORIES,
    LINE_ENDS,
    NO_CHARACTERS,
    SEPARATORS,
    SURROGATES,
)

ZERO_WIDTH_SPACE = "\u200b"
REPLACEMENT = "\ufffd"
LONGEST_FILE_NAME = 100

LONGEST_EXCERPT = 100
"""Characters of a client's words where only their beginning is shown."""

# A letter shows that something stood there, where an answer only loses it.
_CONTROLS = re.compile(f"[{CONTROLS}{SEPARATORS}{SURROGATES}{NO_CHARACTERS}]")
# Not the marks of direction, without which honest texts are read wrongly.
_BIDI = re.compile(f"[{BIDI}]")
# All that a plain line of text is not made of. Fast to look for; the rest is treated sign by sign.
_NOT_PLAIN = re.compile("[^ -~¡-¬®-\u02ff\u0400-\u052f№–—“”…]")
_INNER_QUOTES = {"ru": str.maketrans("«»", "„“"), "en": str.maketrans("“”", "‘’")}
_SPACE_FOR = {"Cc", "Zl", "Zp", "Zs"}

# Small, wide and plain; tests/mail/test_tags.py looks for others.
_HASH = re.compile("[#\ufe5f\uff03]")
# With the digit that stands before or behind, in folded text.
_HASH_RUN = re.compile(r"(\d\s*)?(#{2,})(?=(\s*\d)?)")
# Combining marks (a keycap is a sign with two of them), and signs that stand for nothing.
_LEFT_OUT = {"Mn", "Mc", "Me", "Cf", "Cs", "Co", "Cn"}


def in_a_line(text: str) -> str:
    """One line of visible signs: for headers and names.

    Control signs and line ends become spaces; bidi, zero-width and other format signs, lone surrogates, private use
    and unassigned signs go (threats E02, E22).
    """
    if _NOT_PLAIN.search(text):
        text = "".join(map(_visible, text))
    return " ".join(text.split())


def in_a_header(text: str, longest: int = 200) -> str:
    """One line that no reader takes for an encoded word (threats E01), of at most ``longest`` characters."""
    return shortened(in_a_line(text).replace("=?", "= ?"), longest)


def in_a_body(text: str) -> str:
    r"""Lines divided by ``\n``. Signs that cannot be shown become U+FFFD; those that reorder a line go."""
    return _BIDI.sub("", _CONTROLS.sub(REPLACEMENT, LINE_ENDS.sub("\n", text)))


def in_a_file_name(text: str, *tag_patterns: str) -> str:
    """A name that is no path, no disguise, no encoded word and no ticket tag. Keeps its ending."""
    name = re.sub(r'[/\\":;<>|*?]', "_", in_a_line(text).replace("=?", "=_"))
    name = _with_single_hashes(name)
    if tags := _tags(tag_patterns):
        name = _broken(name, _numbers_of_tags(*_folded(name), tags))
    name = name.rstrip(" .").lstrip()
    if name.startswith("."):
        name = "file" + name
    if len(name) > LONGEST_FILE_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) < 12 else ""
        name = name[: LONGEST_FILE_NAME - len(ending)].rstrip(" .") + ending
    return name or "file"


def shortened(text: str, longest: int) -> str:
    """At most ``longest`` characters, cut with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def inner_quotes(text: str, language: str) -> str:
    """A text with the quotes that stand within quotes, where it is quoted itself: ``«„Белая страница“ — и всё»``."""
    return text.translate(_INNER_QUOTES.get(language, {}))


def excerpt(text: str) -> str:
    """How a text of a client's begins, in one line."""
    return shortened(in_a_line(text), LONGEST_EXCERPT)


def line_without_tags(text: str, tag_patterns: Iterable[str]) -> str:
    """A text as one line of a body, in which no program finds a ticket's tag."""
    return neutralise_tags(in_a_line(text), *tag_patterns)


def neutralise_tags(text: str, *tag_patterns: str) -> str:
    """Nearly the same text to the eye, in which no program finds a ticket's tag (threats E07).

    Not even one that first makes wide signs narrow, capitals small, and leaves out marks and what has no width. Two
    hashes never stand side by side: where a number stands by them they are parted by a space, elsewhere invisibly.
    Nothing matches the patterns, ours and the help desk's (``Desk.tag_patterns``): a dot stands before the number.
    """
    tags = _tags(tag_patterns)
    if not tags and not _HASH.search(text):
        return text
    folded, places = _folded(text)
    breaks = {
        places[place]: " " if run[1] or run[3] else ZERO_WIDTH_SPACE
        for run in _HASH_RUN.finditer(folded)
        for place in range(run.start(2) + 1, run.end(2))
    }
    return _broken(text, breaks | _numbers_of_tags(folded, places, tags))


def _numbers_of_tags(folded: str, places: list[int], tags: list[re.Pattern[str]]) -> dict[int, str]:
    """Where tags are to be broken, and by what."""
    return {places[match.end()]: "·" for tag in tags for match in tag.finditer(folded)}


def _broken(text: str, breaks: dict[int, str]) -> str:
    """The text with signs put in before some of its places."""
    if not breaks:
        return text
    return "".join(breaks.get(place, "") + sign for place, sign in enumerate(text))


def _with_single_hashes(text: str) -> str:
    if not _HASH.search(text):
        return text
    folded, places = _folded(text)
    runs = _HASH_RUN.finditer(folded)
    surplus = {places[place] for run in runs for place in range(run.start(2) + 1, run.end(2))}
    return "".join(sign for place, sign in enumerate(text) if place not in surplus)


@lru_cache(maxsize=32)
def _tags(patterns: tuple[str, ...]) -> list[re.Pattern[str]]:
    return [tag for pattern in dict.fromkeys(patterns) if (tag := _tag(pattern)) is not None]


def _tag(pattern: str) -> re.Pattern[str] | None:
    """What ends right where a folded tag of the pattern is to be broken: at its number, or behind it.

    The number of a help desk may begin with a letter; behind a single bracket or hash only digits are taken for one.
    """
    before, _, after = ("".join(map(_fold, part)).split() for part in pattern.partition("{number}"))
    if before and before != ["[##"]:
        number = r"\w" if len("".join(before)) > 1 else r"\d"
        return re.compile(r"\s+".join(map(re.escape, before)) + rf"\s*(?={number})")
    if not before and after:
        return re.compile(r"\d\s*(?=" + r"\s+".join(map(re.escape, after)) + ")")
    # Broken by its hashes already, or a bare number, which nobody can tell from any other.
    return None


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as a lenient reader compares it, and for each of its signs the place in the text that it comes from."""
    folds = [_fold(sign) for sign in text]
    return "".join(folds), [place for place, fold in enumerate(folds) for _ in fold]


@lru_cache(maxsize=4096)
def _fold(sign: str) -> str:
    """A sign in compatibility form (NFKD, of which NFKC is made) and case folded; nothing for what may be left out."""
    folded = normalize("NFKD", normalize("NFKD", sign).casefold())
    return "".join(part for part in folded if category(part) not in _LEFT_OUT and part not in BLANKS)


@lru_cache(maxsize=4096)
def _visible(sign: str) -> str:
    kind = category(sign)
    return " " if kind in _SPACE_FOR else "" if kind in INVISIBLE_CATEGORIES else sign
