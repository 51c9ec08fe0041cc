"""Crockford's base 32: codes that people read aloud, without the letters that are taken for digits."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_BITS = 5


def crockford(content: bytes, signs: int) -> str:
    """The first ``signs`` groups of five bits of ``content``, a sign each.

    Raises:
        ValueError: the content is too short for them.
    """
    surplus = len(content) * 8 - signs * _BITS
    if surplus < 0:
        raise ValueError(f"{signs} signs need {signs * _BITS} bits")
    bits = int.from_bytes(content, "big") >> surplus
    return "".join(ALPHABET[bits >> _BITS * position & 31] for position in reversed(range(signs)))
