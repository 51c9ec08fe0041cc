"""The thread code: what makes the Message-IDs of a ticket's letters its own, beside its number."""

from __future__ import annotations

import hashlib

from wizard.values.crockford import crockford

SIGNS = 10
"""50 bits: nobody who knows the number guesses the Message-ID."""

_LABEL = b"zayavka: thread code\n"
"""Never changes: a letter that is composed again has the Message-ID that it had."""


def thread_code(token: str) -> str:
    """Ten signs of a ticket's token, which they do not give away.

    Of nothing but the token: so neither a new secret key nor a restored backup changes the code, and a number that is
    given once more has another one (threats L08, L18).
    """
    return crockford(hashlib.sha256(_LABEL + token.encode()).digest(), SIGNS)
