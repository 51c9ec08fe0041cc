"""The receipt code, ``ОБР-7K3M-9Q``: what a ticket is called to its client when the help desk numbers it itself."""

from __future__ import annotations

import re
import secrets

from wizard.values import crockford

SIGNS = 6

_WRITTEN = re.compile(r"ОБР-?([0-9A-Z]{4})-?([0-9A-Z]{2})", re.IGNORECASE)


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


def read_receipt_code(written: str) -> str | None:
    """The code that somebody wrote, hyphens and capitals or not; None for what is none."""
    match = _WRITTEN.fullmatch(written.strip())
    return receipt_code(match[1] + match[2]) if match else None


def hide_receipt_codes(text: str) -> str:
    """The text with "…" for each code in it: in a subject, only its own ticket's may stand."""
    return _WRITTEN.sub("…", text)


def find_signs(pasted: str) -> str:
    """The signs of a code out of what was typed or pasted around them: the last six; fewer, when there are no more."""
    return re.sub(r"[^0-9A-Z]", "", pasted.upper())[-SIGNS:]
