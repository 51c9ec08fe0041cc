"""The receipt code, ``ОБР-7K3M-9Q``: what a ticket is called to its client when the help desk numbers it itself."""

from __future__ import annotations

import re
import secrets

from wizard.values import crockford

SIGNS = 6

_LOOK_ALIKE = "[АВЕКМНОРСТУХ]"
_SIGN = "[0-9A-ZАВЕКМНОРСТУХ]"
_DASH = r"[\u2010-\u2014\u2212-]"
_BETWEEN = rf"(?:\s|{_DASH})*"
_PREFIX = "[ОO][БB][РP]"
_CODE = f"{_BETWEEN}({_SIGN}{{4}}){_BETWEEN}({_SIGN}{{2}})"
_WITH_PREFIX = re.compile(_PREFIX + _CODE)
# "Обратно не", "обратно 12 июня" are no codes: Cyrillic letters that follow the prefix at once are a word's, and six of
# them need a dash before or among them. Digits and Latin letters are a code's.
_AMONG_WORDS = re.compile(
    rf"(?<![^\W_]){_PREFIX}(?!{_LOOK_ALIKE}{{4}})"
    rf"(?:(?={_DASH})|(?!\s*{_LOOK_ALIKE}{{4}}\s*{_LOOK_ALIKE}{{2}})){_CODE}(?![^\W_])",
    re.IGNORECASE,
)
_WITHOUT_PREFIX = re.compile(_CODE)

# Cyrillic letters for the Latin ones that they look like, and letters for digits (Crockford).
_AS_SIGNS = str.maketrans("АВЕКМНОРСТУХOIL", "ABEKMH0PCTYX011")


def new_receipt_code() -> str:
    """A code that no help desk takes for a ticket number (docs/mail.md)."""
    return receipt_code("".join(secrets.choice(crockford.ALPHABET) for _ in range(SIGNS)))


def receipt_code(signs: str) -> str:
    """The code of six signs, in capitals or not."""
    return f"ОБР-{signs[:4]}-{signs[4:]}".upper()


def signs_of(code: str) -> str:
    """The signs of a code in small letters, as its ticket's Message-IDs have them: ``7k3m9q``."""
    # The first group is a word; the rest is the code.
    return re.sub("[^a-z0-9]", "", (code.partition("-")[2] or code).lower())


def read_receipt_code(written: str, *, needs_prefix: bool = True) -> str | None:
    """The code that somebody wrote; None for what is none.

    Hyphens, spaces, capitals and the alphabet of letters that look alike do not matter. Without its prefix a code is
    known by a letter: digits alone are a number.
    """
    text = written.strip().upper()
    match = _WITH_PREFIX.fullmatch(text)
    if match is None and not needs_prefix and not text.isdigit():
        match = _WITHOUT_PREFIX.fullmatch(text)
    return _code_of(match) if match else None


def find_receipt_code(pasted: str) -> str:
    """The code out of what was typed or pasted around it: the last six signs, fewer when there are no more."""
    text = pasted.strip().upper()
    if match := _WITH_PREFIX.fullmatch(text) or _WITHOUT_PREFIX.fullmatch(text) or _AMONG_WORDS.search(text):
        return _code_of(match)
    return receipt_code(re.sub(r"[^0-9A-Z]", "", text)[-SIGNS:])


def hide_receipt_codes(text: str) -> str:
    """The text with "…" for each code in it: in a subject, only its own ticket's may stand."""
    return _AMONG_WORDS.sub("…", text)


def _code_of(match: re.Match[str]) -> str:
    return receipt_code((match[1] + match[2]).translate(_AS_SIGNS))
