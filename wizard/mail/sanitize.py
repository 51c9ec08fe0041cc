"""Text of strangers sanitised for the place where it goes: a header, a file name, a body.

Against header injection, bidi and invisible characters, and ticket tags of the client's.

``ticket.json`` alone carries it raw.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category

from wizard.values.text import BIDI, CONTROLS, INVISIBLE_CATEGORIES, LINE_ENDS, NO_CHARACTERS, SEPARATORS, SURROGATES

ZERO_WIDTH_SPACE = "\u200b"
REPLACEMENT = "\ufffd"
LONGEST_FILE_NAME = 100

# A letter shows that something stood there, where an answer only loses it.
_CONTROLS = re.compile(f"[{CONTROLS}{SEPARATORS}{SURROGATES}{NO_CHARACTERS}]")
# Not the marks of direction, without which honest texts are read wrongly.
_BIDI = re.compile(f"[{BIDI}]")
# All that a plain line of text is not made of. Fast to look for; the rest is treated sign by sign.
_NOT_PLAIN = re.compile("[^ -~¡-¬®-\u02ff\u0400-\u052f№–—“”…]")
_SPACE_FOR = {"Cc", "Zl", "Zp", "Zs"}


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


def in_a_file_name(text: str) -> str:
    """A name that is no path, no disguise, no encoded word and no ticket tag. Keeps its ending."""
    name = re.sub(r'[/\\":;<>|*?]', "_", in_a_line(text).replace("=?", "=_"))
    name = re.sub("##+", "#", name).rstrip(" .").lstrip()
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


def neutralise_tags(text: str, tag_pattern: str = "[##{number}##]") -> str:
    """The same text to the eye, in which no program finds a ticket's tag (threats E07).

    Two hashes never stand side by side, and nothing matches the desk's own tag pattern.
    """
    if "#" in text:
        text = re.sub("#(?=#)", "#" + ZERO_WIDTH_SPACE, text)
    return _tag(tag_pattern).sub(ZERO_WIDTH_SPACE, text)


@lru_cache(maxsize=32)
def _tag(pattern: str) -> re.Pattern[str]:
    r"""The places at which a tag of the pattern is to be broken: between what stands before a number and its digits."""
    before, _, after = (part.strip() for part in pattern.partition("{number}"))
    if before and before != "[##":
        return re.compile(rf"(?<={re.escape(before)})(?=\s*\d)", re.IGNORECASE)
    if not before and after:
        return re.compile(rf"(?<=\d)(?={re.escape(after)})", re.IGNORECASE)
    # Broken by its hashes already, or a bare number, which nobody can tell from any other.
    return re.compile("(?!)")


@lru_cache(maxsize=4096)
def _visible(sign: str) -> str:
    kind = category(sign)
    return " " if kind in _SPACE_FOR else "" if kind in INVISIBLE_CATEGORIES else sign
