"""Control and invisible characters, and text cleaned of them: headers, logs and file names trip over them.

Threats E02, E03, E22: control characters, lone surrogates, separators that pass for line ends, bidi
controls. What sanitises for one place alone, a letter's body or a file's name, stands in that place's module and takes
its classes from here. Every function takes any ``str``; none but ``check_length`` raises anything.
"""

from __future__ import annotations

import re
import unicodedata

from wizard.values.invalid import InvalidAnswer

# Character classes, each written as it stands between the brackets of a pattern.
CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
"""Control characters (C0 and C1) but for those that separate words or lines."""
SEPARATORS = "\x1c-\x1f\x85"
"""FS, GS, RS, US and NEL: control characters that some readers take for the end of a line or a word."""
BIDI = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates: what lets ``exe.gpj`` be read backwards (threats E22)."""
BIDI_MARKS = "\u061c\u200e\u200f"
"""Marks of direction: they turn nothing but their neighbours, and honest Arabic and Hebrew texts hold them."""
ZERO_WIDTH = "\u00ad\u034f\u180e\u200b\u200c\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Zero-width characters, but for the joiner of emojis and the bidi marks."""
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, blank to the eye: Hangul fillers and the empty Braille pattern."""
SURROGATES = "\ud800-\udfff"
"""Lone surrogates: UTF-8 has no bytes for them."""
NO_CHARACTERS = "\ufffe\uffff"

INVISIBLE_CATEGORIES = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Format characters (bidi and zero-width among them), surrogates, private use, unassigned."""

_NOTHING_ALONE = INVISIBLE_CATEGORIES | {"Mn", "Me", "Zs", "Cc"}
"""Of such signs alone, marks that stand on no letter among them, no text is made."""

LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""All that begins a new line for some readers, among them Python's own header parser; but for LF itself."""

_SURROGATES = re.compile(f"[{SURROGATES}]")
_INVISIBLE = re.compile(
    f"[{CONTROLS}{BIDI}{BIDI_MARKS}{ZERO_WIDTH}{BLANKS}{SURROGATES}{NO_CHARACTERS}]"
    # A zero-width joiner holds an emoji of several parts together; elsewhere it only hides.
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)
_SPACES = re.compile("[\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def replace_surrogates(text: str) -> str:
    """The text as typed, but encodable: a lone surrogate cannot be written as UTF-8."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text on one line: invisible characters dropped, every run of white space one space."""
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", text)
    return _or_nothing(" ".join(text.split()))


def many_lines(text: str) -> str:
    """The text in its lines, ended by LF: invisible characters dropped, wide spaces made plain, ends trimmed."""
    if not (text.isascii() and text.isprintable()):
        text = LINE_ENDS.sub("\n", _INVISIBLE.sub("", text))
        text = _SPACES.sub(" ", text)
    return _or_nothing(text.strip())


def _or_nothing(text: str) -> str:
    """The text; nothing where a letter that shows it in one line would show nothing."""
    return text if text.isascii() or any(unicodedata.category(sign) not in _NOTHING_ALONE for sign in text) else ""


def to_nfc(text: str) -> str:
    """The text in Unicode's composed form (NFC), so that ``й`` typed on any machine is one letter.

    Long runs of combining marks cost the square of their length: check the length first.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def check_length(least: int, most: int, text: str) -> str:
    """The text in composed form (NFC), when its length is between the two.

    Raises:
        InvalidAnswer: it is longer or shorter.
    """
    if len(text) > most:
        raise InvalidAnswer("forms.too_long", limit=most, length=len(text))
    text = to_nfc(text)
    if len(text) < least:
        raise InvalidAnswer("forms.too_short", limit=least, length=len(text))
    return text
