"""Text as a client sent it, freed of the signs that nobody sees and that headers, logs and file names trip over.

Threats E02, E03, E22: control characters, lone surrogates, separators that pass for line ends, signs that turn the
direction of writing. Every function takes any ``str``; none but ``fitting`` raises anything.
"""

from __future__ import annotations

import re
import unicodedata

from wizard.values.invalid import InvalidAnswer

_SURROGATES = re.compile("[\ud800-\udfff]")

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; those that part words or lines are white space instead
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u115f\u1160\u2800\u3164\uffa0"  # letters by their class, blank on the screen
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    # A zero-width joiner holds an emoji of several parts together; elsewhere it only hides.
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def showable(text: str) -> str:
    """The text exactly as typed, but fit for a page: a lone surrogate cannot be written as UTF-8."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text on one line: unseen signs dropped, every run of white space one space."""
    if not (text.isascii() and text.isprintable()):
        text = _UNSEEN.sub("", text)
    return " ".join(text.split())


def many_lines(text: str) -> str:
    """The text in its lines, each ended by LF: unseen signs dropped, spaces of all widths made plain, ends trimmed."""
    if not (text.isascii() and text.isprintable()):
        text = _LINE_ENDS.sub("\n", _UNSEEN.sub("", text))
        text = _SPACES.sub(" ", text)
    return text.strip()


def composed(text: str) -> str:
    """The text in Unicode's composed form (NFC), so that ``й`` typed on any machine is one letter.

    Long runs of combining marks cost the square of their length: check the length first.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fitting(least: int, most: int, text: str) -> str:
    """The text in composed form, when its length is between the two.

    Raises:
        InvalidAnswer: it is longer or shorter.
    """
    if len(text) > most:
        raise InvalidAnswer("forms.too_long", limit=most, length=len(text))
    text = composed(text)
    if len(text) < least:
        raise InvalidAnswer("forms.too_short", limit=least, length=len(text))
    return text
